"""Blocks under a language model and contexts, and the binary arithmetic coder, over lanes.

A block is cut into lanes of bytes, each of which is cut into tokens by the encoder.  At each step
the language model weighs the next token of all lanes; then the tokens are coded lane by lane,
decision by decision, by the mixture of the model's opinion and of contexts, whose tables the lanes
share (``core/src/language``).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from neurocomp import _core
from neurocomp.codec.contract import Codec, CodedBlock, Tick
from neurocomp.codec.damage import damage_as_format_errors
from neurocomp.errors import FormatError
from neurocomp.exact import Symbols
from neurocomp.frame.constants import MAX_LANGUAGE_LANES
from neurocomp.models.bytenet.sections import lane_starts
from neurocomp.models.language import LanguageModel
from neurocomp.models.mix import NUM_PROFILES, choose_profile

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from neurocomp.codec.trace import Asked, Trace

LANE_BYTES = 1 << 14
"""A lane begins without context, which costs it some 240 bits; many lanes share the reading of
weights."""

MAX_CODED_LANES = 32
"""More are not faster: keys and values are then what is read."""

MAX_LANE_BYTES = 1 << 19
"""Rotary positions reach twice as far."""

_ROWS_AT_ONCE = 64
"""Rows of logits of a group that an encoder holds."""


def num_lanes_for(num_bytes: int) -> int:
    """Return the lanes of a block."""
    needed = -(-num_bytes // MAX_LANE_BYTES)
    return max(min(num_bytes // LANE_BYTES, MAX_CODED_LANES), needed, 1)


class LanguageCodec(Codec):
    """Codes the bytes of a block under a language model and contexts.

    The variant of a block is its profile of contexts.

    Args:
        model: weighs the tokens.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    def encode(self, content: ReadableBuffer, tick: Tick) -> CodedBlock | None:
        """Code at least one byte; None where the payload would not be shorter."""
        data = bytes(content)
        profile, num_lanes = choose_profile(data), num_lanes_for(len(data))
        sizes = _sizes(len(data), num_lanes)
        encoder = _core.language.TokenEncoder(self._model.vocabulary, profile, sizes, len(data))
        grid, num_tokens = self._tokens(data, sizes)
        max_steps = max(_ROWS_AT_ONCE // num_lanes, 1)
        lanes = self._model.lanes(num_lanes, max_steps)
        share = len(data) / max(num_tokens, 1)
        told = done = 0
        for first in range(0, grid.shape[1], max_steps):
            piece = grid[:, first : first + max_steps]
            for step, parts in enumerate(lanes.foresee(piece)):
                for start, logits in parts:
                    tokens = np.ascontiguousarray(piece[start : start + len(logits), step])
                    if not encoder.encode(start, logits, tokens):
                        return None
            done = min(int((first + piece.shape[1]) * num_lanes * share), len(data))
            tick(done - told)
            told = done
        tick(len(data) - told)
        payload = encoder.finish()
        return None if payload is None else CodedBlock(payload, len(data), num_lanes, profile)

    def decode(self, block: CodedBlock, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is damaged, or the block is not one of this codec's.
        """
        num_lanes = block.num_lanes
        if not 1 <= num_lanes <= min(MAX_LANGUAGE_LANES, block.num_symbols) or (
            block.variant >= NUM_PROFILES
        ):
            raise FormatError(
                f"a block of variant {block.variant} has no {num_lanes} lanes of a language model"
            )
        sizes = _sizes(block.num_symbols, num_lanes)
        if max(sizes) > MAX_LANE_BYTES:
            raise FormatError(
                f"{num_lanes} lanes of a language model don't hold {block.num_symbols} bytes"
            )
        decoder = _core.language.TokenDecoder(
            self._model.vocabulary, block.variant, sizes, block.payload
        )
        lanes = self._model.lanes(num_lanes)
        tokens = np.zeros(num_lanes, np.int32)
        told = 0
        with damage_as_format_errors():
            while not decoder.is_done:
                for start, logits in lanes.logits():
                    decoder.decode(start, logits, tokens[start : start + len(logits)])
                lanes.update(tokens)
                tick(decoder.num_decoded - told)
                told = decoder.num_decoded
            return decoder.finish()

    def trace(self, block: CodedBlock, content: bytes | None, asked: Asked, tick: Tick) -> Trace:
        """Return what each token costs, and what the language model made of it."""
        from neurocomp.models.language.tracing import trace_tokens
        from neurocomp.models.mix.tracing import as_bytes

        data = as_bytes(self, block, content, tick)
        sizes = _sizes(data.size, block.num_lanes)
        return trace_tokens(self._model, block, data.tobytes(), sizes, asked, tick)

    def _tokens(self, data: bytes, sizes: list[int]) -> tuple[Symbols, int]:
        """Return the tokens of each lane, (lanes, steps), the shorter ones with zeros, and their
        number."""
        bounds = np.cumsum([0, *sizes])
        parts = [self._model.tokens(data[first:last]) for first, last in pairwise(bounds)]
        grid = np.zeros((len(parts), max(map(len, parts))), np.int32)
        for row, part in zip(grid, parts, strict=True):
            row[: len(part)] = part
        return grid, sum(map(len, parts))


def _sizes(num_bytes: int, num_lanes: int) -> list[int]:
    starts = [*lane_starts(num_bytes, num_lanes), num_bytes]
    return [last - first for first, last in pairwise(starts)]
