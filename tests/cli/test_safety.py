"""Outputs against inputs, models and dictionaries, by which files they are, not by their names."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import neurocomp
from neurocomp.cli.files import identity
from neurocomp.cli.files import identity as protected
from neurocomp.pipeline.files import own_descriptor
from neurocomp.registry.dictionary import stored_dictionary
from tests.cli.program import Outcome, Program

Call = Callable[..., Outcome]

CONTENT = b"kept in the archive only, " * 9
NOTE = b"a note about rivers and stones in winter\n" * 5
DICTIONARY = b"rivers and stones in winter, a note " * 40


@pytest.fixture(scope="module")
def frame() -> bytes:
    return neurocomp.compress(CONTENT, preset="fast")


@pytest.fixture
def folder(program: Program, frame: bytes) -> Path:
    """Files that name each other in every way."""
    here = program.folder
    for name in ("x", "y", "sub/x", "other/x"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_bytes(NOTE)
    for name in ("x.ncmp", "old.ncmp"):
        (here / name).write_bytes(frame)
    (here / "out").mkdir()
    (here / "to-here").symlink_to(".")
    (here / "soft").symlink_to("x")
    os.link(here / "y", here / "hard")
    models = here / "models"
    models.mkdir()
    stored_dictionary(DICTIONARY).save(here / "d.dict")
    stored_dictionary(DICTIONARY[5:]).save(models / "m.safetensors")
    stored_dictionary(DICTIONARY[3:]).save(here / "e.dict")
    os.link(here / "e.dict", here / "e-hard")
    (here / "d-soft").symlink_to("d.dict")
    return here


OWN = "is its own output"
AN_INPUT = "is the input"
SAME = "have the same output"
IN_USE = "the dictionary in use"
SEARCHED = "a model on --model-path"
REFUSED = [
    # An output that is another input, under whatever name.
    (("-1", "-f", "x", "x.ncmp"), AN_INPUT),
    (("-1", "-f", "x.ncmp", "x"), AN_INPUT),
    (("-1", "-f", "--rm", "x", "./x.ncmp"), AN_INPUT),
    (("-1", "-f", "x", "to-here/x.ncmp"), AN_INPUT),
    (("-1", "-f", "sub/../x", "x.ncmp"), AN_INPUT),
    (("-d", "-f", "x.ncmp", "x"), AN_INPUT),
    (("-1", "-f", "y", "-o", "hard"), OWN),
    (("-1", "-f", "x", "-o", "x"), OWN),
    (("-1", "-f", "x", "-o", "./sub/../x"), OWN),
    (("-1", "-f", "x", "-o", "soft"), OWN),
    (("-1", "-f", "soft", "-o", "x"), OWN),
    (("-d", "-f", "x.ncmp", "-o", "to-here/x.ncmp"), OWN),
    # Two inputs with one output.
    (("-1", "sub/x", "other/x", "-o", "out"), SAME),
    (("-1", "-f", "--rm", "sub/x", "other/x", "-o", "out"), SAME),
    (("-1", "-f", "sub/x", "to-here/sub/x"), "is given twice"),
    (("-1", "-r", "sub", "sub/x"), "is given twice"),
    (("-1", "-r", "sub", "./sub"), "is given twice"),
    # A dictionary or a model that would be overwritten or removed.
    (("-1", "--dict", "d.dict", "--rm", "d.dict"), IN_USE),
    (("-1", "--dict", "e.dict", "--rm", "-f", "e-hard"), IN_USE),
    (("-1", "--dict", "./d.dict", "--rm", "-f", "y", "to-here/d.dict"), IN_USE),
    (("-1", "--dict", "d-soft", "--rm", "-f", "d.dict"), IN_USE),
    (("-1", "-f", "--dict", "d.dict", "-o", "d.dict", "x"), IN_USE),
    (("-1", "-f", "--dict", "d.dict", "-o", "d-soft", "x"), IN_USE),
    (("-1", "-f", "--dict", "e-hard", "-o", "e.dict", "x"), IN_USE),
    (("-1", "-r", "-f", "--rm", "--dict", "d.dict", "."), IN_USE),
    (("-f", "-m", "models/m.safetensors", "-o", "models/m.safetensors", "x"), "the model in use"),
    (("-f", "-m", "models/m.safetensors", "--rm", "models/m.safetensors"), "the model in use"),
    (("-1", "-f", "-m", "dalle:models", "-o", "models/m.safetensors", "x"), "the model in use"),
    (("-1", "-f", "-m", "hf:models", "--rm", "models/m.safetensors"), "the model in use"),
    (("-1", "-f", "--model-path", "models", "-o", "models/m.safetensors", "x"), SEARCHED),
    (("-1", "-r", "--rm", "--model-path", "models", "models"), SEARCHED),
    (("-d", "-f", "--model-path", "d.dict", "-o", "d.dict", "x.ncmp"), SEARCHED),
    (
        ("-d", "-f", "--model-path", "models", "-o", "to-here/models/m.safetensors", "x.ncmp"),
        SEARCHED,
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda one: " ".join(one)[:60])
def test_a_run_that_would_lose_data_is_refused(
    folder: Path, program: Program, inside: Call, arguments: tuple[str, ...], message: str
) -> None:
    before = program.files()
    done = inside(*arguments)
    assert message in done.err
    assert done.code == 2
    assert program.files() == before


def test_the_only_other_copy_of_what_is_no_input_may_be_replaced(
    folder: Path, inside: Call, frame: bytes
) -> None:
    """What is asked for and safe is done: the checks do not hinder it."""
    assert inside("-1", "-f", "x").code == 0
    assert inside("-dc", "x.ncmp").out == NOTE
    assert inside("-1", "--dict", "d.dict", "-k", "d.dict").code == 0
    assert inside("-1", "-r", "sub", "other", "-o", "out").code == 0
    assert sorted(os.listdir(folder / "out")) == ["other", "sub"]


def test_files_of_the_store_and_of_the_package_are_kept(
    folder: Path, program: Program, inside: Call
) -> None:
    assert inside("models", "add", "d.dict", "--name", "mine").code == 0
    before = program.files()
    (stored,) = (folder / "home" / "models").glob("*.safetensors")
    for arguments in (
        ("-1", "--rm", str(stored)),
        ("-1", "-r", "--rm", "home"),
        ("-1", "-f", "x", "-o", str(stored)),
        ("-1", "-f", "x", "-o", "home/names.json"),
        ("train", "dict", "x", "-f", "-o", str(stored)),
    ):
        done = inside(*arguments)
        assert (done.code, "a file of the installed models" in done.err) == (2, True)
    assert program.files() == before
    assert any(path.name == "primer.txt" for path in protected.package_files())
    assert sum(path.suffix == ".safetensors" for path in protected.package_files()) >= 4


@pytest.mark.parametrize("mode", ["ab", "r+b"])
def test_standard_output_that_is_an_input(folder: Path, program: Program, mode: str) -> None:
    before = program.files()
    with (folder / "x").open(mode) as out:
        done = program("-1", "-c", "y", "x", stdout=out)
    assert (done.code, done.err.count(AN_INPUT)) == (2, 1)
    with (folder / "x").open(mode) as out:
        done = program("-1", "-c", "x", stdout=out)
    assert (done.code, done.err.count(OWN)) == (2, 1)
    with (folder / "d.dict").open(mode) as out:
        done = program("-1", "-c", "--dict", "d.dict", "x", stdout=out)
    assert (done.code, done.err.count(IN_USE)) == (2, 1)
    assert program.files() == before


def test_standard_input_that_is_the_output(
    folder: Path, program: Program, inside: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = program.files()
    saved = os.dup(0)
    try:
        for name in ("x", "hard"):
            with (folder / name).open("rb") as file:
                os.dup2(file.fileno(), 0)
            monkeypatch.setattr(sys, "stdin", io.StringIO())
            for output in ("x", "to-here/x") if name == "x" else ("y", "hard"):
                done = inside("-1", "-f", "-o", output, "-")
                assert (done.code, done.err.count(OWN)) == (2, 1)
    finally:
        os.dup2(saved, 0)
        os.close(saved)
    assert program.files() == before


def test_names_that_differ_in_case_only(
    folder: Path, inside: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sub" / "X").write_bytes(b"another")
    arguments = ("-1", "sub/X", "other/x", "-o", "out")
    monkeypatch.setattr(identity, "ignores_case", lambda folder: True)
    done = inside(*arguments)
    assert (done.code, SAME in done.err) == (2, True)
    assert os.listdir(folder / "out") == []
    monkeypatch.setattr(identity, "ignores_case", lambda folder: False)
    assert inside(*arguments).code == 0
    assert sorted(os.listdir(folder / "out")) == ["X.ncmp", "x.ncmp"]


def test_case_is_told_from_names_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"")
    expected = (tmp_path / "A").exists()
    assert identity.ignores_case(tmp_path) == expected
    (tmp_path / "empty").mkdir()
    assert identity.ignores_case(tmp_path / "empty") == expected
    monkeypatch.setattr(identity, "_is_same", lambda one, other: True)
    identity.ignores_case.cache_clear()
    assert identity.ignores_case(tmp_path)
    assert identity.entry_id(tmp_path / "new" / "File") == identity.entry_id(tmp_path / "NEW/fILE")
    identity.ignores_case.cache_clear()


def test_a_file_that_was_just_written_is_not_written_again(
    folder: Path, inside: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line of defence, where a file system hides that two names are one file."""
    monkeypatch.setattr("neurocomp.cli.files.plan._refuse_shared_outputs", lambda jobs: None)
    done = inside("-1", "-f", "--rm", "sub/x", "other/x", "-o", "out")
    assert (done.code, "is already the output of another input" in done.err) == (1, True)
    assert not (folder / "sub" / "x").exists()
    assert (folder / "other" / "x").read_bytes() == NOTE


