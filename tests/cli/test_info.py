"""info and test."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.cli.conftest import BLOCK_BYTES, NUM_BLOCKS
from tests.cli.program import Outcome, Program
from tests.conftest import make_text

Inside = Callable[..., Outcome]


def test_info_as_json(program: Program, compressed: bytes, text: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed * 2)
    done = program("info", "--json", "a.ncmp", "missing")
    assert (done.code, done.err) == (1, "neurocomp: missing: No such file or directory\n")
    (told,) = json.loads(done.out)
    assert told["file"] == "a.ncmp"
    assert told["content_bytes"] == 2 * len(text)
    assert told["compressed_bytes"] == 2 * len(compressed)
    first, second = told["frames"]
    (model,) = first["models"]
    assert (model["model"], model["coder"], model["symbols"]) == ("adaptive", "arithmetic", "bytes")
    assert (model["family"], model["revision"]) == ("adaptive", 1)
    assert first["missing"] is None
    assert second["offset"] == len(compressed)
    assert len(first["blocks"]) == NUM_BLOCKS
    assert first["blocks"][0]["content_bytes"] == BLOCK_BYTES
    assert first["blocks"][0]["method"] == "modelled"
    assert first["blocks"][0]["coded_with"] == "adaptive"
    assert first["coded_with"] == {"adaptive": NUM_BLOCKS}


def test_info_as_text(program: Program, compressed: bytes, text: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed)
    done = program("-lv", "a.ncmp", "-", stdin=compressed)
    lines = done.out.decode().splitlines()
    assert lines[0].startswith("file")
    assert lines[1].split()[:7] == [
        "a.ncmp",
        "adaptive",
        "arithmetic",
        "adaptive",
        str(NUM_BLOCKS),
        str(len(text)),
        str(len(compressed)),
    ]
    assert lines[3].split()[:3] == ["(total)", str(2 * NUM_BLOCKS), str(2 * len(text))]
    assert sum(line.split()[2:3] == ["adaptive"] for line in lines[4:]) == 2 * NUM_BLOCKS
    begin = "  model 1: adaptive, adaptive revision 1, hash "
    assert sum(line.startswith(begin) for line in lines) == 2


def test_info_tells_what_blocks_were_coded_with(program: Program, inside: Inside) -> None:
    """Random bytes are stored; of text, the first block has another line end than the others."""
    noise = random.Random(5).randbytes(4096)
    text = make_text(4000)
    content = text.replace(b"\n", b"\r\n")[:4096] + 2 * noise + text
    (program.folder / "a").write_bytes(content)
    assert inside("-1", "--block-size", "4096", "a").code == 0
    done = inside("-lv", "a.ncmp")
    lines = done.out.decode().splitlines()
    assert "  2 contexts + primer, 2 stored  " in lines[1]
    assert lines[3].endswith(", coded with 2 contexts + primer, 2 stored")
    table = [line.split("  ") for line in lines[6:]]
    methods = [[cell.strip() for cell in row if cell.strip()] for row in table]
    assert [(row[2], row[-1]) for row in methods] == [
        ("contexts + primer", "line ends"),
        ("stored", "-"),
        ("stored", "-"),
        ("contexts + primer", "-"),
    ]
    (told,) = json.loads(inside("info", "--json", "a.ncmp").out)
    (frame,) = told["frames"]
    assert frame["coded_with"] == {"contexts + primer": 2, "stored": 2}
    assert [block["transforms"] for block in frame["blocks"]] == [["line ends"], [], [], []]


def test_names_are_shown_without_control_characters(program: Program, inside: Inside) -> None:
    name = "red\x1b[31m\n.ncmp"
    (program.folder / "a").write_bytes(b"a" * 100)
    assert inside("-1", "a", "-o", name).code == 0
    for arguments in (("-l", name), ("-lv", name)):
        out = inside(*arguments).out.decode()
        assert "\x1b" not in out
        assert "red\\x1b[31m\\n.ncmp" in out


def test_test_says_that_files_are_sound(program: Program, compressed: bytes, text: bytes) -> None:
    folder = program.folder / "d"
    folder.mkdir()
    (folder / "a.ncmp").write_bytes(compressed)
    (folder / "b").write_bytes(b"not looked at")
    assert program("test", stdin=compressed).err == ""
    done = program("-trv", "d")
    assert (done.code, done.out) == (0, b"")
    assert done.err.splitlines() == [
        "neurocomp: d/b: skipped because of its name or content",
        f"neurocomp: d/a.ncmp: sound, {len(text)} bytes of content",
    ]
