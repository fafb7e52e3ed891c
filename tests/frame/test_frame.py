"""Frames as bytes: what is written is read back, and nothing else is read."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurocomp.errors import ChecksumError, FormatError, TruncatedError, UnsupportedError
from neurocomp.frame import constants
from neurocomp.frame.block import LINE_ENDS, Block, Method, TransformUse, method_for
from neurocomp.frame.entry import ModelEntry, read_entry
from neurocomp.frame.header import FrameHeader, HeadLayout, read_header
from neurocomp.frame.index import read_block_at, read_index
from neurocomp.frame.reader import FrameBlock, FrameEnd, read_frames
from neurocomp.frame.source import ByteSource, encode_varint, read_varint
from neurocomp.frame.writer import FrameWriter

ENTRY = ModelEntry(family=2, revision=1, hash=b"\1\2\3", symbols_id=0, coder_id=1)
HEADER = FrameHeader((ENTRY,))


def modelled(content: bytes, payload: bytes, lanes: int = 1, variant: int = 0) -> Block:
    size = len(content)
    checksum = zlib.crc32(content)
    return Block(Method.MODELLED, variant, size, checksum, size, lanes, payload)


def frame(blocks: list[tuple[Block, bytes]], header: FrameHeader = HEADER) -> bytes:
    sink = io.BytesIO()
    writer = FrameWriter(sink, header)
    for block, content in blocks:
        writer.add(block, content)
    writer.close()
    assert writer.num_bytes == len(sink.getvalue())
    return sink.getvalue()


def stored_frame(*contents: bytes) -> bytes:
    return frame([(Block.stored(content), content) for content in contents])


def blocks_of(data: bytes) -> list[Block]:
    return [one.block for one in read_frames(io.BytesIO(data)) if isinstance(one, FrameBlock)]


properties = st.just(b"") | st.binary(min_size=1, max_size=1024)


@st.composite
def entries_of_models(draw: st.DrawFn) -> ModelEntry:
    """Entries with hashes of the size that their family and place ask for."""
    family = draw(st.integers(0, constants.MAX_FAMILY))
    num_hash_bytes = constants.hash_bytes(family, is_long=draw(st.booleans()))
    return ModelEntry(
        family,
        revision=draw(st.integers(0, 255)),
        hash=draw(st.binary(min_size=num_hash_bytes, max_size=num_hash_bytes)),
        symbols_id=draw(st.integers(0, 15)),
        coder_id=draw(st.integers(0, 15)),
        parameters=draw(properties),
        environment=draw(properties),
        dictionary=draw(st.just(b"") | st.binary(min_size=8, max_size=8)),
    )


entries = entries_of_models()
headers = st.builds(FrameHeader, st.lists(entries, min_size=1, max_size=5, unique=True).map(tuple))
transforms = st.builds(TransformUse, st.integers(0, constants.MAX_ID), st.binary(max_size=1024))


@st.composite
def segments(draw: st.DrawFn, num_models: int) -> tuple[Block, bytes]:
    """Blocks of any model, with any transforms, in the method that says them."""
    content = draw(st.binary(min_size=1, max_size=50))
    model = draw(st.integers(0, num_models - 1))
    uses = tuple(draw(st.lists(transforms, max_size=8)))
    if method_for(model, uses) is not Method.SEGMENT:
        model, uses = 0, (LINE_ENDS, LINE_ENDS)
    symbols = draw(st.integers(1, constants.MAX_BLOCK_BYTES))
    lanes = draw(st.integers(1, min(symbols, constants.MAX_LANES)))
    payload = content[: draw(st.integers(0, len(content) - 1))]
    shape = len(content), zlib.crc32(content), symbols, lanes, payload, model, uses
    return Block(Method.SEGMENT, draw(st.integers(0, 3)), *shape), content


@st.composite
def frames_of_headers(
    draw: st.DrawFn,
) -> tuple[FrameHeader, list[list[tuple[Block, bytes]]]]:
    header = draw(headers)
    block = blocks() | segments(len(header.models))
    return header, draw(st.lists(st.lists(block, min_size=1, max_size=4), min_size=1, max_size=3))


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Block, bytes]:
    content = draw(st.binary(min_size=1, max_size=50))
    if draw(st.booleans()):
        return Block.stored(content), content
    payload = content[: draw(st.integers(0, len(content) - 1))]
    lanes = draw(st.integers(1, len(content)))
    block = modelled(content, payload, lanes, draw(st.integers(0, 3)))
    if len(content) > 1 and draw(st.booleans()):
        symbols = len(content) - draw(st.integers(1, len(content) // 2))
        lanes = min(lanes, symbols)
        block = replace(block, num_symbols=symbols, num_lanes=lanes, transforms=(LINE_ENDS,))
    return block, content


@given(frames_of_headers())
def test_round_trip(made: tuple[FrameHeader, list[list[tuple[Block, bytes]]]]) -> None:
    header, frames = made
    data = b"".join(frame(one, header) for one in frames)
    events = list(read_frames(io.BytesIO(data)))
    read = [one for one in events if isinstance(one, FrameBlock)]
    assert [one.block for one in read] == [block for one in frames for block, _ in one]
    assert {one.header for one in read} == {header}
    trailers = [one.trailer for one in events if isinstance(one, FrameEnd)]
    assert len(trailers) == len(frames)
    for trailer, one in zip(trailers, frames, strict=True):
        assert (trailer is not None) == (len(one) > 1)
        if trailer is not None:
            content = b"".join(content for _, content in one)
            assert trailer.content_checksum == zlib.crc32(content)

    stream = io.BytesIO(data)
    index = read_index(stream)
    assert index[-1].end == len(data)
    at = [read_block_at(stream, one, place) for one in index for place in one.places]
    assert at == [block for one in frames for block, _ in one]
    heads = [head for one in index for head in one.heads]
    assert [head.num_lanes for head in heads] == [block.num_lanes for block in at]


def test_small_frame_costs_21_bytes() -> None:
    content, payload = bytes(10_000), bytes(3_000)
    header = FrameHeader((replace(ENTRY, coder_id=0),))
    assert len(header.to_bytes()) == 8
    assert len(frame([(modelled(content, payload), content)], header)) == len(payload) + 21
    assert len(frame([(modelled(content, payload), content)])) == len(payload) + 22


def test_empty_content_is_one_block() -> None:
    (block,) = blocks_of(stored_frame(b""))
    assert block.payload == b""
    with pytest.raises(ValueError, match="at least one block"):
        FrameWriter(io.BytesIO(), HEADER).close()


@pytest.mark.parametrize("contents", [(b"some content",), (b"first", b"second", b"third")])
def test_every_bit_flip_is_an_error(contents: tuple[bytes, ...]) -> None:
    data = stored_frame(*contents)
    expected = blocks_of(data)
    for position in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(FormatError):
            assert blocks_of(bytes(damaged)) == expected


@pytest.mark.parametrize("contents", [(b"some content",), (b"first", b"second")])
def test_every_truncation_is_an_error(contents: tuple[bytes, ...]) -> None:
    data = stored_frame(*contents)
    for size in range(len(data)):
        with pytest.raises(FormatError):
            blocks_of(data[:size])
        if size:
            with pytest.raises((TruncatedError, FormatError)):
                read_index(io.BytesIO(data[:size]))


def test_trailing_bytes_are_an_error() -> None:
    for tail in (b"\0", b"\n", b"garbage", constants.MAGIC[:1]):
        with pytest.raises(FormatError, match="trailing bytes at offset"):
            blocks_of(stored_frame(b"content") + tail)


def test_what_is_no_frame() -> None:
    with pytest.raises(FormatError, match="empty"):
        blocks_of(b"")
    with pytest.raises(FormatError, match="not a neurocomp file"):
        blocks_of(b"PK\3\4 something else")


def with_checksum(body: bytes) -> bytes:
    return body + zlib.crc32(body).to_bytes(4, "little")


HEAD = HEADER.to_bytes()
CRC = zlib.crc32(b"ab").to_bytes(4, "little")


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (
            b"\x9eC\x04" + HEAD[3:],
            UnsupportedError,
            "format version 0.* the neurocomp that wrote it",
        ),
        (b"\x9eC\x24" + HEAD[3:], UnsupportedError, "format version 2.* newer neurocomp"),
        (b"\x9eC\x18" + HEAD[3:], UnsupportedError, "unknown bits 0x8"),
        (b"\x9eC\x10\x16" + HEAD[4:] + b"\2\7\0", UnsupportedError, "property 7"),
        (b"\x9eC\x10\x16" + HEAD[4:] + b"\xff\x7f", FormatError, "properties' size"),
        (b"\x9eC\x10\x12\0" + HEAD[5:], FormatError, "should leave out"),
        (b"\x9eC\x10\x80\x80\1" + HEAD[5:], FormatError, "head of a model's entry is 16384"),
        (b"\x9eC\x11\1" + HEAD[3:], FormatError, "number of models is 1"),
        (b"\x9eC\x11\x41" + HEAD[3:], FormatError, "number of models is 65"),
        (b"\x9eC\x11\2" + 2 * HEAD[3:], FormatError, "same model twice"),
        (HEAD + b"\x81\2" + CRC + b"ab", FormatError, "or lanes"),
        (HEAD + b"\x41\2" + CRC + b"ab", FormatError, "line ends to be restored"),
        (HEAD + b"\x0d\2" + CRC + b"ab", UnsupportedError, "unknown tag"),
        (HEAD + b"\x49\2\0\0\2\1" + CRC + b"a", FormatError, "not in its transforms"),
        (HEAD + b"\x09\2\1\0\2\1" + CRC + b"a", FormatError, "segment's model is 1"),
        (HEAD + b"\x09\2\0\0\2\1" + CRC + b"a", FormatError, "a modelled block suffices"),
        (HEAD + b"\x09\2\0\1\1\0\2\1" + CRC + b"a", FormatError, "a modelled block suffices"),
        (HEAD + b"\x09\2\0\x09\1\0\2\1" + CRC + b"a", FormatError, "transforms is 9"),
        (HEAD + b"\x09\2\0\1\2\x81\x08", FormatError, "transform's properties is 1025"),
        (HEAD + b"\x09\2\0\1\2\0\0\1" + CRC + b"a", FormatError, "number of symbols is 0"),
        (HEAD + b"\x09\2\0\1\2\0\2\2" + CRC + b"a", FormatError, "payload's size is 2"),
        (HEAD + b"\x09\0\0\1\2\0\2\1" + CRC + b"a", FormatError, "block's size is 0"),
        (HEAD + b"\x02\2" + CRC + b"ab", FormatError, "announces the trailer"),
        (HEAD + b"\x11\2" + CRC + b"ab", FormatError, "model variant"),
        (HEAD + b"\x00\0" + CRC, FormatError, "block's size is 0"),
        (HEAD + b"\x05\0\0" + CRC, FormatError, "block's size is 0"),
        (HEAD + b"\x01\x82\0" + CRC + b"ab", FormatError, "shortest form"),
        (HEAD + b"\x01\xff\xff\xff\xff\xff\1" + CRC, FormatError, "longer than 5 bytes"),
        (HEAD + b"\x01\x81\x80\x80\x20" + CRC, FormatError, "allowed are 0 to 67108864"),
        (HEAD + b"\x85\2\0\1" + CRC + b"a", FormatError, "lanes is 0"),
        (HEAD + b"\x85\2\1\1" + CRC + b"a", FormatError, "lanes is 1"),
        (HEAD + b"\x85\2\3\1" + CRC + b"a", FormatError, "lanes is 3"),
        (HEAD + b"\x05\2\2" + CRC + b"ab", FormatError, "payload's size is 2"),
    ],
)
def test_hostile_fields(data: bytes, error: type[FormatError], message: str) -> None:
    with pytest.raises(error, match=message):
        blocks_of(with_checksum(data))


def test_number_of_symbols_is_written_where_symbols_are_not_bytes() -> None:
    header = FrameHeader((ModelEntry(3, 1, bytes(32), 1, 1),))
    block = Block(Method.MODELLED, 0, 4, zlib.crc32(b"abcd"), 2, 2, b"x")
    (read,) = blocks_of(frame([(block, b"abcd")], header))
    assert read == block


@given(entries)
def test_entries(entry: ModelEntry) -> None:
    data = entry.to_bytes()
    assert len(data) <= constants.MAX_ENTRY_BYTES
    assert read_entry(ByteSource(io.BytesIO(data))) == entry


def test_the_largest_head_is_within_its_limit() -> None:
    """Readers ask for so many bytes at once."""
    uses = (TransformUse(constants.MAX_ID, bytes(constants.MAX_PROPERTY_BYTES)),) * 8
    shape = constants.MAX_BLOCK_BYTES, 0, constants.MAX_BLOCK_BYTES, constants.MAX_LANES
    block = Block(Method.SEGMENT, 3, *shape, bytes(constants.MAX_BLOCK_BYTES - 1), 63, uses)
    data = block.to_bytes(header=HEAD, layout=HeadLayout(15, 64), last=True, trailer=True)
    head_bytes = len(data) - len(block.payload) - constants.CHECKSUM_BYTES
    assert head_bytes == constants.MAX_BLOCK_HEAD_BYTES


def test_a_block_that_another_model_would_say_becomes_a_segment() -> None:
    block = modelled(b"content", b"c")
    assert block.of_model(0) == block
    segment = block.of_model(1)
    assert (segment.method, segment.model) == (Method.SEGMENT, 1)
    assert segment.of_model(0) == block
    assert Block.stored(b"content").of_model(1) == Block.stored(b"content")


def test_moved_blocks_don_t_fit_the_index() -> None:
    data = stored_frame(b"first", b"longer second", b"last")
    (index,) = read_index(io.BytesIO(data))
    first, second, last = index.places
    moved = (
        data[: first.offset]
        + data[second.offset : last.offset]
        + data[first.offset : second.offset]
        + data[last.offset :]
    )
    with pytest.raises(ChecksumError, match="index does not fit"):
        blocks_of(moved)
    with pytest.raises(ChecksumError, match="index does not fit"):
        read_index(io.BytesIO(moved))


def test_a_frame_goes_on_in_another_after_so_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "MAX_BLOCKS", 2)
    data = stored_frame(b"a", b"b", b"c", b"d", b"e")
    assert [block.payload for block in blocks_of(data)] == [b"a", b"b", b"c", b"d", b"e"]
    assert [len(one.places) for one in read_index(io.BytesIO(data))] == [2, 2, 1]


@given(st.integers(0, 2**35 - 1))
def test_varint_round_trip(value: int) -> None:
    data = encode_varint(value)
    assert read_varint(ByteSource(io.BytesIO(data)), "it", 0, 2**35) == value
    assert len(data) == max(1, -(-value.bit_length() // 7))


def test_varint_range() -> None:
    for value in (-1, 2**35):
        with pytest.raises(ValueError, match="does not fit"):
            encode_varint(value)


def test_header_ends_cleanly_only_before_its_first_byte() -> None:
    assert read_header(ByteSource(io.BytesIO(b""))) is None
    for size in range(1, len(HEAD)):
        with pytest.raises(FormatError):
            read_header(ByteSource(io.BytesIO(HEAD[:size])))


@given(st.binary(max_size=200))
def test_garbage_behind_a_header_is_an_error(garbage: bytes) -> None:
    with pytest.raises(FormatError):
        blocks_of(HEAD + garbage)
