"""The running state of a prior over the lanes of a block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact import TOTAL, Frequencies, Symbols, quantise
from neurocomp.models.dalle.damping import damped
from neurocomp.models.dalle.network import IMPOSSIBLE, PriorNetwork
from neurocomp.models.lanes import LaneGroups
from neurocomp.symbols.records import (
    BASE,
    HEAD_SYMBOLS,
    MAX_DIGITS,
    NUM_DAMPINGS,
    Head,
    Kind,
    read_head,
)

_END_SHARE_BITS = 10
"""Where an image may be missing, that has a share of 1 in 1025."""


class RecordGroup:
    """Lanes that one thread advances, all at the same place of their records.

    Args:
        network: shared by all groups.
        head: of the lanes.
        numbers: of this group's lanes among all.
        stride: lanes in all.
    """

    def __init__(
        self,
        network: PriorNetwork,
        head: Head,
        numbers: NDArray[np.int64],
        stride: int,
    ) -> None:
        num_lanes, kind = numbers.size, head.kind
        self._network, self._kind, self._damping = network, kind, head.damping
        self._shape, self._records = network.shape, network.shape.records
        length = self._records.text_length
        self._text_symbols = self._records.text_symbols(kind)
        self._caches = network.caches(num_lanes)
        self._window = np.empty((num_lanes, self._shape.context), np.int32)
        self._window[:, 0] = self._shape.start_symbol
        self._window[:, 1 : length + 1] = self._records.num_tokens + np.arange(length)
        self._num_opening = 1 if self._text_symbols else length + 1
        self._opening: Frequencies | None = None
        self._num_read, self._num_known = 0, self._num_opening
        self._place = 0
        self._slots, self._stride, self._num_empty = numbers, stride, head.num_empty
        self._is_empty = numbers < head.num_empty
        self._is_padded, self._is_blank = np.zeros((2, num_lanes), np.bool_)
        self._tables: Frequencies | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables (lanes, V) of the next symbols."""
        if self._tables is None:
            self._tables = self._make_tables()
        return self._tables

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,); raises FormatError where they can't be a record's."""
        one = self._records
        forced, is_end = self._forced(), symbols == one.end
        is_text = self._place < self._text_symbols
        low, high = (0, one.pad) if is_text else (one.first_code, one.end - 1)
        is_right = ((symbols >= low) & (symbols <= high)) | (is_end & self._may_end)
        if not np.where(forced >= 0, symbols == forced, is_right).all():
            raise FormatError("the symbols are not those of token records")
        if is_text:
            self._is_padded |= symbols == one.pad
            pads = one.num_tokens + self._place
            read = np.where((symbols == one.pad) | is_end, pads, symbols)
        else:
            self._is_blank |= is_end
            codes = np.where(is_end, 0, symbols - one.first_code)
            read = self._shape.first_code + codes
        self._place += 1
        if self._place == one.record_symbols(self._kind):
            self._place = 0
            self._is_padded[:] = self._is_blank[:] = False
            self._slots = self._slots + self._stride
            self._is_empty = self._slots < self._num_empty
            self._num_read = min(self._num_read, self._num_opening)
            self._num_known = self._num_opening
        else:
            self._window[:, self._num_known] = read
            self._num_known += 1
        self._tables = None

    @property
    def _may_end(self) -> bool:
        return self._kind is Kind.BOTH and self._place == self._text_symbols

    def _forced(self) -> NDArray[np.int32]:
        """Return the symbol that must come, (lanes,), or -1."""
        is_text = self._place < self._text_symbols
        forced = np.full(self._is_empty.shape, -1, np.int32)
        if is_text:
            forced[self._is_padded] = self._records.pad
        else:
            forced[self._is_blank] = self._records.end
        forced[self._is_empty] = self._records.end
        return forced

    def _make_tables(self) -> Frequencies:
        forced = self._forced()
        is_forced = forced >= 0
        if is_forced.all():
            return certain(forced, self._records.alphabet_size)
        tables = self._predicted()
        if self._may_end:
            weights = tables.astype(np.int64) << _END_SHARE_BITS
            weights[:, self._records.end] = TOTAL
            tables = quantise(weights)
        if is_forced.any():
            tables = tables.copy()
            tables[is_forced] = certain(forced[is_forced], self._records.alphabet_size)
        return tables

    def _predicted(self) -> Frequencies:
        """Return what the network says, before what the records' form says."""
        if self._place == 0 and self._opening is not None:
            return self._opening
        news = self._window[:, self._num_read : self._num_known]
        logits = self._network.advance(news, self._caches, self._num_read)
        self._num_read = self._num_known
        one = self._records
        wide = np.full((len(logits), one.alphabet_size), IMPOSSIBLE, np.int32)
        if self._place < self._text_symbols:
            wide[:, : one.num_tokens] = logits[:, : one.num_tokens]
            wide[:, one.pad] = logits[:, one.num_tokens + self._place]
        else:
            wide[:, one.first_code : one.end] = damped(logits, self._damping)
        tables = self._network.frequencies(wide)
        if self._place == 0:
            self._opening = tables
        return tables


class PriorPredictor:
    """All lanes of a block: first their heads, then records.

    Args:
        network: of the model.
        num_lanes: at least 1.
        num_threads: lanes are spread over so many.
    """

    def __init__(self, network: PriorNetwork, num_lanes: int, num_threads: int) -> None:
        self._network, self._num_lanes, self._num_threads = network, num_lanes, num_threads
        self._head: list[int] = []
        self._groups: LaneGroups | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables of all lanes, int32 (lanes, V)."""
        if self._groups is not None:
            return self._groups.frequencies()
        size = self._network.shape.records.alphabet_size
        tables = certain(np.zeros(self._num_lanes, np.int32), size)
        num_choices = self._head_choices()
        if num_choices > 1:
            weights = np.zeros((1, size), np.int64)
            weights[0, :num_choices] = 1
            tables[:1] = quantise(weights)
        return tables

    def update(self, symbols: Symbols) -> None:
        """Append the next ``symbols``, int32 (lanes,); raises FormatError: see `RecordGroup`."""
        if self._groups is not None:
            self._groups.update(symbols)
            return
        if symbols[1:].any() or not 0 <= int(symbols[0]) < self._head_choices():
            raise FormatError("the head of token records is damaged")
        self._head.append(int(symbols[0]))
        if len(self._head) < HEAD_SYMBOLS:
            return
        head = read_head(self._head)
        lanes = np.arange(self._num_lanes, dtype=np.int64)
        self._groups = LaneGroups(
            self._num_lanes,
            self._num_threads,
            lambda some: RecordGroup(self._network, head, lanes[some], self._num_lanes),
        )

    def _head_choices(self) -> int:
        """Return how many symbols may come next in lane 0, all alike."""
        place = len(self._head)
        if place == 0:
            return len(Kind)
        if place == 1:
            return 1 if self._head[0] == Kind.CAPTIONS else NUM_DAMPINGS
        if place == 2:
            # A single lane has no empty slots.
            return MAX_DIGITS + 1 if self._num_lanes > 1 else 1
        return BASE if place - 3 < self._head[2] else 1


def certain(symbols: Symbols, alphabet_size: int) -> Frequencies:
    """Return tables (lanes, V) that leave as good as no doubt about ``symbols`` (lanes,)."""
    tables = np.ones((symbols.size, alphabet_size), np.int32)
    tables[np.arange(symbols.size), symbols] = TOTAL - (alphabet_size - 1)
    return tables
