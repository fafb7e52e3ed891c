"""Every way of reading says the same of every file: honest, damaged or forged."""

from __future__ import annotations

import io
import itertools
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurocomp
from neurocomp.errors import ChecksumError, FormatError, NeurocompError
from neurocomp.frame.trailer import Trailer
from neurocomp.pipeline.seekable import decompress_range
from tests import forging, ways
from tests.conftest import make_text
from tests.forging import LAST, WITH_TRAILER, Parts, frame_of, stored_block, take_apart
from tests.golden import cases

A, B, C = b"first, first, first. " * 4, b"the second one\n" * 4, bytes(range(70))
"""Two that are coded, one that is stored."""

FRAME = frame_of(A, B, C)
PARTS = take_apart(FRAME)
HEADER = PARTS.header
END = LAST | WITH_TRAILER
SINGLE = frame_of(b"one block of its own " * 3)
EMPTY = frame_of(b"")
SIZES = Trailer(len(HEADER), tuple(zip(map(len, PARTS.blocks), (84, 60, 70), strict=True)), 0)


def trailer(sizes: tuple[tuple[int, int], ...] = SIZES.sizes, **fields: int) -> bytes:
    """Return a trailer of the frame with other fields, its own checksum right."""
    header_bytes = fields.get("header_bytes", len(HEADER))
    content_checksum = fields.get("content_checksum", zlib.crc32(A + B + C))
    return Trailer(header_bytes, sizes, content_checksum).to_bytes()


def honest() -> Iterator[tuple[str, bytes, bytes]]:
    yield "several blocks", FRAME, A + B + C
    yield "one block", SINGLE, b"one block of its own " * 3
    yield "no content", EMPTY, b""
    yield "stored", frame_of(C), C
    yield "contexts", frame_of(A, C, model="mix"), A + C
    yield "frames", FRAME + SINGLE + FRAME, A + B + C + b"one block of its own " * 3 + A + B + C
    yield "frames of nothing", EMPTY * 3, b""
    yield "nothing around", EMPTY + FRAME + EMPTY + EMPTY, A + B + C
    yield "frames as content", frame_of(FRAME, SINGLE), FRAME + SINGLE
    yield "equal blocks", frame_of(A, A, A), A * 3
    last = HEADER + stored_block(HEADER, C, END)
    yield "a trailer after one block", last + _trailer_of_one(C), C
    yield "no trailer after blocks", HEADER + PARTS.blocks[0] + stored_block(HEADER, C), A + C
    like = forging.content_like_a_frame_s_end(HEADER)
    yield "content that ends as a trailer", HEADER + stored_block(HEADER, like), like
    yield "the same after a frame", FRAME + HEADER + stored_block(HEADER, like), A + B + C + like


def _trailer_of_one(content: bytes) -> bytes:
    size = len(stored_block(HEADER, content, END)), len(content)
    return Trailer(len(HEADER), (size,), zlib.crc32(content)).to_bytes()


def forged() -> Iterator[tuple[str, bytes]]:
    a, b, c = PARTS.blocks
    body = HEADER + a + b + c
    (size_a, _), (size_b, _), (size_c, _) = SIZES.sizes
    yield "an index without B", body + trailer(((size_a + size_b, 84), (size_c, 70)))
    yield "an index without C", body + trailer(((size_a, 84), (size_b + size_c, 60)))
    yield "a size in the index", body + trailer(((size_a, 84), (size_b, 59), (size_c, 70)))
    yield "stored sizes", body + trailer(((size_a + 1, 84), (size_b - 1, 60), (size_c, 70)))
    yield "the header's size", body + trailer(header_bytes=len(HEADER) - 1)
    moved = ((size_a + 1, 84), *SIZES.sizes[1:])
    yield "header and first block", body + trailer(moved, header_bytes=len(HEADER) - 1)
    yield "the content's checksum", body + trailer(content_checksum=1)
    yield "an announced trailer is missing", body
    yield "a trailer that isn't announced", _retag(2, LAST) + PARTS.trailer
    yield "two trailers", FRAME + PARTS.trailer
    yield "last is not said", _retag(2, 0) + PARTS.trailer
    yield "last is said too early", _retag(1, LAST) + PARTS.trailer
    yield "a trailer is announced too early", _retag(1, END) + PARTS.trailer
    yield "bytes between blocks", HEADER + a + bytes(9) + b + c + PARTS.trailer
    hidden = trailer(((size_a, 84), (size_b + 9, 60), (size_c, 70)))
    yield "bytes that the index covers", HEADER + a + b + bytes(9) + c + hidden
    yield "bytes before the trailer", body + b"\0" + PARTS.trailer
    empty = stored_block(HEADER, b"", LAST)
    yield "an empty last block", HEADER + a + empty
    ended = stored_block(HEADER, b"", END)
    sizes = (*SIZES.sizes[:2], (len(ended), 0))
    yield (
        "an empty last block and its trailer",
        HEADER + a + b + ended + trailer(sizes, content_checksum=zlib.crc32(A + B)),
    )
    yield "a content checksum", HEADER + _with_content_checksum(stored_block(HEADER, C)) + FRAME
    yield "one of nothing", HEADER + _with_content_checksum(empty)
    yield "one of nothing at the end", FRAME + HEADER + _with_content_checksum(empty)
    for tail in (b"\0", b"\n", b"garbage", bytes(512), HEADER, FRAME[:1]):
        yield f"bytes after a frame: {tail[:8]!r}", FRAME + tail
        yield f"bytes after a single block: {tail[:8]!r}", SINGLE + tail
    yield "bytes between frames", FRAME + b"\0" + FRAME
    yield "bytes before a frame", b"\0" + FRAME
    yield "nothing", b""
    yield "a trailer alone", PARTS.trailer


