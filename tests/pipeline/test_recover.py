"""What is saved of damaged files, what is said of the rest, and zeros in its place."""

from __future__ import annotations

import io
import json
import random
import zlib

import pytest

import neurocomp
from neurocomp.errors import FormatError, SizeLimitError
from neurocomp.frame.source import encode_varint
from neurocomp.frame.trailer import Trailer
from neurocomp.pipeline.recover import LostRange, Recovery
from tests.conftest import make_text
from tests.forging import frame_of, stored_block, take_apart
from tests.ways import recover

CONTENTS = [make_text(size, seed) for seed, size in enumerate((300, 250, 411, 123))]
A, B, C, D = CONTENTS
FRAME = frame_of(A, B, C, D)
PARTS = take_apart(FRAME)
HEADER = PARTS.header
ONE, TWO = frame_of(b"the first file " * 9), frame_of(b"another file, " * 7)
FIRST, SECOND = b"the first file " * 9, b"another file, " * 7


def flipped(data: bytes, at: int, mask: int = 0x10) -> bytes:
    damaged = bytearray(data)
    damaged[at] ^= mask
    return bytes(damaged)


def lost_of(data: bytes) -> tuple[bytes, list[tuple[int, int | None]]]:
    content, recovery = recover(data)
    assert not any(one.is_written for one in recovery.lost)
    return content, [(one.start, one.stop) for one in recovery.lost]


@pytest.mark.parametrize("mask", [0x01, 0x10, 0x80, 0xFF])
def test_any_byte_of_a_first_header_costs_one_frame(mask: int) -> None:
    for at in range(len(HEADER)):
        content, lost = lost_of(flipped(ONE + TWO + FRAME, at, mask))
        assert content == SECOND + A + B + C + D
        assert lost[0][0] == 0
        assert len(lost) == 1
        assert lost[0][1] in (len(FIRST), None)


@pytest.mark.parametrize("frame", [ONE, frame_of(bytes(range(240)))], ids=["coded", "stored"])
def test_any_byte_of_a_first_head_costs_what_it_said(frame: bytes) -> None:
    size = len(neurocomp.decompress(frame))
    for at in range(len(HEADER), len(HEADER) + 8):
        for mask in (0x01, 0x21, 0xFF):
            content, lost = lost_of(flipped(frame + TWO, at, mask))
            assert content == SECOND
            assert lost == [(0, size)]


def test_a_header_between_frames() -> None:
    for at in range(len(HEADER)):
        content, lost = lost_of(flipped(ONE + TWO + ONE, len(ONE) + at))
        assert content == FIRST + FIRST
        assert [start for start, _ in lost] == [len(FIRST)]


def test_the_header_of_a_frame_with_an_index() -> None:
    """The index at its end tells how much is lost."""
    size = sum(map(len, CONTENTS))
    for at in range(len(HEADER)):
        content, recovery = recover(flipped(FRAME + TWO, at), fill=True)
        assert content == bytes(size) + SECOND
        assert recovery.content_bytes == len(SECOND)
        assert recovery.lost[0].start == 0
        assert recovery.lost[-1].stop == size


@pytest.mark.parametrize("number", range(4))
def test_any_byte_of_a_block_costs_that_block(number: int) -> None:
    start = len(HEADER) + sum(map(len, PARTS.blocks[:number]))
    begin = sum(map(len, CONTENTS[:number]))
    stop = begin + len(CONTENTS[number])
    whole = b"".join(CONTENTS) + SECOND
    filled = whole[:begin] + bytes(stop - begin) + whole[stop:]
    for at in (*range(12), len(PARTS.blocks[number]) - 1):
        damaged = flipped(FRAME + TWO, start + at)
        content, recovery = recover(damaged, fill=True)
        assert content == filled
        assert [(one.start, one.stop) for one in recovery.lost] == [(begin, stop)]
        assert lost_of(damaged)[0] == whole[:begin] + whole[stop:]


def test_any_byte_of_the_trailer_costs_nothing() -> None:
    size = sum(map(len, CONTENTS))
    for at in range(len(FRAME) - len(PARTS.trailer), len(FRAME)):
        content, lost = lost_of(flipped(FRAME + TWO, at))
        assert content == b"".join(CONTENTS) + SECOND
        assert lost == [(size, size)]