def test_walks_leave_archives_and_outputs_alone(folder: Path, inside: Call, frame: bytes) -> None:
    logs = folder / "logs"
    (logs / "sub").mkdir(parents=True)
    for night in range(3):
        for name in ("a.log", "sub/b"):
            (logs / name).write_bytes(NOTE * (night + 1))
        (logs / "renamed").write_bytes(frame)
        (logs / "OLD.NCMP").write_bytes(frame)
        assert inside("-1", "-r", "-f", "--rm", "logs").code == 0
        found = sorted(str(path.relative_to(logs)) for path in logs.rglob("*") if path.is_file())
        assert found == ["OLD.NCMP", "a.log.ncmp", "renamed", "sub/b.ncmp"]
    (logs / "kept").mkdir()
    for _ in range(2):
        assert inside("-d", "-r", "-f", "logs", "-o", "logs/kept").code == 0
        found = sorted(str(path.relative_to(logs)) for path in (logs / "kept").rglob("*"))
        assert found == [f"kept/logs{name}" for name in ("", "/OLD", "/a.log", "/sub", "/sub/b")]
    (logs / "kept" / "logs" / "more.ncmp").write_bytes(frame)
    assert inside("-d", "-r", "-f", "logs", "-o", "logs/kept").code == 0
    assert not (logs / "kept/logs/kept").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "dict", "x", "y", "-f", "-o", "hard"),
        ("train", "dict", "-r", "sub", "-f", "-o", "to-here/sub/x"),
        ("train", "ngram", "models/m.safetensors", "-f", "-o", "to-here/models/m.safetensors"),
        ("train", "mixers", "models/m.safetensors", "x", "-f", "-o", "models/m.safetensors"),
        ("bench", "--preset", "fast", "--no-peers", "x", "--csv", "./x"),
    ],
    ids=lambda one: " ".join(one[:2]),
)
def test_other_commands_do_not_overwrite_what_they_read(
    folder: Path, program: Program, inside: Call, arguments: tuple[str, ...]
) -> None:
    before = program.files()
    done = inside(*arguments)
    assert (done.code, "is the input" in done.err) == (2, True)
    assert program.files() == before


