"""The costs of all symbols of a file, in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.trace import Bits
from neurocomp.errors import UsageError
from neurocomp.explain.raster import Raster
from neurocomp.symbols import SymbolMap
from neurocomp.symbols.description import Places

NO_OFFSET = -1

Label = bytes | str
"""A symbol as people may read it: the bytes that it stands for, or words."""


@dataclass(frozen=True, eq=False)
class Entries:
    """The n symbols of a file, in their order.

    Attributes:
        ids: int32 (n,), numbers in their alphabets.
        bits: cost of each symbol, (n,).
        offsets: int64 (n,), where in the content each begins; NO_OFFSET where that has no meaning.
        sizes: int64 (n,), bytes of the content that each stands for; 0 without an offset.
        kinds: uint8 (n,), numbers of the explanation's names of kinds.
        blocks: int32 (n,), the number of its block.
        opinions: cost of each symbol under parts of the model alone, (n,) each, NaN if a part gave
            no prediction.
        likely_rows: int64 (n,), rows of the next two; -1 where the likeliest were not asked for.
        likely_ids: int32 (m, 5).
        likely_shares: float64 (m, 5), probabilities.
    """

    ids: NDArray[np.int32]
    bits: Bits
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    blocks: NDArray[np.int32]
    opinions: Mapping[str, Bits]
    likely_rows: NDArray[np.int64]
    likely_ids: NDArray[np.int32]
    likely_shares: NDArray[np.float64]

    def __len__(self) -> int:
        return self.ids.size

    def take(self, chosen: NDArray[np.bool_]) -> Entries:
        """Return some of them."""
        return Entries(
            self.ids[chosen],
            self.bits[chosen],
            self.offsets[chosen],
            self.sizes[chosen],
            self.kinds[chosen],
            self.blocks[chosen],
            {name: bits[chosen] for name, bits in self.opinions.items()},
            self.likely_rows[chosen],
            self.likely_ids,
            self.likely_shares,
        )


@dataclass(frozen=True, eq=False)
class Explanation:
    """Where the bits of a file went.

    Attributes:
        name: name of the file.
        model: name of the model that the user chose, or that the file names.
        coder: name of the model's coder.
        content: all of it.
        frame_bytes: size of the compressed file.
        payload_bytes: bytes of the frame that coders wrote or that are stored content.
        framing_bytes: bytes of the payloads that are sizes of their sections.
        coded_bits: cost of all symbols; the payloads are longer by their ends.
        coded_with: number of blocks by the method that coded them.
        kind_names: names of the entries' kinds.
        entries: the symbols that are told of.
        maps: maps from symbols to what they stand for, by the number of their block.
        captions: entries of texts beside images.
        images: entries of the codes of images, (N, rows, columns); None where there are none.
        raster: layout of a picture whose pixels are the content's bytes; None for other content.
        byte_range: bytes of the content that the entries were cut to; None for all of it.
        note: a note for people on the choice of the model.
    """

    name: str
    model: str
    coder: str
    content: bytes
    frame_bytes: int
    payload_bytes: int
    framing_bytes: int
    coded_bits: float
    coded_with: Mapping[str, int]
    kind_names: tuple[str, ...]
    entries: Entries
    maps: tuple[SymbolMap, ...]
    captions: tuple[Places, ...] = ()
    images: Places | None = None
    raster: Raster | None = None
    byte_range: tuple[int, int] | None = None
    note: str = ""

    @property
    def has_offsets(self) -> bool:
        """Whether all symbols are pieces of the content."""
        return not len(self.entries) or int(self.entries.offsets.min()) >= 0

    @property
    def shown_range(self) -> tuple[int, int]:
        """Bytes of the content that the entries stand for."""
        return (0, len(self.content)) if self.byte_range is None else self.byte_range

    @property
    def shown_bytes(self) -> int:
        """Their number."""
        return self.shown_range[1] - self.shown_range[0]

    @cached_property
    def total_bits(self) -> float:
        """The cost of the entries, in bits."""
        return float(self.entries.bits.sum())

    @property
    def ending_bits(self) -> float:
        """Bits of payloads beyond their symbols' costs: coders end in whole bytes."""
        return 8 * (self.payload_bytes - self.framing_bytes) - self.coded_bits

    def label(self, number: int) -> Label:
        """Return an entry as people may read it."""
        entries = self.entries
        first = int(entries.offsets[number])
        if first >= 0:
            return self.content[first : first + int(entries.sizes[number])]
        symbol_map: SymbolMap = self.maps[entries.blocks[number]]
        return symbol_map.name_of(int(entries.ids[number]))

    def likely(self, number: int) -> list[tuple[Label, float]]:
        """Return the likeliest symbols before an entry, and their probabilities."""
        entries = self.entries
        row = int(entries.likely_rows[number])
        if row < 0:
            return []
        symbol_map = self.maps[entries.blocks[number]]
        return [
            (symbol_map.name_of(int(one)), float(share))
            for one, share in zip(entries.likely_ids[row], entries.likely_shares[row], strict=True)
            if share > 0
        ]

    def is_greedy(self, number: int) -> bool | None:
        """Return whether an entry was the likeliest symbol; None where that was not asked for."""
        entries = self.entries
        row = int(entries.likely_rows[number])
        return None if row < 0 else bool(entries.likely_ids[row, 0] == entries.ids[number])

    def cut(self, byte_range: tuple[int, int]) -> Explanation:
        """Return the part of the explanation for the bytes start <= byte < stop of the content.

        Raises:
            UsageError: they are beyond its end, or symbols are not pieces of it.
        """
        if not self.has_offsets:
            raise UsageError("--range: the symbols of this content do not map to bytes")
        start, stop = byte_range[0], min(byte_range[1], len(self.content))
        if start >= stop:
            raise UsageError(f"--range: the content has {len(self.content)} bytes only")
        offsets = self.entries.offsets
        chosen = (offsets >= start) & (offsets < stop)
        return replace(self, entries=self.entries.take(chosen), byte_range=(start, stop))
