"""Positions of a block's lanes in their records, and the symbols that the form fixes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact import Symbols
from neurocomp.models.dalle.record_heads import Head, Kind
from neurocomp.models.dalle.records import RecordShape


class RecordForm:
    """All lanes, which are at the same position in their records.

    Args:
        shape: shape of the records.
        head: head of lane 0, which holds for all of them.
        num_lanes: number of lanes of the block.

    Attributes:
        shape: shape of the records.
        kind: kind of the records.
        place: place of the next symbols in a record.
    """

    def __init__(self, shape: RecordShape, head: Head, num_lanes: int) -> None:
        self.shape, self.kind, self.place = shape, head.kind, 0
        self._text_symbols = shape.text_symbols(head.kind)
        self._num_empty = head.num_empty
        self._slots = np.arange(num_lanes, dtype=np.int64)
        self._is_empty = self._slots < self._num_empty
        self._is_padded, self._is_blank = np.zeros((2, num_lanes), np.bool_)

    @property
    def is_text(self) -> bool:
        """Whether the next symbols are of captions."""
        return self.place < self._text_symbols

    @property
    def code_place(self) -> int:
        """The place in an image of the next symbols."""
        return self.place - self._text_symbols

    @property
    def is_last(self) -> bool:
        """Whether the next symbols are their records' last."""
        return self.place + 1 == self.shape.record_symbols(self.kind)

    @property
    def may_end(self) -> bool:
        """Whether an image may be missing here."""
        return self.kind is Kind.BOTH and self.place == self._text_symbols

    @property
    def forced(self) -> NDArray[np.int32]:
        """The symbols that must come, (lanes,), or -1."""
        forced = np.full(self._is_empty.shape, -1, np.int32)
        if self.is_text:
            forced[self._is_padded] = self.shape.pad
        else:
            forced[self._is_blank] = self.shape.end
        forced[self._is_empty] = self.shape.end
        return forced

    def check(self, symbols: Symbols) -> None:
        """Raise FormatError where ``symbols`` (lanes,) can't be a record's next."""
        shape, forced = self.shape, self.forced
        is_text = (symbols >= 0) & (symbols <= shape.pad)
        is_right = is_text if self.is_text else shape.is_code(symbols)
        is_right |= (symbols == shape.end) & self.may_end
        if not np.where(forced >= 0, symbols == forced, is_right).all():
            raise FormatError("the symbols are not those of token records")

    def advance(self, symbols: Symbols) -> None:
        """Go to the next place, after ``symbols`` (lanes,)."""
        if self.is_text:
            self._is_padded |= symbols == self.shape.pad
        else:
            self._is_blank |= symbols == self.shape.end
        if self.is_last:
            self.place = 0
            self._is_padded[:] = self._is_blank[:] = False
            self._slots = self._slots + self._slots.size
            self._is_empty = self._slots < self._num_empty
        else:
            self.place += 1
