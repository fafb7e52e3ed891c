"""compress and decompress: where inputs come from and outputs go."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from neurocomp.cli.compress import compress
from tests.cli.program import Program

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
        (("-d", "-9", "a"), "--preset does not go with 'decompress'"),
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


def test_one_bad_file_does_not_stop_the_others(program: Program, text: bytes) -> None:
    (program.folder / "a").write_bytes(text)
    (program.folder / "b.ncmp").write_bytes(text)
    (program.folder / "folder").mkdir()
    os.mkfifo(program.folder / "fifo")
    done = program(*ADAPTIVE, "missing", "b.ncmp", "folder", "fifo", "a")
    assert done.code == 1
    assert done.err.splitlines() == [
        "neurocomp: missing: No such file or directory",
        "neurocomp: b.ncmp: already ends in .ncmp: give -f to compress it all the same",
        "neurocomp: folder: is a folder: give -r to go into it",
        "neurocomp: fifo: is not a regular file: give -o FILE or -c to read it all the same",
    ]
    assert set(program.files()) == {"a", "a.ncmp", "b.ncmp"}


def test_a_file_is_not_its_own_output(program: Program, text: bytes) -> None:
    path = program.folder / "a"
    path.write_bytes(text)
    os.link(path, program.folder / "b")
    done = program(*ADAPTIVE, "-f", "a", "-o", "b")
    assert (done.code, done.err) == (1, "neurocomp: a: is its own output\n")
    with path.open("ab") as end:
        done = program(*ADAPTIVE, "-c", "a", stdout=end)
    assert (done.code, done.err) == (1, "neurocomp: a: is its own output\n")
    assert path.read_bytes() == text


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


def test_presets_have_shorthands() -> None:
    for arguments, preset in (([], "default"), (["-1"], "fast"), (["-k6"], "default")):
        context = compress.make_context(
            "compress", [*arguments, "a"], help_option_names=["-h", "--help"]
        )
        assert context.params["preset"] == preset


def test_two_inputs_never_share_an_output(program: Program, text: bytes) -> None:
    for name in ("a", "b", "out"):
        (program.folder / name).mkdir()
    (program.folder / "a" / "x").write_bytes(text)
    (program.folder / "b" / "x").write_bytes(b"other")
    done = program(*ADAPTIVE, "--rm", "-f", "-o", "out", "a/x", "b/x")
    assert done.code == 1
    assert "b/x: out/x.ncmp is already made of another input" in done.err
    assert not (program.folder / "a" / "x").exists()
    assert (program.folder / "b" / "x").read_bytes() == b"other"
    assert program("-dc", "out/x.ncmp").out == text


def test_nothing_is_removed_for_a_device(program: Program, text: bytes) -> None:
    (program.folder / "a").write_bytes(text)
    done = program(*ADAPTIVE, "--rm", "-o", os.devnull, "a")
    assert done.code == 1
    assert f"--rm needs a file as output, which {os.devnull} is not" in done.err
    assert program.files() == {"a": text}
