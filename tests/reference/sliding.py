"""Windows that slide, over keys and values of bytes: docs/spec/transformer.md, section 5."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

from tests.reference.attention import KEY_LIMIT, attention_weights, rotated
from tests.reference.exact import STREAM_LIMIT, narrow, root, shifted, square_sum
from tests.reference.tables import clamp

if TYPE_CHECKING:
    from tests.reference.transformer import Transformer

BYTE_LIMIT = 127


class Kept(NamedTuple):
    """A key or a value: bytes, and what 128 of them would be."""

    values: list[int]
    scale: int


def keep(head: Sequence[int]) -> Kept:
    bounded = [clamp(value, KEY_LIMIT) for value in head]
    scale = max(map(abs, bounded)) + 1
    reciprocal = (BYTE_LIMIT << 46) // scale
    return Kept([shifted(value * reciprocal, 46) for value in bounded], scale)


def normalised(head: Sequence[int], gain: Sequence[int], epsilon: int, shift: int) -> list[int]:
    """Return a head's direction times gains."""
    divisor, doublings = root(epsilon + square_sum(head))
    reciprocal = (1 << 61) // divisor
    return [
        shifted(shifted(clamp(value, STREAM_LIMIT) * reciprocal, 31 - doublings) * one, shift)
        for value, one in zip(head, gain, strict=True)
    ]


class Past:
    """Keys and values of the first positions, and of the last.

    Args:
        model: the transformer.
        length: positions that one sees.
    """

    def __init__(self, model: Transformer, length: int) -> None:
        self._model, self._length = model, length
        self._sinks: int = model.config["sinks"]
        num_heads = model.num_key_heads * len(model.blocks)
        self._kept: list[dict[int, tuple[Kept, Kept]]] = [{} for _ in range(num_heads)]
        self._limit = min(((1 << 28) - 1) // (BYTE_LIMIT * model.head_width), 32_639)
        self._turns = model.stored.numbers("turns")

    def _rotation(self, position: int) -> tuple[list[int], list[int]]:
        """Return cosines and sines of a position, in units of 2**-14."""
        pairs = self._model.head_width // 2
        near, far = position % 1024 * pairs, (2048 + position // 1024) * pairs

        def row(first: int) -> Sequence[int]:
            return self._turns[first : first + pairs]

        turns = zip(
            row(near), row(near + 1024 * pairs), row(far), row(far + 1024 * pairs), strict=True
        )
        both = [(shifted(c * x - s * y, 46), shifted(c * y + s * x, 46)) for x, y, c, s in turns]
        return [cosine for cosine, _ in both], [sine for _, sine in both]

    def attend(self, number: int, heads: list[list[int]], position: int) -> list[list[int]]:
        model, prefix = self._model, f"blocks.{number}."
        queries = heads[: model.num_heads]
        keys = heads[model.num_heads : model.num_heads + model.num_key_heads]
        values = heads[model.num_heads + model.num_key_heads :]
        if model.config.get("norms_heads"):
            queries = [self._normalised(prefix + "query_norm", head) for head in queries]
            keys = [self._normalised(prefix + "key_norm", head) for head in keys]
        far = queries
        if model.rotating[number]:
            last = self._rotation(min(position, self._length - 1))
            far = [rotated(head, *last) for head in queries]
            own = self._rotation(position)
            queries = [rotated(head, *own) for head in queries]
            keys = [rotated(head, *own) for head in keys]
        first = number * model.num_key_heads
        for i, (key, value) in enumerate(zip(keys, values, strict=True)):
            kept = self._kept[first + i]
            kept[position] = keep(key), keep(value)
            gone = position - self._length + self._sinks
            if gone >= self._sinks:
                del kept[gone]
        scale = model.stored.numbers(prefix + "attention.scale")
        group = model.num_heads // model.num_key_heads
        return [
            self._mixed(near, away, self._kept[first + i // group], scale)
            for i, (near, away) in enumerate(zip(queries, far, strict=True))
        ]

    def _normalised(self, name: str, head: Sequence[int]) -> list[int]:
        numbers = self._model.stored.numbers
        return normalised(head, numbers(f"{name}.gain"), *numbers(f"{name}.scale"))

    def _mixed(
        self,
        near: Sequence[int],
        far: Sequence[int],
        kept: dict[int, tuple[Kept, Kept]],
        scale: Sequence[int],
    ) -> list[int]:
        """Return what a query makes of the values that it sees."""
        most = max(map(abs, (*near, *far)))
        row, away = narrow(near, self._limit, most), narrow(far, self._limit, most)
        scores = []
        for t, (key, _) in kept.items():
            query = away.values if t < self._sinks else row.values
            scores.append(shifted(sum(map(mul, query, key.values)) * key.scale, 12))
        weights = attention_weights(
            scores, row.mantissa * scale[0], scale[1] - row.exponent, self._model.exp2
        )
        values = [value for _, value in kept.values()]
        products = [weight * one.scale for weight, one in zip(weights, values, strict=True)]
        off = max(max(products).bit_length() - 15, sum(products).bit_length() - 23, 0)
        factors = [min(shifted(product, off), (1 << 15) - 1) for product in products]
        mixed = [0] * self._model.head_width
        for factor, value in zip(factors, values, strict=True):
            if factor:
                mixed = [a + factor * b for a, b in zip(mixed, value.values, strict=True)]
        reciprocal = (KEY_LIMIT << 44) // (BYTE_LIMIT * max(sum(weights), 1))
        return [shifted(one * reciprocal, max(1, min(44 - off, 62))) for one in mixed]