def test_a_damaged_block_and_a_damaged_trailer() -> None:
    """The heads lead on; one of which a byte is damaged is found by its block's checksum."""
    end = len(FRAME) - 3
    payload = len(HEADER) + len(PARTS.blocks[0]) + 30
    content, lost = lost_of(flipped(flipped(FRAME, payload), end) + TWO)
    assert content == A + C + D + SECOND
    assert lost == [(300, 550), (1084, 1084)]
    head = len(HEADER) + len(PARTS.blocks[0])
    for at in range(head, head + 9):
        content, lost = lost_of(flipped(flipped(FRAME, at, 0x08), end) + TWO)
        assert content == A + C + D + SECOND
        assert lost == [(300, 550), (1084, 1084)]
        content, lost = lost_of(flipped(FRAME, at, 0x08)[: -len(PARTS.trailer) - 5])
        assert content == A + C
        assert lost == [(300, 550), (961, 1084)]
    ruined = bytes(9).join((FRAME[:head], FRAME[head + 9 : end], TWO))
    content, lost = lost_of(ruined)
    assert content == A + SECOND
    assert lost == [(300, None)]


@pytest.mark.parametrize("more", [b"\0", bytes(700), b"\x9eC\0 and so on", None])
def test_bytes_put_in_or_taken_out(more: bytes | None) -> None:
    """What comes after is found from the frame's end."""
    at = len(HEADER) + len(PARTS.blocks[0]) + 20
    damaged = FRAME[:at] + (FRAME[at + 13 :] if more is None else more + FRAME[at:])
    content, recovery = recover(damaged + TWO, fill=True)
    assert content == A + bytes(len(B)) + C + D + SECOND
    assert [(one.start, one.stop) for one in recovery.lost] == [(300, 550)]


def test_bytes_between_blocks_cost_nothing() -> None:
    at = len(HEADER) + len(PARTS.blocks[0])
    content, lost = lost_of(FRAME[:at] + b"\xff" * 30 + FRAME[at:] + TWO)
    assert content == b"".join(CONTENTS) + SECOND
    assert len(lost) == 1


def test_bytes_around_frames() -> None:
    for gap in (b"\0", bytes(600), b"some text", b"\x9eC\x9eC"):
        content, lost = lost_of(gap + ONE + gap + TWO + gap)
        assert content == FIRST + SECOND
        ends = [0, len(FIRST), len(FIRST + SECOND)]
        assert lost == [(end, None) for end in ends]


def test_a_block_left_out() -> None:
    """Sizes that differ tell which one; then all others keep their places."""
    for number in range(3):
        left = [one for one in range(4) if one != number]
        content, recovery = recover(PARTS.with_blocks(*left) + TWO, fill=True)
        begin = sum(map(len, CONTENTS[:number]))
        stop = begin + len(CONTENTS[number])
        whole = b"".join(CONTENTS) + SECOND
        assert content == whole[:begin] + bytes(stop - begin) + whole[stop:]
        assert [(one.start, one.stop) for one in recovery.lost] == [(begin, stop)]


def test_blocks_of_which_nothing_tells_where_they_belong() -> None:
    pieces = [random.Random(seed).randbytes(100) for seed in range(4)]
    parts = take_apart(frame_of(*pieces))
    content, recovery = recover(parts.with_blocks(0, 2, 3) + TWO, fill=True)
    assert content == pieces[0] + pieces[2] + pieces[3] + bytes(100) + SECOND
    assert [(one.start, one.stop, one.is_written) for one in recovery.lost] == [
        (0, 300, True),
        (300, 400, False),
    ]
    content, recovery = recover(parts.with_blocks(1, 0, 2, 3) + TWO)
    assert content == pieces[1] + pieces[0] + pieces[2] + pieces[3] + SECOND
    assert [(one.start, one.stop, one.is_written) for one in recovery.lost] == [(0, 400, True)]
    content, recovery = recover(parts.with_blocks(0, 0, 1, 2, 3) + TWO)
    assert content == pieces[0] + b"".join(pieces) + SECOND
    assert [(one.start, one.stop) for one in recovery.lost] == [(0, 500)]


