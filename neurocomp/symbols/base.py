"""What a symbol map is."""

from __future__ import annotations

from typing import Protocol

from neurocomp.exact import Stream


class SymbolMap(Protocol):
    """A reversible map: ``decode(encode(data)) == data``."""

    @property
    def id(self) -> int:
        """Number in the frame header, given by hand and never reused."""

    @property
    def name(self) -> str:
        """Name in messages and in ``neurocomp info``."""

    def encode(self, data: bytes, alphabet_size: int) -> Stream | None:
        """Return ``data`` as symbols below ``alphabet_size``: unsigned integers, shape (n,).

        None where the data has no such form; it is then stored as it is.
        """

    def decode(self, symbols: Stream) -> bytes:
        """Return the bytes that ``symbols`` stand for."""
