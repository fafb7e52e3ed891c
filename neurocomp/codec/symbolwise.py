"""The lock-step loop of a symbol model and any entropy coder, over lanes.

A block of n symbols is cut into L lanes of n // L symbols, the first n % L of one more.
All lanes advance together: one step predicts one symbol of every lane, and the coder takes them
in lane order.

Blocks of several records stand side by side in the lanes of one predictor where lanes know nothing
of each other: a table is then the same whatever the other lanes hold, so each block's payload is
the one that it has alone, and only the time of a step is shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.contract import CodedBlock, SymbolModel, Tick, watch
from neurocomp.coding.base import EntropyCoder
from neurocomp.errors import FormatError
from neurocomp.exact import Stream, Symbols
from neurocomp.frame.constants import MAX_TABLE_ENTRIES

if TYPE_CHECKING:
    from neurocomp.codec.trace import Asked, Trace


def to_lanes(symbols: Stream, num_lanes: int) -> Symbols:
    """Lay n symbols out as (steps, lanes): lane l holds n // L or one more successive symbols.

    The first n % L lanes hold one more; the others end in a zero that is not coded.
    """
    steps = -(-symbols.size // num_lanes)
    grid = np.zeros((num_lanes, steps), np.int32)
    start = 0
    for lane in range(num_lanes):
        size = _lane_size(symbols.size, num_lanes, lane)
        grid[lane, :size] = symbols[start : start + size]
        start += size
    return np.ascontiguousarray(grid.T)


def from_lanes(grid: Symbols, num_symbols: int) -> Symbols:
    """Undo ``to_lanes``: (steps, lanes) to (num_symbols,)."""
    num_lanes = grid.shape[1]
    lanes = [grid[: _lane_size(num_symbols, num_lanes, k), k] for k in range(num_lanes)]
    return np.concatenate(lanes)


def _lane_size(num_symbols: int, num_lanes: int, lane: int) -> int:
    return num_symbols // num_lanes + (lane < num_symbols % num_lanes)


def lane_starts(num_symbols: int, num_lanes: int) -> NDArray[np.int64]:
    """Return the numbers of the lanes' first symbols, (lanes,)."""
    sizes = [_lane_size(num_symbols, num_lanes, lane) for lane in range(num_lanes)]
    return np.cumsum([0, *sizes[:-1]], dtype=np.int64)


def num_active(num_symbols: int, num_lanes: int, step: int) -> int:
    """Return the number of lanes that still have a symbol at ``step``."""
    return num_lanes if step < num_symbols // num_lanes else num_symbols % num_lanes


def encode_together(
    model: SymbolModel, coder: EntropyCoder, streams: Sequence[Stream]
) -> list[CodedBlock]:
    """Code blocks of symbols, each of shape (n,), n >= 1, as each would be alone."""
    lanes = [model.num_lanes(stream.size) for stream in streams]
    grids = [to_lanes(stream, count) for stream, count in zip(streams, lanes, strict=True)]
    encoders = [coder.encoder() for _ in streams]
    starts = [0, *accumulate(lanes)]
    predictor = model.predictor(starts[-1])
    for step in range(max(len(grid) for grid in grids)):
        tables = predictor.frequencies()
        symbols = np.zeros(starts[-1], np.int32)
        for stream, grid, encoder, count, first in zip(
            streams, grids, encoders, lanes, starts[:-1], strict=True
        ):
            if step < len(grid):
                active = num_active(stream.size, count, step)
                encoder.encode(grid[step, :active], tables[first : first + active])
                symbols[first : first + count] = grid[step]
        predictor.update(symbols)
    return [
        CodedBlock(encoder.finish(), stream.size, count, variant=0)
        for stream, encoder, count in zip(streams, encoders, lanes, strict=True)
    ]