@pytest.mark.parametrize("at", [*range(12), 60])
def test_frames_that_are_content_are_not_taken_for_frames(at: int) -> None:
    """The damaged frame's extent is known: from its block's head, or from its index."""
    inner = frame_of(b"inner content " * 20) + ONE
    outer = HEADER + stored_block(HEADER, inner)
    content, lost = lost_of(flipped(outer, at) + TWO)
    assert content == SECOND
    assert lost == [(0, len(inner))]
    indexed = frame_of(inner, inner + b"!")
    content, lost = lost_of(flipped(indexed, at) + TWO)
    assert content.endswith(SECOND)
    assert b"inner" not in content[: -len(SECOND)].removeprefix(inner).removesuffix(inner + b"!")


def test_truncation() -> None:
    single = frame_of(A)
    for cut in range(len(HEADER) + 8, len(single), 11):
        content, recovery = recover(ONE + single[:cut], fill=True)
        assert content == FIRST + bytes(len(A))
        assert [(one.start, one.stop) for one in recovery.lost] == [(len(FIRST), len(FIRST + A))]
    for cut in random.Random(8).sample(range(len(FRAME)), 30):
        end = len(HEADER)
        sound = 0
        for block in PARTS.blocks:
            end += len(block)
            sound += end <= cut
        if cut >= len(HEADER):
            assert lost_of(FRAME[:cut])[0] == b"".join(CONTENTS[:sound])


def test_what_is_no_frame() -> None:
    for data in (b"", b"\0" * 900, b"text\n" * 50, PARTS.trailer):
        with pytest.raises(FormatError):
            recover(data)


def test_forged_trailers_by_the_thousand_take_no_time() -> None:
    """Each claims two megabytes before it: only checkpoints of the checksum make that cheap."""
    forged = ((1 << 21).to_bytes(4, "little") + b"CN\x9e\x0a") * 3000
    body = FRAME[:40] + bytes(1 << 21) + forged
    content, lost = lost_of(body + TWO)
    assert content == SECOND
    assert lost == [(0, None)]


def test_zeros_are_limited() -> None:
    """An index may claim any size; who fills must be able to say how much is too much."""
    sizes = tuple((len(block), 60 << 20) for block in PARTS.blocks)
    huge = Trailer(len(HEADER), sizes, 0).to_bytes()
    damaged = flipped(HEADER + b"".join(PARTS.blocks), 4) + huge
    with pytest.raises(SizeLimitError):
        recover(damaged, fill=True, max_output=1 << 20)
    content, recovery = recover(damaged, max_output=1 << 20)
    assert content == b""
    assert recovery.lost[-1].stop == 240 << 20


def test_a_head_that_claims_much_is_no_loss_of_much() -> None:
    """Its end is nowhere in the file, and another frame comes first."""
    body = HEADER + bytes([1]) + encode_varint(1 << 26) + bytes(4) + b"cut"
    assert lost_of(body + ONE) == (FIRST, [(0, None)])


def test_the_report_as_json() -> None:
    recovery = Recovery(5, (LostRange(5, None, "why"), LostRange(5, 9, "so", True)), 4)
    assert json.loads(json.dumps(recovery.to_json())) == {
        "content_bytes": 5,
        "filled_bytes": 4,
        "lost": [
            {"start": 5, "stop": None, "reason": "why", "is_written": False},
            {"start": 5, "stop": 9, "reason": "so", "is_written": True},
        ],
    }


def test_a_content_that_its_payload_does_not_hold() -> None:
    """A sound stored checksum over a wrong content checksum: only decoding sees it."""
    block = stored_block(HEADER, A)
    body = block[:3] + b"\1\2\3\4" + block[7:-4]
    wrong = HEADER + body + zlib.crc32(HEADER + body).to_bytes(4, "little")
    content, recovery = recover(io.BytesIO(wrong + TWO).read(), fill=True)
    assert content == bytes(300) + SECOND
    assert recovery.lost[0].stop == 300
