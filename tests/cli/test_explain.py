"""explain: what it prints where, what it writes, what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import pytest

import neurocomp
from tests.cli.program import Outcome, Program
from tests.conftest import make_text
from tests.explain.test_raster import ppm
from tests.golden.cases import PRIOR, token_set

Inside = Callable[..., Outcome]
TEXT = make_text(3000)


def test_a_pipe_gets_figures_without_colours(program: Program) -> None:
    done = program("explain", "-m", "mix", "-", stdin=TEXT)
    assert (done.code, done.err) == (0, "")
    lines = done.out.decode().splitlines()
    size = len(neurocomp.compress(TEXT, model="mix"))
    assert lines[0].startswith(f"(stdin): 3000 bytes, {size} compressed (")
    assert lines[0].endswith("model mix, coder arithmetic (binary)")
    assert "blocks: 1 contexts" in lines[1]
    assert any(line.startswith("letters ") for line in lines)
    assert any(line.startswith("most expensive places") for line in lines)
    assert b"\x1b" not in done.out


def test_a_terminal_gets_the_text_in_colours(program: Program) -> None:
    (program.folder / "a").write_bytes(TEXT)
    code, shown = program.on_terminal(
        "explain", "-m", "mix", "--symbols", "100", "a", streams=("stdout",)
    )
    assert code == 0
    assert "\x1b[0;48;5;" in shown
    assert "2900 more symbols" in shown


@pytest.mark.parametrize(
    ("variables", "arguments", "is_coloured"),
    [
        ({"NO_COLOR": "1"}, (), False),
        ({"TERM": "dumb"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({}, ("--color", "never"), False),
    ],
)
def test_nobody_gets_colours_against_their_will(
    program: Program, variables: dict[str, str], arguments: tuple[str, ...], is_coloured: bool
) -> None:
    (program.folder / "a").write_bytes(TEXT)
    program.environment |= variables
    arguments = ("explain", "-m", "mix", *arguments, "a")
    code, shown = program.on_terminal(*arguments, streams=("stdout",))
    assert code == 0
    assert ("\x1b[" in shown) == is_coloured


def test_a_frame_is_told_of_with_its_own_model(program: Program, inside: Inside) -> None:
    (program.folder / "a.ncmp").write_bytes(neurocomp.compress(TEXT, model="adaptive"))
    done = inside("explain", "a.ncmp")
    assert done.code == 0
    assert b"model adaptive, coder arithmetic" in done.out


def test_files_are_written_and_the_input_is_left(program: Program, inside: Inside) -> None:
    (program.folder / "a").write_bytes(TEXT)
    outputs = ("--html", "a.html", "--csv", "a.csv", "--json", "a.json")
    done = inside("explain", "-m", "mix", "--against", "adaptive", *outputs, "a")
    assert (done.code, done.err) == (0, "")
    files = program.files()
    assert set(files) == {"a", "a.html", "a.csv", "a.json"}
    assert files["a"] == TEXT
    assert files["a.html"].startswith(b"<!doctype html>")
    rows = list(csv.DictReader(io.StringIO(files["a.csv"].decode())))
    told = json.loads(files["a.json"])
    assert len(rows) == len(told["tokens"]) == 3000
    assert told["against"]["model"] == "adaptive"
    assert sum(float(row["bits_against"]) for row in rows) == pytest.approx(
        told["against"]["coded_bits"], abs=0.1
    )
    assert b"mix: " in done.out
    assert b"; adaptive: " in done.out


def test_tables_can_go_to_standard_output_alone(program: Program, inside: Inside) -> None:
    (program.folder / "a").write_bytes(TEXT)
    done = inside("explain", "-m", "mix", "--range", "100-300", "--json", "-", "a")
    told = json.loads(done.out)
    assert told["range"] == [100, 300]
    assert len(told["tokens"]) == 200
    assert len(told["tokens"][0]["likely"]) == 5
    done = inside("explain", "-m", "mix", "--csv", "-", "a")
    assert len(list(csv.reader(io.StringIO(done.out.decode())))) == 3001


def test_a_token_set_has_a_heat_map(program: Program, inside: Inside) -> None:
    content = token_set(20, captions=True, images=True)
    (program.folder / "x.tokens").write_bytes(content)
    done = inside("explain", "--no-fallback", "-m", str(PRIOR), "--heat-map", "x.png", "x.tokens")
    assert (done.code, done.err) == (0, "")
    assert program.files()["x.png"].startswith(b"\x89PNG")
    assert b"bits of a code by its place, mean of 20 images" in done.out
    assert b"\ncodes " in done.out


def test_a_picture_has_planes_and_a_heat_map(program: Program, inside: Inside) -> None:
    (program.folder / "p.ppm").write_bytes(ppm(40, 30))
    done = inside("explain", "-m", "mix", "--heat-map", "p.png", "p.ppm")
    assert (done.code, done.err) == (0, "")
    assert program.files()["p.png"].startswith(b"\x89PNG")
    assert b"\nblue plane " in done.out
    lines = done.out.decode().splitlines()
    first = lines.index("bits per byte over the picture, means of 4 x 4 pixels")
    assert [len(line.split()) for line in lines[first + 1 : first + 9]] == [10] * 8
    assert "pixels from x " in done.out.decode()


def test_a_terminal_gets_a_picture_as_a_heat_map_only(program: Program, inside: Inside) -> None:
    (program.folder / "p.ppm").write_bytes(ppm(40, 30))
    shown = inside("explain", "-m", "mix", "--color", "always", "p.ppm").out.decode()
    assert "bits per byte over the picture, means of 2 x 2 pixels" in shown
    assert "more symbols" not in shown
    assert shown.startswith("p.ppm: ")


def test_a_terminal_gets_the_images_and_captions_of_a_token_set(
    program: Program, inside: Inside
) -> None:
    (program.folder / "x.tokens").write_bytes(token_set(20, captions=True, images=True))
    arguments = ("explain", "--no-fallback", "-m", str(PRIOR), "--color", "always")
    shown = inside(*arguments, "--symbols", "100", "x.tokens").out.decode()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert " bits  a r▪" in plain
    assert re.search(r"… 1[5-9] more records", plain)
    shown = inside(*arguments, "--against", "mix", "x.tokens").out.decode()
    assert "a red one▪" in re.sub(r"\x1b\[[0-9;]*m", "", shown)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("missing",), 1, "missing: No such file or directory"),
        (("-m", "nobody", "a"), 1, "nobody"),
        (("--against", "nobody", "-m", "mix", "a"), 1, "nobody"),
        (("-m", "mix", "--coder", "huffman", "a"), 2, "arithmetic coder only"),
        (("-m", "mix", "--range", "5KB-6KB", "a"), 2, "has 3000 bytes"),
        (("-m", "mix", "--range", "9-9", "a"), 2, "is empty"),
        (("-m", "mix", "--heat-map", "a.png", "a"), 2, "for uncompressed pictures"),
        (("-m", "mix", "--html", "-", "a"), 2, "--html needs the name of a file"),
        (("-m", "mix", "--csv", "-", "--json", "-", "a"), 2, "the same file"),
        (("-m", "mix", "--html", "a", "a"), 2, "is the input a"),
        (("broken.ncmp",), 1, "broken.ncmp: "),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    program: Program, inside: Inside, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (program.folder / "a").write_bytes(TEXT)
    broken = bytearray(neurocomp.compress(TEXT, model="mix"))
    broken[100] ^= 1
    (program.folder / "broken.ncmp").write_bytes(broken)
    before = program.files()
    done = inside("explain", *arguments)
    assert done.code == code
    assert message in done.err
    assert program.files() == before
