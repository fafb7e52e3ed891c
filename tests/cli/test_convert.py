"""compress and decompress: where inputs come from and outputs go."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from neurocomp.cli.commands.compress import compress
from neurocomp.cli.words import check_levels
from tests.cli.program import Outcome, Program

Call = Callable[..., Outcome]

ADAPTIVE = ("-m", "adaptive")


def test_pipes_both_ways(program: Program, text: bytes) -> None:
    assert program("compress", *ADAPTIVE, stdin=text).code == 0  # the first run may compile
    forwards = program("compress", *ADAPTIVE, stdin=text)
    assert (forwards.code, forwards.err) == (0, "")
    assert len(forwards.out) < len(text) // 2
    back = program("decompress", "-", stdin=forwards.out)
    assert (back.code, back.out, back.err) == (0, text, "")
    assert program.files() == {}


def test_several_files_and_back(program: Program, text: bytes) -> None:
    contents = {"a b.txt": text, "empty": b"", "-dash.bin": bytes(range(256)), "ü.ncmp.txt": b"u"}
    for name, content in contents.items():
        (program.folder / name).write_bytes(content)
    assert program(*ADAPTIVE, "--rm", "--", *contents).code == 0
    compressed = program.files()
    assert set(compressed) == {f"{name}.ncmp" for name in contents}
    # Concatenated frames are what several files on standard output are.
    joined = program("-dc", "--", *(f"{name}.ncmp" for name in contents))
    assert (joined.code, joined.out) == (0, b"".join(contents.values()))
    assert program("-d", "--", *compressed).code == 0
    assert program.files() == {**compressed, **contents}


def test_permissions_and_time_are_carried_over(program: Program, text: bytes) -> None:
    source = program.folder / "a"
    source.write_bytes(text)
    source.chmod(0o640)
    os.utime(source, ns=(10**18, 1_234_567_890_123_456_789))
    assert program(*ADAPTIVE, "a").code == 0
    target = program.folder / "a.ncmp"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.stat().st_mtime_ns == 1_234_567_890_123_456_789
    target.chmod(0o604)
    assert program("-df", "a.ncmp").code == 0
    assert stat.S_IMODE(source.stat().st_mode) == 0o604
    assert source.stat().st_mtime_ns == 1_234_567_890_123_456_789


def test_nothing_is_overwritten_without_force(program: Program, compressed: bytes) -> None:
    before = {"a": b"mine", "a.ncmp": compressed}
    for name, content in before.items():
        (program.folder / name).write_bytes(content)
    for arguments in (("-d", "a.ncmp"), (*ADAPTIVE, "a", "-o", "a.ncmp")):
        done = program(*arguments)
        assert (done.code, done.out) == (1, b"")
        assert "already exists: give -f to overwrite it" in done.err
    assert program.files() == before


def test_output_option(program: Program, text: bytes, compressed: bytes) -> None:
    (program.folder / "a").write_bytes(text)
    (program.folder / "out").mkdir()
    assert program("-d", "-o", "b", stdin=compressed, umask=0o027).code == 0
    assert (program.folder / "b").read_bytes() == text
    assert stat.S_IMODE((program.folder / "b").stat().st_mode) == 0o640
    assert program(*ADAPTIVE, "a", "b", "-o", "out").code == 0
    assert sorted(os.listdir(program.folder / "out")) == ["a.ncmp", "b.ncmp"]
    assert program("-d", "out/a.ncmp", "-o", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a", "b", "-o", "c"), "-o c is not a folder, and there are several inputs"),
        (("a", "-o", "b", "-c"), "-o and -c exclude each other"),
        (("a", "-c", "--rm"), "--rm needs a file as output"),
        (("-", "-"), "standard input can be read only once"),
        (("-d", "--range", "3-3", "a"), "'3-3' is empty"),
        (("-d", "--range", "5", "a"), "write START-STOP"),
        (("-d", "--range", "0-5", "--recover", "a"), "--range and --recover exclude each other"),
        (("-d", "--range", "0-5", "a", "b"), "--range reads one file"),
        (("-d", "--recover", "--rm", "a"), "--rm needs the whole file"),
        (("--range", "0-5", "a"), "--range does not go with 'compress'"),
        (("-d", "--coder", "huffman", "a"), "--coder does not go with 'decompress'"),
        (("-t", "--rm", "a"), "--rm does not go with 'test'"),
        (("-t", "-f", "a"), "--force does not go with 'test'"),
        (("-19", "a"), "no level 19 (in -19): levels are -1 to -9"),
        (("compress", "-k91", "a"), "no level 91 (in -k91)"),
        (("-1", "a", "a"), "a is given twice"),
        (("-1", "a", "./a"), "a is given twice"),
        (("-1", "a", ""), "no such file or directory: the argument is empty"),
        (("-1", "a", "-o", ""), "no such file or directory: the argument is empty"),
        (("-1", "a", "--model-path", ""), "the argument is empty"),
        (("-1", "a", "--dict", ""), "the argument is empty"),
        (("a", "-m", ""), "the argument is empty"),
        (("-1", "a", "-o", "new/"), "new/: no such folder, which its end says that it is"),
        (("-1", "a/"), "a/: not a folder, which its end says that it is"),
        (("tset", "--rm", "a"), "did you mean 'neurocomp test'?"),
        (("comprss", "--rm", "a"), "did you mean 'neurocomp compress'?"),
        (("COMPRESS", "--rm", "a"), "did you mean 'neurocomp compress'?"),
        (("unzip", "--rm", "a"), "did you mean 'neurocomp decompress'?"),
        (("--block-size", "1KiB", "a"), "choose 4096 to 67108864"),
        (("--block-size", "two", "a"), "'two' is not a size"),
        (("-T", "1000", "a"), "1000"),
        (("--bogus", "a"), "--bogus"),
        (("models", "frob"), "No such command 'frob'"),
    ],
)
def test_usage_errors(program: Program, arguments: tuple[str, ...], message: str) -> None:
    (program.folder / "a").write_bytes(b"a")
    done = program(*arguments)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert program.files() == {"a": b"a"}


def test_a_wrong_coder_is_one_message(program: Program) -> None:
    for name in "ab":
        (program.folder / name).write_bytes(b"x")
    done = program("--coder", "huffman", "-m", "mix", "a", "b")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "works with the arithmetic coder only" in done.err


TOO_LONG = "n" * 300
BAD = ("missing", TOO_LONG, "a/below")


def test_nothing_is_done_where_an_input_cannot_be_read(program: Program, inside: Call) -> None:
    (program.folder / "a").write_bytes(b"a" * 100)
    for command in (("-1",), ("-d",)):
        done = inside(*command, "--rm", "-f", *BAD, "a")
        assert done.code == 1
        assert done.err.splitlines()[:3] == [
            "neurocomp: missing: No such file or directory",
            f"neurocomp: {TOO_LONG}: File name too long",
            "neurocomp: a/below: Not a directory",
        ]
        assert program.files() == {"a": b"a" * 100}
    assert "nothing was done: give --keep-going" in inside("-1", "missing", "a").err
    assert inside("-1", "-q", "--keep-going", *BAD, "a").code == 1
    assert set(program.files()) == {"a", "a.ncmp"}
    tested = inside("test", "-v", *BAD, "a.ncmp")  # which only reads
    assert (tested.code, tested.err.count("a.ncmp: sound")) == (1, 1)
    assert inside("info", *BAD, "a.ncmp").out.count(b"a.ncmp") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folders_without_rights_stop_the_run(program: Program, inside: Call) -> None:
    (program.folder / "d" / "closed").mkdir(parents=True)
    (program.folder / "d" / "a").write_bytes(b"a" * 100)
    (program.folder / "d" / "closed").chmod(0)
    done = inside("-1", "-r", "--rm", "d")
    (program.folder / "d" / "closed").chmod(0o755)
    assert (done.code, "d/closed: Permission denied" in done.err) == (1, True)
    assert set(program.files()) == {"d/a"}


def test_what_is_no_file_for_this_does_not_stop_the_others(program: Program, inside: Call) -> None:
    (program.folder / "a").write_bytes(b"a" * 100)
    (program.folder / "b.ncmp").write_bytes(b"b" * 100)
    (program.folder / "folder").mkdir()
    os.mkfifo(program.folder / "fifo")
    done = inside("-1", "b.ncmp", "folder", "fifo", "a")
    assert done.code == 1
    assert sorted(done.err.splitlines()) == [
        "neurocomp: b.ncmp: already ends in .ncmp: give -f to compress it anyway",
        "neurocomp: fifo: is not a regular file: give -o FILE or -c to read it anyway",
        "neurocomp: folder: is a folder: give -r to go into it",
    ]
    assert set(program.files()) == {"a", "a.ncmp", "b.ncmp"}


def test_folders(program: Program, text: bytes) -> None:
    for name in ("d/x", "d/sub/y", "d/old.ncmp"):
        path = program.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    (program.folder / "d/link").symlink_to("x")
    (program.folder / "out").mkdir()
    done = program(*ADAPTIVE, "-r", "d", "-o", "out")
    assert (done.code, done.err) == (0, "neurocomp: d/link: skipped, not a regular file\n")
    compressed = {name for name in program.files() if name.startswith("out")}
    assert compressed == {"out/d/x.ncmp", "out/d/sub/y.ncmp"}
    assert program("-dr", "--rm", "out").code == 0
    assert {name for name in program.files() if name.startswith("out")} == {
        "out/d/x",
        "out/d/sub/y",
    }


def test_verbose_tells_sizes(program: Program, text: bytes) -> None:
    (program.folder / "a").write_bytes(text)
    (program.folder / "link").symlink_to("a")
    done = program(*ADAPTIVE, "-v", "--verify", "--rm", "link", "a")
    refused, told = done.err.splitlines()
    assert (done.code, refused.count("--rm does not remove it")) == (1, 1)
    assert told.startswith(f"neurocomp: a: {len(text)} bytes of content")
    assert "bits per byte" in told
    assert told.endswith("to a.ncmp")
    assert set(program.files()) == {"a.ncmp"}


@pytest.mark.parametrize(
    ("arguments", "preset"),
    [
        ([], "default"),
        *(([f"-{level}"], "fast") for level in (1, 2, 3)),
        *(([f"-k{level}"], "default") for level in (4, 5, 6)),
        *(([f"-{level}kv"], "best") for level in (7, 8, 9)),
        (["--fast"], "fast"),
        (["--best"], "best"),
        (["-1", "-9"], "best"),
        (["-9", "--preset", "fast"], "fast"),
        (["-T19"], "default"),
        (["-kT19", "-1"], "fast"),
        (["-o", "-19"], "default"),
    ],
)
def test_levels(arguments: list[str], preset: str) -> None:
    check_levels(arguments, compress.params)
    context = compress.make_context("compress", [*arguments, "a"])
    assert context.params["preset"] == preset


def test_nothing_is_removed_for_a_device(program: Program, text: bytes) -> None:
    (program.folder / "a").write_bytes(text)
    done = program(*ADAPTIVE, "--rm", "-o", os.devnull, "a")
    assert done.code == 1
    assert f"--rm needs a file as output, which {os.devnull} is not" in done.err
    assert program.files() == {"a": text}
