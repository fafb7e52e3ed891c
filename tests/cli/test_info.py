"""info and test."""

from __future__ import annotations

import json

from tests.cli.conftest import BLOCK_BYTES, NUM_BLOCKS
from tests.cli.program import Program


def test_info_as_json(program: Program, compressed: bytes, text: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed * 2)
    done = program("info", "--json", "a.ncmp", "missing")
    assert (done.code, done.err) == (1, "neurocomp: missing: No such file or directory\n")
    (told,) = json.loads(done.out)
    assert told["file"] == "a.ncmp"
    assert told["content_bytes"] == 2 * len(text)
    assert told["compressed_bytes"] == 2 * len(compressed)
    first, second = told["frames"]
    assert (first["model"], first["coder"], first["symbols"]) == ("adaptive", "arithmetic", "bytes")
    assert first["missing"] is None
    assert second["offset"] == len(compressed)
    assert len(first["blocks"]) == NUM_BLOCKS
    assert first["blocks"][0]["content_bytes"] == BLOCK_BYTES
    assert first["blocks"][0]["method"] == "modelled"


def test_info_as_text(program: Program, compressed: bytes, text: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed)
    done = program("-lv", "a.ncmp", "-", stdin=compressed)
    lines = done.out.decode().splitlines()
    assert lines[0].startswith("file")
    assert lines[1].split()[:6] == [
        "a.ncmp",
        "adaptive",
        "arithmetic",
        str(NUM_BLOCKS),
        str(len(text)),
        str(len(compressed)),
    ]
    assert lines[3].split()[:3] == ["(total)", str(2 * NUM_BLOCKS), str(2 * len(text))]
    assert sum("modelled" in line for line in lines) == 2 * NUM_BLOCKS


def test_test_says_that_files_are_sound(program: Program, compressed: bytes, text: bytes) -> None:
    folder = program.folder / "d"
    folder.mkdir()
    (folder / "a.ncmp").write_bytes(compressed)
    (folder / "b").write_bytes(b"not looked at")
    assert program("test", stdin=compressed).err == ""
    done = program("-trv", "d")
    assert (done.code, done.out) == (0, b"")
    assert done.err.splitlines() == [
        f"neurocomp: d/a.ncmp: sound, {len(text)} bytes of content",
        "neurocomp: d/b: skipped because of its name or content",
    ]
