"""Recovery with zeros and reports, and limits on content, from the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest

from neurocomp.frame.index import read_index
from tests.cli.conftest import BLOCK_BYTES
from tests.cli.program import Outcome, Program
from tests.forging import frame_of

Call = Callable[..., Outcome]
START, STOP = 2 * BLOCK_BYTES, 3 * BLOCK_BYTES


@pytest.fixture
def damaged(compressed: bytes) -> bytes:
    """The frame of five blocks, the third of them damaged."""
    place = read_index(io.BytesIO(compressed))[0].places[2]
    at = place.offset + place.stored_bytes // 2
    return compressed[:at] + bytes([compressed[at] ^ 1]) + compressed[at + 1 :]


def test_zeros_keep_the_places(program: Program, inside: Call, damaged: bytes, text: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(damaged)
    done = inside("decompress", "--recover", "--fill", "a.ncmp")
    assert done.code == 1
    assert f"a.ncmp: lost bytes {START} to {STOP}: " in done.err
    expected = text[:START] + bytes(BLOCK_BYTES) + text[STOP:]
    assert (program.folder / "a").read_bytes() == expected
    piped = inside("-d", "--recover", "--fill", "-c", "a.ncmp")
    assert (piped.code, piped.out) == (1, expected)


def test_the_report_as_json(program: Program, inside: Call, damaged: bytes, text: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(damaged)
    (program.folder / "b.ncmp").write_bytes(b"\0" + frame_of(b"content"))
    done = inside("decompress", "--recover", "--fill", "--json", "a.ncmp", "b.ncmp")
    assert done.code == 1
    first, second = json.loads(done.out)
    assert first["file"] == "a.ncmp"
    assert first["content_bytes"] == len(text) - BLOCK_BYTES
    assert first["filled_bytes"] == BLOCK_BYTES
    [lost] = first["lost"]
    assert (lost["start"], lost["stop"], lost["is_written"]) == (START, STOP, False)
    assert [(one["start"], one["stop"]) for one in second["lost"]] == [(0, None)]
    assert "b.ncmp: lost bytes from 0 on, how many is not known: " in done.err
    assert (program.folder / "b").read_bytes() == b"content"


def test_the_report_of_what_is_sound(program: Program, inside: Call, compressed: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed)
    done = inside("decompress", "--recover", "--json", "-o", "out", "a.ncmp")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)[0]["lost"] == []


def test_options_that_don_t_go_together(program: Program, inside: Call, damaged: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(damaged)
    for arguments in (
        ("--fill",),
        ("--json",),
        ("--recover", "--json", "-c"),
        ("--recover", "--range", "0-5"),
        ("--max-size", "many"),
    ):
        done = inside("decompress", *arguments, "a.ncmp")
        assert (done.code, done.out) == (2, b"")
    assert sorted(program.files()) == ["a.ncmp"]


def test_content_that_is_too_large(
    program: Program, inside: Call, compressed: bytes, text: bytes
) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed)
    for command in (("decompress",), ("-d", "--recover"), ("-t",), ("-d", "--range", "0-")):
        done = inside(*command, "--max-size", f"{len(text) - 1}", "a.ncmp")
        assert (done.code, done.out) == (1, b"")
        assert done.err.startswith("neurocomp: a.ncmp: the content has ")
        assert "--max-size" in done.err
        assert inside("-t", "--max-size", f"{len(text)}", "a.ncmp").code == 0
    assert sorted(program.files()) == ["a.ncmp"]
    assert inside("decompress", "--max-size", "1GiB", "a.ncmp").code == 0
    assert (program.folder / "a").read_bytes() == text


def test_a_range_of_nothing(program: Program, inside: Call) -> None:
    (program.folder / "a.ncmp").write_bytes(frame_of(b""))
    done = inside("-d", "--range", "0-", "a.ncmp")
    assert (done.code, done.out, done.err) == (0, b"", "")


def test_a_part_of_a_file_whose_blocks_are_exchanged(program: Program, inside: Call) -> None:
    blocks = [bytes([letter]) * 64 + b"end" for letter in b"abc"]
    frame = frame_of(*blocks)
    (index,) = read_index(io.BytesIO(frame))
    first, second, _ = index.places
    pieces = [frame[one.offset : one.offset + one.stored_bytes] for one in (first, second)]
    exchanged = frame[: first.offset] + pieces[1] + pieces[0]
    exchanged += frame[second.offset + second.stored_bytes :]
    (program.folder / "a.ncmp").write_bytes(exchanged)
    for command in (("-d", "--range", "0-5"), ("-d",), ("-t",), ("-l",), ("-d", "--recover")):
        assert inside(*command, "a.ncmp").code == 1
