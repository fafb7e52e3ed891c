"""Windows that slide, over keys and values of bytes: docs/spec/transformer.md, section 5."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

from tests.reference.attention import KEY_LIMIT, attention_weights, rotated
from tests.reference.coders import need
from tests.reference.exact import FixedNorm, narrow, shifted
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
        self._norms: list[tuple[FixedNorm, FixedNorm]] = []
        together = model.config.get("norms_together", False)
        if model.config.get("norms_heads"):
            counts = (model.num_heads, model.num_key_heads) if together else (1, 1)
            widths = [model.head_width * count for count in counts]
            for number in range(len(model.blocks)):
                names = [f"blocks.{number}.{kind}_norm" for kind in ("query", "key")]
                query_norm, key_norm = (
                    FixedNorm(model.stored, name, width)
                    for name, width in zip(names, widths, strict=True)
                )
                self._norms.append((query_norm, key_norm))
        else:
            need(not together, "heads are not normalised, but together")

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
        if self._norms:
            query_norm, key_norm = self._norms[number]
            queries, keys = self._normalised(query_norm, queries), self._normalised(key_norm, keys)
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

    def _normalised(self, norm: FixedNorm, heads: list[list[int]]) -> list[list[int]]:
        """Return heads normalised one by one, or all together."""
        if not self._model.config.get("norms_together"):
            return [norm(head) for head in heads]
        row, width = norm([one for head in heads for one in head]), self._model.head_width
        return [row[i : i + width] for i in range(0, len(row), width)]

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
