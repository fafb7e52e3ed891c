"""Attention of transformers: docs/spec/transformer.md, sections 3 and 4."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import TYPE_CHECKING, Protocol

from tests.reference.exact import narrow, power, shifted
from tests.reference.tables import clamp

if TYPE_CHECKING:
    from tests.reference.transformer import Transformer

KEY_LIMIT = 32_767


class Past(Protocol):
    """Keys and values that a lane has kept, of all blocks."""

    def attend(self, number: int, heads: list[list[int]], position: int) -> list[list[int]]:
        """Keep keys and values of a position, and return what each query makes of those it sees.

        Args:
            number: of the block.
            heads: queries, then keys, then values.
            position: which comes after those before.
        """


class CompletePast:
    """Section 4: keys and values of all positions of a window, which is read again when full."""

    def __init__(self, model: Transformer) -> None:
        self._model = model
        num_heads = model.num_key_heads * len(model.blocks)
        self._keys: list[list[list[int]]] = [[] for _ in range(num_heads)]
        self._values: list[list[list[int]]] = [[] for _ in range(num_heads)]
        self._limit = ((1 << 31) - 1) // (model.head_width * KEY_LIMIT)

    def attend(self, number: int, heads: list[list[int]], position: int) -> list[list[int]]:
        model = self._model
        num_heads, num_key_heads = model.num_heads, model.num_key_heads
        if model.rotating[number]:
            half = model.head_width // 2
            tensors = model.stored.tensors
            cosines = tensors["rotation.cosines"].row(position, half)
            sines = tensors["rotation.sines"].row(position, half)
            turned = [rotated(head, cosines, sines) for head in heads[: num_heads + num_key_heads]]
            heads = turned + heads[num_heads + num_key_heads :]
        first = number * num_key_heads
        for i in range(num_key_heads):
            key, value = heads[num_heads + i], heads[num_heads + num_key_heads + i]
            self._keys[first + i].append([clamp(one, KEY_LIMIT) for one in key])
            self._values[first + i].append([clamp(one, KEY_LIMIT) for one in value])
        sight = model.sights[number]
        seen = range(position + 1) if sight is None else sight[position]
        scale = model.stored.numbers(f"blocks.{number}.attention.scale")
        group = num_heads // num_key_heads
        out = []
        for i, query in enumerate(heads[:num_heads]):
            keys, values = self._keys[first + i // group], self._values[first + i // group]
            row = narrow(query, self._limit)
            scores = [sum(map(mul, row.values, keys[t])) for t in seen]
            weights = attention_weights(
                scores, row.mantissa * scale[0], scale[1] - row.exponent, model.exp2
            )
            reciprocal = (KEY_LIMIT << 40) // max(sum(weights), 1)
            shares = [shifted(weight * reciprocal, 40) for weight in weights]
            mixed = [0] * model.head_width
            for share, t in zip(shares, seen, strict=True):
                if share:
                    mixed = [a + share * b for a, b in zip(mixed, values[t], strict=True)]
            out.append(mixed)
        return out


def rotated(head: Sequence[int], cosines: Sequence[int], sines: Sequence[int]) -> list[int]:
    """Return a head whose pairs are rotated; cosines and sines are in units of 2**-14."""
    half = len(head) // 2
    left, right = head[:half], head[half:]
    turns = list(zip(left, right, cosines, sines, strict=True))
    return [shifted(x * c - y * s, 14) for x, y, c, s in turns] + [
        shifted(y * c + x * s, 14) for x, y, c, s in turns
    ]


def attention_weights(
    scores: Sequence[int], factor: int, shift: int, exp2: Sequence[int]
) -> list[int]:
    """Return the weights of scores, of which the largest has 2**22."""
    best, away = max(scores), max(1, min(shift, 62))
    return [power(exp2, shifted((best - score) * factor, away), 8) for score in scores]