def _retag(number: int, tag: int) -> bytes:
    blocks = list(PARTS.blocks)
    blocks[number] = PARTS.retagged(number, tag)
    return HEADER + b"".join(blocks)


def _with_content_checksum(block: bytes) -> bytes:
    """Return a stored block with a wrong content checksum and a right stored one."""
    body = block[:2] + b"\1\2\3\4" + block[6:-4]
    return body + forging.u32(zlib.crc32(HEADER + body))


HONEST = {name: (data, content) for name, data, content in honest()}
FORGED = dict(forged())


@pytest.mark.parametrize("name", HONEST)
def test_honest_files(name: str) -> None:
    data, content = HONEST[name]
    assert ways.read_all_ways(data) == content


@pytest.mark.parametrize("name", FORGED)
def test_forged_files_are_refused_by_all(name: str) -> None:
    assert isinstance(ways.read_all_ways(FORGED[name]), FormatError)


@pytest.mark.parametrize("path", sorted(cases.INVALID.glob("*.ncmp")), ids=lambda path: path.stem)
def test_golden_files_that_are_refused(path: Path) -> None:
    found = ways.read_all_ways(path.read_bytes(), (cases.BYTE_MODEL.parent,))
    assert isinstance(found, NeurocompError)


TABLES = [
    path
    for path in sorted(cases.VALID.glob("*.ncmp"))
    if path.stem.startswith(("table-dictionary", "table-symbols")) or "or-mix" in path.stem
]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_frames_of_several_models(path: Path) -> None:
    """Their golden files, and what is left of them where a bit is wrong."""
    frame, folder = path.read_bytes(), (cases.BYTE_MODEL.parent,)
    content = ways.read_all_ways(frame, folder)
    assert isinstance(content, bytes)
    (case,) = (one for one in cases.CASES if one.name == path.stem)
    assert content == case.decoded()
    damaged = bytearray(frame)
    damaged[len(frame) // 2] ^= 4
    assert isinstance(ways.read_all_ways(bytes(damaged), folder), ChecksumError)


@pytest.mark.parametrize("frame", [FRAME, frame_of(A, A + b"!", A)], ids=["sizes", "like sizes"])
def test_blocks_in_any_other_order_are_refused(frame: bytes) -> None:
    parts = take_apart(frame)
    for length in (2, 3, 4):
        for order in itertools.product(range(3), repeat=length - 1):
            found = ways.read_all_ways(parts.with_blocks(*order, 2))
            assert isinstance(found, bytes) == ((*order, 2) == (0, 1, 2))


def test_blocks_of_one_size_exchanged() -> None:
    """As two sectors of a disk: each block is sound, only the whole isn't."""
    contents = [random.Random(seed).randbytes(40) for seed in range(3)]
    parts = take_apart(frame_of(*contents))
    exchanged = parts.with_blocks(1, 0, 2)
    found = ways.read_all_ways(exchanged)
    assert isinstance(found, ChecksumError)
    assert "exchanged" in str(found)
    sink = io.BytesIO()
    with pytest.raises(ChecksumError):
        decompress_range(io.BytesIO(exchanged), sink, 0, 10)
    assert sink.getvalue() == b""


@pytest.mark.parametrize("frame", [FRAME, SINGLE + FRAME, EMPTY + SINGLE], ids=range(3))
def test_flipped_bits(frame: bytes) -> None:
    rng = random.Random(len(frame))
    for bit in rng.sample(range(8 * len(frame)), 40):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        assert isinstance(ways.read_all_ways(bytes(damaged)), NeurocompError)


def test_cuts() -> None:
    for size in random.Random(2).sample(range(len(FRAME)), 30):
        assert isinstance(ways.read_all_ways(FRAME[:size]), FormatError)
    for size in random.Random(3).sample(range(1, len(SINGLE)), 20):
        assert isinstance(ways.read_all_ways(FRAME + SINGLE[:size]), FormatError)


def test_bytes_put_in_and_taken_out() -> None:
    rng = random.Random(4)
    for _ in range(25):
        at = rng.randrange(len(FRAME))
        more = FRAME[:at] + rng.randbytes(rng.randint(1, 9)) + FRAME[at:]
        fewer = FRAME[:at] + FRAME[at + rng.randint(1, 9) :]
        for damaged in (more, fewer):
            assert isinstance(ways.read_all_ways(damaged + SINGLE), NeurocompError)


def test_a_block_that_lies_about_its_size_moves_nothing() -> None:
    """A frame without a trailer: only its block's stored checksum confirms what comes after."""
    text = make_text(300)
    honest_file = frame_of(text) + frame_of(b"what comes after")
    block = take_apart(frame_of(text)).blocks[0]
    at = len(HEADER) + 1
    assert honest_file[at : at + 2] == block[1:3] == bytes([300 & 127 | 128, 2])
    lying = honest_file[:at] + bytes([299 & 127 | 128]) + honest_file[at + 1 :]
    assert isinstance(ways.read_all_ways(lying), ChecksumError)
    with pytest.raises(ChecksumError):
        decompress_range(io.BytesIO(lying), io.BytesIO(), 302, 310)
    with neurocomp.open(io.BytesIO(lying)) as file:
        file.seek(-5, io.SEEK_END)
        with pytest.raises(ChecksumError):
            file.read()


def test_the_ways_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that takes a wrong checksum is noticed."""
    monkeypatch.setattr("neurocomp.frame.chain.FrameChain.check", lambda *_: None)
    with pytest.raises(ways.Disagreement):
        ways.read_all_ways(FORGED["the content's checksum"])


def test_parts_make_the_frame() -> None:
    assert take_apart(FRAME) == Parts(HEADER, PARTS.blocks, trailer())
    assert PARTS.with_blocks(0, 1, 2) == FRAME