def test_removal_leaves_other_names_of_a_file(folder: Path, inside: Call) -> None:
    refused = inside("-1", "--rm", "y")
    assert (refused.code, "has 1 other hard link" in refused.err) == (1, True)
    assert not (folder / "y.ncmp").exists()
    assert inside("-1", "--rm", "-f", "y").code == 0
    assert not (folder / "y").exists()
    assert (folder / "hard").read_bytes() == NOTE


def test_output_through_a_link(folder: Path, program: Program, inside: Call) -> None:
    """As gzip and xz: a link is replaced, unless it leads to a descriptor of this process."""
    assert inside("-1", "-f", "y", "-o", "to-here/soft").code == 0
    assert not (folder / "soft").is_symlink()
    assert (folder / "x").read_bytes() == NOTE
    # Never by /dev/stdout itself, which a wrong program that root tests would replace.
    (folder / "link").symlink_to("/proc/self/fd/1")
    for arguments in (("-o", "link"), ("-f", "-o", "link"), ("-f", "-o", "to-here/link")):
        with (folder / "shown").open("wb") as out:
            out.write(b"before")
            out.flush()
            done = program("-d", "old.ncmp", *arguments, stdout=out)
        assert (done.code, done.err) == (0, "")
        assert (folder / "shown").read_bytes() == b"before" + CONTENT
        assert (folder / "link").is_symlink()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="names of Linux")
def test_names_of_descriptors(folder: Path) -> None:
    (folder / "link").symlink_to("/dev/stdout")
    (folder / "again").symlink_to("link")
    (folder / "round").symlink_to("round")
    for name in ("/proc/self/fd/1", f"/proc/{os.getpid()}/fd/1", "/dev/fd/1", folder / "again"):
        assert own_descriptor(Path(name)) == 1
    for name in ("/proc/1/fd/1", "/dev/null", "x", "soft", "round", "missing", "1"):
        assert own_descriptor(folder / name) is None
