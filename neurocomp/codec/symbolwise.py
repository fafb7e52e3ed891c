"""The lock-step loop of a symbol model and any entropy coder, over lanes.

A block of n symbols is cut into L lanes of n // L symbols, the first n % L of one more.
All lanes advance together: one step predicts one symbol of every lane, and the coder takes them
in lane order.
"""

from __future__ import annotations

from time import monotonic

import numpy as np

from neurocomp.codec.base import CodedBlock, Tick
from neurocomp.codec.lanes import from_lanes, num_active, to_lanes
from neurocomp.codec.together import decode_together, encode_together
from neurocomp.coding import EntropyCoder
from neurocomp.errors import FormatError
from neurocomp.exact import Stream
from neurocomp.frame.constants import MAX_TABLE_ENTRIES
from neurocomp.models.base import SymbolModel

_TICK_STEPS = 1024
_TICK_SECONDS = 0.1

"""Bound of lanes * alphabet size: no frame makes a decoder hold larger frequency tables."""


class SymbolCodec:
    """Codes the symbols of a block under a symbol model.

    Args:
        model: gives the frequency tables.
        coder: turns symbols and tables into a payload.
    """

    def __init__(self, model: SymbolModel, coder: EntropyCoder) -> None:
        self._model = model
        self._coder = coder

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock:
        """Code ``symbols``, shape (n,), n >= 1, all below the model's alphabet size.

        Raises:
            FormatError: the model's lanes and alphabet are more than a decoder would take.
        """
        num_lanes = self._model.num_lanes(symbols.size)
        self._check_lanes(num_lanes)
        grid = to_lanes(symbols, num_lanes)
        predictor = self._model.predictor(num_lanes)
        encoder = self._coder.encoder()
        for step, column in enumerate(grid):
            active = num_active(symbols.size, num_lanes, step)
            encoder.encode(column[:active], predictor.frequencies()[:active])
            predictor.update(column)
            if step % _TICK_STEPS == _TICK_STEPS - 1:
                tick(_TICK_STEPS * num_lanes)
        return CodedBlock(encoder.finish(), symbols.size, num_lanes, variant=0)

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Return the symbols of ``block``, shape (block.num_symbols,).

        Raises:
            FormatError: the payload is damaged or has bytes left over.
        """
        if block.variant:
            raise FormatError(f"the model has no variant {block.variant}")
        num_symbols, num_lanes = block.num_symbols, block.num_lanes
        self._check_lanes(num_lanes)
        predictor = self._model.predictor(num_lanes)
        decoder = self._coder.decoder(block.payload)
        num_steps = -(-num_symbols // num_lanes)
        grid = np.zeros((num_steps, num_lanes), np.int32)  # memory only as it is written to
        first, told = 0, monotonic()
        for step in range(num_steps):
            active = num_active(num_symbols, num_lanes, step)
            grid[step, :active] = decoder.decode(predictor.frequencies()[:active])
            predictor.update(grid[step])
            # By time: a step takes from microseconds to seconds, and who waits may want to stop.
            if (now := monotonic()) - told >= _TICK_SECONDS:
                tick((step + 1 - first) * num_lanes)
                first, told = step + 1, now
        decoder.finish()
        return from_lanes(grid, num_symbols)

    def encode_together(self, streams: list[Stream]) -> list[CodedBlock]:
        """Code several blocks side by side; only where lanes know nothing of each other."""
        self._check_lanes(sum(self._model.num_lanes(one.size) for one in streams))
        return encode_together(self._model, self._coder, streams)

    def decode_together(self, blocks: list[CodedBlock]) -> list[Stream | FormatError]:
        """Return the symbols of several blocks, or what is wrong with each."""
        self._check_lanes(sum(one.num_lanes for one in blocks))
        return decode_together(self._model, self._coder, blocks)

    def _check_lanes(self, num_lanes: int) -> None:
        if num_lanes * self._model.alphabet_size > MAX_TABLE_ENTRIES:
            raise FormatError(f"{num_lanes} lanes are too many for this model's alphabet")
