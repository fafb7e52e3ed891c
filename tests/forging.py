"""Frames taken apart and put together again, with checksums that are right for what they hold."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from functools import cache

from neurocomp.frame.header import FrameHeader
from neurocomp.frame.index import read_index
from neurocomp.frame.source import encode_varint
from neurocomp.frame.trailer import Trailer
from neurocomp.frame.writer import FrameWriter
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions

LAST, WITH_TRAILER = 1, 2


@cache
def block_coder(model: str) -> BlockCoder:
    """Return the coder of a model of the package."""
    return BlockCoder.for_options(CompressOptions(model=model, threads=1))


def frame_of(*contents: bytes, model: str = "adaptive") -> bytes:
    """Return the honest frame whose blocks, of any size, have these contents."""
    coder, sink = block_coder(model), io.BytesIO()
    writer = FrameWriter(sink, FrameHeader((coder.entry,)))
    for content in contents:
        writer.add(coder.encode(content, lambda _: None), content)
    writer.close()
    return sink.getvalue()


@dataclass(frozen=True)
class Parts:
    """A frame: the bytes of its header, of each block, of its trailer."""

    header: bytes
    blocks: tuple[bytes, ...]
    trailer: bytes

    def with_blocks(self, *numbers: int) -> bytes:
        """Return the frame with these blocks, tags and trailer left as they are."""
        return self.header + b"".join(self.blocks[one] for one in numbers) + self.trailer

    def retagged(self, number: int, tag: int) -> bytes:
        """Return a block with another tag and the stored checksum that fits."""
        body = bytes([tag]) + self.blocks[number][1:-4]
        return body + u32(zlib.crc32(self.header + body))


def take_apart(frame: bytes) -> Parts:
    """Return the parts of a single frame."""
    (index,) = read_index(io.BytesIO(frame))
    places = index.places
    blocks = tuple(frame[one.offset : one.offset + one.stored_bytes] for one in places)
    end = places[-1].offset + places[-1].stored_bytes
    return Parts(frame[: places[0].offset], blocks, frame[end:])


def under(header: bytes, block: bytes) -> bytes:
    """Return a block with the stored checksum that it has after another header."""
    return block[:-4] + u32(zlib.crc32(header + block[:-4]))


def u32(value: int) -> bytes:
    """Return a checksum as frames have it."""
    return value.to_bytes(4, "little")


def stored_block(header: bytes, content: bytes, tag: int = LAST) -> bytes:
    """Return a stored block."""
    body = bytes([tag]) + encode_varint(len(content)) + u32(zlib.crc32(content)) + content
    return body + u32(zlib.crc32(header + body))


def modelled_block(
    header: bytes, decoded_bytes: int, payload: bytes, lanes: int = 1, variant: int = 0
) -> bytes:
    """Return a last block that claims so much content, of one symbol a byte."""
    body = bytes([LAST | 4 | variant << 4 | 0x80 * (lanes > 1)]) + encode_varint(decoded_bytes)
    body += encode_varint(lanes) if lanes > 1 else b""
    body += encode_varint(len(payload)) + bytes(4) + payload
    return body + u32(zlib.crc32(header + body))


def content_like_a_frame_s_end(header: bytes) -> bytes:
    """Return content whose stored block, alone in a frame, ends as a trailer ends.

    The trailer in it is sound but for its magic number, which is the block's stored checksum: four
    bytes of the content are chosen so that it is, by the linearity of CRC-32.  It claims that the
    frame's content is another one.
    """
    hidden = stored_block(header, b"This is not what was compressed. " * 6, tag=0)
    other_bytes = len(header) + 1 + 2 + 4 + 8  # header, tag, size, checksum, what comes before

    def content(free: int, filling: int) -> bytes:
        trailer = Trailer(other_bytes, ((len(hidden), 33 * 6),), 0).to_bytes()[:-4]
        return u32(free) + filling.to_bytes(4, "little") + hidden + trailer

    def checksum(free: int, filling: int) -> int:
        return int.from_bytes(stored_block(header, content(free, filling))[-4:], "little")

    wanted = int.from_bytes(b"CN\x9e\x0a", "little")
    for filling in range(64):
        base = checksum(0, filling)
        solution = _solve([checksum(1 << i, filling) ^ base for i in range(32)], base ^ wanted)
        if solution is not None:
            return content(solution, filling)
    raise AssertionError("no filling gives a system that can be solved")


def _solve(columns: list[int], goal: int) -> int | None:
    """Return a mask of columns that add up to ``goal`` modulo 2; None where there is none."""
    basis: list[tuple[int, int]] = []
    for number, column in enumerate(columns):
        mask = 1 << number
        for value, used in basis:
            if column ^ value < column:
                column, mask = column ^ value, mask ^ used
        if column:
            basis.append((column, mask))
            basis.sort(reverse=True)
    solution = 0
    for value, used in basis:
        if goal ^ value < goal:
            goal, solution = goal ^ value, solution ^ used
    return None if goal else solution
