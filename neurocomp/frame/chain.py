"""Checks that the blocks of a frame fit each other and its trailer.

Every reader of frames checks it here: forwards, from an index, in parts.
"""

from __future__ import annotations

from neurocomp.errors import ChecksumError, FormatError
from neurocomp.frame import constants
from neurocomp.frame.block_reader import BlockHead
from neurocomp.frame.checksums import join_checksums
from neurocomp.frame.trailer import Trailer


class FrameChain:
    """The heads of a frame's blocks, in order, none of which need be decoded.

    Args:
        header_bytes: size of the frame header.
    """

    def __init__(self, header_bytes: int) -> None:
        self._header_bytes = header_bytes
        self._sizes: list[tuple[int, int]] = []
        self.content_bytes = 0
        """Size of the content of the blocks so far."""
        self.content_checksum = 0
        """CRC-32 of the content of the blocks so far, as their heads record it."""

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(stored bytes, decoded bytes) of every block so far."""
        return tuple(self._sizes)

    def add(self, head: BlockHead, stored_bytes: int) -> None:
        """Take the next block.

        Args:
            head: head of the block.
            stored_bytes: size of the block in the file, from tag to stored checksum.

        Raises:
            FormatError: there are too many blocks, or this is an empty one after others.
        """
        if len(self._sizes) == constants.MAX_BLOCKS:
            raise FormatError(f"the frame has more than {constants.MAX_BLOCKS} blocks")
        if self._sizes and not head.decoded_bytes:
            raise FormatError("an empty block comes after others")
        self.extend(head, stored_bytes)

    def extend(self, head: BlockHead, stored_bytes: int) -> None:
        """Take the next block without a check."""
        self._sizes.append((stored_bytes, head.decoded_bytes))
        self.content_bytes += head.decoded_bytes
        self.content_checksum = join_checksums(
            self.content_checksum, head.decoded_checksum, head.decoded_bytes
        )

    def check(self, trailer: Trailer) -> None:
        """Compare the blocks with the trailer that comes after them.

        Raises:
            ChecksumError: they differ in number or size, or in the checksum of the content.
        """
        if trailer.header_bytes != self._header_bytes or trailer.sizes != self.sizes:
            raise ChecksumError("the frame's index does not fit its blocks: some are lost or moved")
        if trailer.content_checksum != self.content_checksum:
            raise ChecksumError(
                "the content does not have the checksum that the frame records: blocks are "
                "missing, doubled or exchanged"
            )
