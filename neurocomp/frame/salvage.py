"""What of a damaged stream of frames is sound, and what is known of the rest.

Heads lead from block to block as far as they can be trusted: a damaged block's head is, where what
it leads to is sound.  Otherwise the frame's trailer tells where its blocks stand, counted from the
frame's start or, where bytes were put in or taken out, from its end.  Where there is none, the
search goes on at the next header that the checksum of its first block confirms.  What lies
within a frame whose extent is known is content, and never searched for frames.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from neurocomp.errors import ChecksumError, FormatError, TruncatedError
from neurocomp.frame import constants
from neurocomp.frame.extents import Doubt, ExtentFinder, Loss, Piece, SoundBlock
from neurocomp.frame.landmarks import FoundBlock, FoundHeader, FoundTrailer, Landmarks
from neurocomp.frame.trailer import Trailer
from neurocomp.frame.trailer_guide import TrailerGuide, chain_of, missing_blocks

_DAMAGED = "the block at offset {} is damaged (stored checksum)"


def salvage(stream: BinaryIO) -> list[Piece]:
    """Return what is sound and what is lost of a seekable stream, in the order of the content.

    Raises:
        FormatError: there is nothing of a frame in it.
    """
    if stream.seek(0, io.SEEK_END) == 0:
        raise FormatError("not a neurocomp file: it is empty")
    search = _Salvage(Landmarks(stream))
    search.run()
    if search.first_error is not None and not search.has_frames:
        raise search.first_error
    return search.pieces


class _Salvage:
    def __init__(self, landmarks: Landmarks) -> None:
        self._landmarks = landmarks
        self.pieces: list[Piece] = []
        self.has_frames = False
        self._extents = ExtentFinder(landmarks)
        self._guide = TrailerGuide(landmarks)
        self.first_error: FormatError | None = None

    def run(self) -> None:
        offset = 0
        while offset < self._landmarks.end:
            try:
                found = self._landmarks.header_at(offset)
            except FormatError as error:
                offset = self._pass_over(offset, [], error)
            else:
                self.has_frames = True
                offset = self._frame(offset, found)

    def _frame(self, start: int, found: FoundHeader) -> int:
        """Take what is sound of the frame at ``start``; return where to go on."""
        blocks: list[FoundBlock] = []
        offset = start + found.num_bytes
        while not blocks or not blocks[-1].head.is_last:
            run, error = self._run(offset, found, len(blocks))
            if error is not None:
                trailer = self._guide.trailer_for(start, found, blocks)
                mended = None if trailer else self._extents.mended_block(offset, found)
                if mended is None:
                    return self._rest_of_frame(start, found, blocks, run, offset, error, trailer)
                run = [mended]
            blocks += run
            offset = blocks[-1].end
        trailer = None
        if blocks[-1].head.has_trailer:
            trailer = self._landmarks.trailer_at(offset)
            if trailer is None:
                self._give_blocks(found, blocks)
                self.pieces.append(Loss(0, f"the trailer at offset {offset} is damaged"))
                return self._after_damaged_trailer(offset, found, blocks)
            offset = trailer.end
        if trailer is None and len(blocks) == 1 and not blocks[0].is_sound:
            return self._lose_block(found, blocks[0])
        if trailer is None:
            self._give_blocks(found, blocks)
        else:
            self._give_with_trailer(found, blocks, trailer.trailer)
        return offset

    def _lose_block(self, found: FoundHeader, block: FoundBlock) -> int:
        """Give up a block that a head leads to, and return where it ends."""
        lost = self._extents.mended_block(block.place.offset, found) or block
        self._lose(lost.place.decoded_bytes, ChecksumError(_DAMAGED.format(block.place.offset)))
        return lost.end

    def _run(
        self, offset: int, found: FoundHeader, num_before: int
    ) -> tuple[list[FoundBlock], FormatError | None]:
        """Go on from ``offset`` to the next sound block, or to the frame's end.

        Returns:
            The blocks, all but the last damaged, and None; or those that could be read, and why
            their heads are not to be trusted.
        """
        run: list[FoundBlock] = []
        damage: FormatError | None = None
        while True:
            if num_before + len(run) == constants.MAX_BLOCKS:
                return run, FormatError(f"the frame has more than {constants.MAX_BLOCKS} blocks")
            try:
                block = self._landmarks.block_at(offset, found.header.layout, found.checksum)
            except FormatError as error:
                return run, damage or error
            run.append(block)
            if block.end > self._landmarks.end:
                return run, damage or TruncatedError(
                    f"the block at offset {offset} is cut off at byte {self._landmarks.end}"
                )
            if block.is_sound:
                return run, None
            damage = damage or ChecksumError(_DAMAGED.format(offset))
            offset = block.end
            if block.head.is_last:
                return run, None if self._landmarks.frame_ends_at(
                    offset, block.head.has_trailer
                ) else damage

    def _after_damaged_trailer(
        self, offset: int, found: FoundHeader, blocks: list[FoundBlock]
    ) -> int:
        chain = chain_of(found, blocks)
        trailer = Trailer(found.num_bytes, chain.sizes, chain.content_checksum)
        end = offset + len(trailer.to_bytes())
        return (
            end if self._landmarks.frame_ends_at(end, False) else self._landmarks.next_frame(offset)
        )

    def _rest_of_frame(
        self,
        start: int,
        found: FoundHeader,
        blocks: list[FoundBlock],
        run: list[FoundBlock],
        offset: int,
        error: FormatError,
        trailer: FoundTrailer | None,
    ) -> int:
        """Take what a trailer knows of after ``blocks``, where heads led no further."""
        if trailer is None:
            self._give_blocks(found, blocks)
            if not blocks:
                return self._pass_over(start, run, error, found)
            return self._search(offset, run, error)
        sizes = trailer.trailer.sizes
        later = self._guide.blocks_of(start, found, trailer, len(blocks))
        is_whole = all(later) and trailer.trailer.header_bytes == found.num_bytes
        self._give_blocks(found, blocks)
        for block, (_, decoded_bytes) in zip(later, sizes[len(blocks) :], strict=True):
            if block is not None:
                self._give_blocks(found, [block])
            else:
                self._lose(decoded_bytes, error)
        if is_whole:
            # The blocks are all there, but not as a frame has them: tags, or bytes between them.
            self._lose(0, error)
            self._doubt_content(found, [*blocks, *filter(None, later)], trailer.trailer)
        return trailer.end

    def _pass_over(
        self,
        start: int,
        run: list[FoundBlock],
        error: FormatError,
        found: FoundHeader | None = None,
    ) -> int:
        """Go on after a frame of which nothing is sound, or what is none, at ``start``.

        Args:
            start: position of its first byte.
            run: the blocks that were found.
            error: description of the damage.
            found: header of the frame, if one can be read there.
        """
        if (trailer := self._landmarks.last_trailer_of(start)) is not None:
            self.has_frames = True
            self._lose(sum(decoded for _, decoded in trailer.trailer.sizes), error)
            return trailer.end
        if (extent := self._extents.of(start, found)) is not None:
            self.has_frames = True
            self._lose(extent.content_bytes, error)
            return extent.end
        return self._search(start + 1, run, error)

    def _search(self, offset: int, run: list[FoundBlock], error: FormatError) -> int:
        """Go on at the next frame from ``offset`` on, and tell what is lost before it."""
        end = self._landmarks.next_frame(offset)
        is_cut = bool(run) and end == self._landmarks.end < run[-1].end
        is_known = is_cut and run[-1].head.is_last
        self._lose(sum(one.place.decoded_bytes for one in run) if is_known else None, error)
        return end

    def _give_with_trailer(
        self, found: FoundHeader, blocks: list[FoundBlock], trailer: Trailer
    ) -> None:
        """Take all blocks of a frame with a sound trailer."""
        places = [block.place.stored_bytes for block in blocks]
        if places == [stored for stored, _ in trailer.sizes]:
            # A damaged head's content may have another size than it says.
            for block, (_, decoded_bytes) in zip(blocks, trailer.sizes, strict=True):
                if block.is_sound:
                    self._give_blocks(found, [block])
                else:
                    self._lose(decoded_bytes, ChecksumError(_DAMAGED.format(block.place.offset)))
            if all(block.is_sound for block in blocks):
                self._doubt_content(found, blocks, trailer)
            return
        sizes = chain_of(found, blocks).sizes
        gap = missing_blocks(sizes, trailer.sizes)
        if gap is not None and all(block.is_sound for block in blocks):
            first, last = gap
            self._give_blocks(found, blocks[:first])
            lost_bytes = sum(decoded for _, decoded in trailer.sizes[first:last])
            self._lose(lost_bytes, ChecksumError("blocks are missing"))
            self._give_blocks(found, blocks[first:])
            return
        self._give_blocks(found, blocks)
        reason = "the frame's index does not fit its blocks: some are lost or moved"
        self.pieces.append(Doubt(chain_of(found, blocks).content_bytes, reason))
        missing_bytes = sum(size for _, size in trailer.sizes) - sum(size for _, size in sizes)
        if missing_bytes > 0:
            self.pieces.append(Loss(missing_bytes, "blocks are missing, but nothing tells which"))

    def _doubt_content(
        self, found: FoundHeader, blocks: list[FoundBlock], trailer: Trailer
    ) -> None:
        chain = chain_of(found, blocks)
        try:
            chain.check(trailer)
        except ChecksumError as error:
            self.pieces.append(Doubt(chain.content_bytes, str(error)))

    def _give_blocks(self, found: FoundHeader, blocks: list[FoundBlock]) -> None:
        for number, block in enumerate(blocks):
            if not block.is_sound:
                self._lose_block(found, block)
                continue
            self.pieces.append(SoundBlock(found.header, found.checksum, block.place))
            if number and not block.place.decoded_bytes:
                self._lose(0, FormatError("an empty block comes after others"))

    def _lose(self, content_bytes: int | None, error: FormatError) -> None:
        self.first_error = self.first_error or error
        self.pieces.append(Loss(content_bytes, str(error)))
