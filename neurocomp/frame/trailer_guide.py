"""Where a frame's trailer says that its blocks stand, where heads lead no further."""

from __future__ import annotations

from neurocomp.errors import FormatError
from neurocomp.frame.chain import FrameChain
from neurocomp.frame.landmarks import FoundBlock, FoundHeader, FoundTrailer, Landmarks

_NEAR_TRAILERS = 64
"""How many trailers are tried for a frame that none fits: content may hold any number."""

Sizes = tuple[tuple[int, int], ...]
"""Of blocks: bytes in the file, bytes of content."""


class TrailerGuide:
    """Finds blocks by trailers.

    Args:
        landmarks: landmarks of the stream.
    """

    def __init__(self, landmarks: Landmarks) -> None:
        self._landmarks = landmarks

    def trailer_for(
        self, start: int, found: FoundHeader, blocks: list[FoundBlock]
    ) -> FoundTrailer | None:
        """Return the trailer that knows of these first ``blocks`` of the frame at ``start``."""
        sizes = chain_of(found, blocks).sizes

        def fits(one: FoundTrailer) -> bool:
            known = one.trailer.sizes
            return len(known) >= len(sizes) and known[: len(sizes)] == sizes

        trailer = self._landmarks.last_trailer_of(start)
        if trailer is not None and fits(trailer):
            return trailer
        first = start + found.num_bytes + sum(stored for stored, _ in sizes)
        for trailer in self._landmarks.trailers_after(first, _NEAR_TRAILERS):
            is_like = trailer.trailer.header_bytes == found.num_bytes and fits(trailer)
            if is_like and any(self.blocks_of(start, found, trailer, len(blocks))):
                return trailer
        return None

    def blocks_of(
        self, start: int, found: FoundHeader, trailer: FoundTrailer, first: int
    ) -> list[FoundBlock | None]:
        """Return the blocks of a trailer from number ``first`` on; None where one is not sound."""
        shift = trailer.frame_start - start
        offset = start + trailer.trailer.header_bytes
        blocks: list[FoundBlock | None] = []
        for number, sizes in enumerate(trailer.trailer.sizes):
            if number >= first:
                places = (offset, offset + shift) if shift else (offset,)
                found_here = (self._sound_block(place, found, sizes) for place in places)
                blocks.append(next(filter(None, found_here), None))
            offset += sizes[0]
        return blocks

    def _sound_block(
        self, offset: int, found: FoundHeader, sizes: tuple[int, int]
    ) -> FoundBlock | None:
        if offset < 0:
            return None
        try:
            block = self._landmarks.block_at(offset, found.header.layout, found.checksum)
        except FormatError:
            return None
        fits = (block.place.stored_bytes, block.place.decoded_bytes) == sizes
        return block if block.is_sound and fits else None


def chain_of(found: FoundHeader, blocks: list[FoundBlock]) -> FrameChain:
    """Return what these blocks of a frame, as they follow each other, are together."""
    chain = FrameChain(found.num_bytes)
    for block in blocks:
        chain.extend(block.head, block.place.stored_bytes)
    return chain


def missing_blocks(found: Sizes, recorded: Sizes) -> tuple[int, int] | None:
    """Return which of the recorded blocks are missing, where their sizes tell without doubt.

    Returns:
        The numbers of the first missing one and of the first after it that is there.
    """
    num_missing = len(recorded) - len(found)
    if num_missing <= 0:
        return None
    first = _num_equal(found, recorded)
    last = _num_equal(found[::-1], recorded[::-1])
    return (first, first + num_missing) if first + last == len(found) else None


def _num_equal(one: Sizes, other: Sizes) -> int:
    """Return how many first elements are the same."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