def decode_together(
    model: SymbolModel, coder: EntropyCoder, blocks: Sequence[CodedBlock]
) -> list[Stream | FormatError]:
    """Return the symbols of each block, or what is wrong with its payload."""
    lanes = [block.num_lanes for block in blocks]
    starts = [0, *accumulate(lanes)]
    steps = [-(-block.num_symbols // block.num_lanes) for block in blocks]
    grids = [np.zeros(shape, np.int32) for shape in zip(steps, lanes, strict=True)]
    decoders = [coder.decoder(block.payload) for block in blocks]
    errors: dict[int, FormatError] = {}
    predictor = model.predictor(starts[-1])
    for step in range(max(steps)):
        tables = predictor.frequencies()
        symbols = np.zeros(starts[-1], np.int32)
        for number, block in enumerate(blocks):
            if step >= steps[number] or number in errors:
                continue
            first, count = starts[number], lanes[number]
            active = num_active(block.num_symbols, count, step)
            try:
                row = decoders[number].decode(tables[first : first + active])
            except FormatError as error:
                errors[number] = error
                continue
            grids[number][step, :active] = row
            symbols[first : first + count] = grids[number][step]
        predictor.update(symbols)
    results: list[Stream | FormatError] = []
    for number, block in enumerate(blocks):
        try:
            if number in errors:
                raise errors[number]
            decoders[number].finish()
            results.append(from_lanes(grids[number], block.num_symbols))
        except FormatError as error:
            results.append(error)
    return results


_TICK_SECONDS = 0.1


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
        first, told = 0, monotonic()
        for step, (column, tables) in enumerate(zip(grid, predictor.foresee(grid), strict=True)):
            active = num_active(symbols.size, num_lanes, step)
            encoder.encode(column[:active], tables[:active])
            if (now := monotonic()) - told >= _TICK_SECONDS:
                tick((step + 1 - first) * num_lanes)
                first, told = step + 1, now
        tick(max(symbols.size - first * num_lanes, 0))
        return CodedBlock(encoder.finish(), symbols.size, num_lanes, variant=0)

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Return the symbols of ``block``, shape (block.num_symbols,).

        Raises:
            FormatError: the payload is damaged or has bytes left over.
        """
        self._check_block(block)
        num_symbols, num_lanes = block.num_symbols, block.num_lanes
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

    def trace(self, block: CodedBlock, symbols: Stream | None, asked: Asked, tick: Tick) -> Trace:
        """Return the cost of each symbol of a block; see `Codec.trace`.

        ``symbols`` are the block's, where they are known.
        """
        from neurocomp.codec.symboltrace import trace_symbols

        self._check_block(block)
        if symbols is None:
            symbols = self.decode(block, partial(watch, tick))
        return trace_symbols(self._model, self._coder, block, symbols, asked, tick)

    def encode_together(self, streams: list[Stream]) -> list[CodedBlock]:
        """Code several blocks side by side; only where lanes are independent."""
        lanes = [self._model.num_lanes(one.size) for one in streams]
        for num_lanes in lanes:
            self._check_lanes(num_lanes)
        coded: list[CodedBlock] = []
        for some in self._batches(lanes):
            coded += encode_together(self._model, self._coder, streams[some])
        return coded

    def decode_together(self, blocks: list[CodedBlock]) -> list[Stream | FormatError]:
        """Return the symbols of several blocks, or what is wrong with each."""
        results: dict[int, Stream | FormatError] = {}
        for number, block in enumerate(blocks):
            try:
                self._check_block(block)
            except FormatError as error:
                results[number] = error
        numbers = [number for number in range(len(blocks)) if number not in results]
        for some in self._batches([blocks[number].num_lanes for number in numbers]):
            batch = [blocks[number] for number in numbers[some]]
            decoded = decode_together(self._model, self._coder, batch)
            results.update(zip(numbers[some], decoded, strict=True))
        return [results[number] for number in range(len(blocks))]

    def _batches(self, lanes: Sequence[int]) -> Iterator[slice]:
        """Yield successive blocks whose lanes together have no larger tables than one may have."""
        most = MAX_TABLE_ENTRIES // self._model.alphabet_size
        first = total = 0
        for number, num_lanes in enumerate(lanes):
            if total + num_lanes > most:
                yield slice(first, number)
                first, total = number, 0
            total += num_lanes
        if total:
            yield slice(first, len(lanes))

    def _check_block(self, block: CodedBlock) -> None:
        if block.variant:
            raise FormatError(f"the model has no variant {block.variant}")
        self._check_lanes(block.num_lanes)

    def _check_lanes(self, num_lanes: int) -> None:
        if num_lanes * self._model.alphabet_size > MAX_TABLE_ENTRIES:
            raise FormatError(f"{num_lanes} lanes are too many for this model's alphabet")
