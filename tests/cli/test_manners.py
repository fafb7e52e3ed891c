"""Options from the environment, names in messages, the last line, completion, the man page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

import neurocomp
from neurocomp.cli.bare import bare_command, shared_params
from neurocomp.cli.docs import MAN_PATH, render_man
from neurocomp.cli.group import cli
from neurocomp.cli.paths import EMPTY
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.cli.ui.text import format_table
from neurocomp.cli.words import Word, refuse_near_command, split_words
from neurocomp.errors import UsageError
from tests.cli.program import Outcome, Program

Call = Callable[..., Outcome]

NOTE = b"a note about rivers and stones in winter\n" * 5
ODD = {
    "two\nlines": r"'two\nlines'",
    "esc\x1b[31m": r"'esc\x1b[31m'",
    "Gr\udcfc\udcdfe": r"'Gr\xfc\xdfe'",
    "back\u202ewards": r"'back\u202ewards'",
    "back\\slash\t": r"'back\\slash\t'",
    "a b": "a b",
    "Grüße": "Grüße",
}


_PATHS = {"path", "file", "directory"}

# Options from the environment.


def test_options_from_the_environment_come_first(
    inside: Call, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program.folder / "a").write_bytes(NOTE)
    monkeypatch.setenv("NEUROCOMP_OPT", "-m nobody -T2 --rm")
    assert "no model named 'nobody'" in inside("a").err
    assert "no model named 'nobody'" in inside("compress", "a").err
    assert inside("-m", "mix", "-k", "a").code == 0
    assert set(program.files()) == {"a", "a.ncmp"}
    # Each command takes those that it has, and what has none of them takes none.
    assert inside("-t", "a.ncmp").code == 0
    assert inside("info", "a.ncmp").code == 0
    assert inside("models", "list").code == 0
    assert inside("-d", "-f", "a.ncmp").code == 0
    assert set(program.files()) == {"a"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("-9 a", "'a' is not an option that may be set for all calls"),
        ("-d", "'-d' is not an option that may be set for all calls"),
        ("--test", "'--test' is not an option"),
        ("compress", "'compress' is not an option"),
        ("--help", "'--help' is not an option"),
        ("-19", "no level 19"),
        ("--bogus", "no such option: --bogus"),
        ("-- a", "'a' is not an option"),
        ("-o 'a", "No closing quotation"),
        ("-m", "-m needs a value"),
        ("-f -ko", "-o needs a value"),
        ("-T2 --model-path", "--model-path needs a value"),
    ],
)
def test_mistakes_in_the_environment(
    inside: Call, program: Program, monkeypatch: pytest.MonkeyPatch, value: str, message: str
) -> None:
    (program.folder / "a").write_bytes(NOTE)
    monkeypatch.setenv("NEUROCOMP_OPT", value)
    for arguments in (("-1", "a"), ("test", "a")):
        done = inside(*arguments)
        assert (done.code, done.err.count("NEUROCOMP_OPT: ")) == (2, 1)
        assert message in done.err
    assert inside("--version").code == 0
    assert program.files() == {"a": NOTE}


def test_words() -> None:
    params = shared_params()
    arguments = ["-kfo", "-9", "a", "-T3", "--output=x", "--model", "-m", "--", "-d"]
    assert list(split_words(arguments, params)) == [
        Word("-k", ("-k",)),
        Word("-f", ("-f",)),
        Word("-o", ("-o", "-9")),
        Word(None, ("a",)),
        Word("-T", ("-T", "3")),
        Word("--output", ("--output=x",)),
        Word("--model", ("--model", "-m")),
        Word(None, ("-d",)),
    ]


# Names.


@pytest.mark.parametrize(("name", "shown"), ODD.items())
def test_names_are_shown_without_control_characters(name: str, shown: str) -> None:
    assert display(Path(name)) == shown
    assert display(os.fsencode(name)) == shown


def test_every_message_and_table_escapes(capfd: pytest.CaptureFixture[str]) -> None:
    Reporter().error("a\x1b]0;title\x07", "two\nlines \x9b")
    assert capfd.readouterr().err == "neurocomp: a\\x1b]0;title\\x07: two\\nlines \\x9b\n"
    assert format_table(("x",), [("a\x1bb",)]) == "x\na\\x1bb"


def test_json_has_names_that_open(inside: Call, program: Program) -> None:
    frame = neurocomp.compress(NOTE, preset="fast")
    made = []
    for name in ODD:
        path = program.folder / f"{name}.ncmp"
        try:
            path.write_bytes(frame)
        except OSError:
            continue  # a file system that takes UTF-8 only
        made.append(path.name)
    told = json.loads(inside("info", "--json", *made).out)
    assert [one["file"] for one in told] == made
    for one in told:
        assert Path(one["file"]).read_bytes() == frame
    listed = inside("-l", *made)
    assert listed.out.count(b"\n") == len(made) + 2
    assert b"\x1b" not in listed.out
    for name in made:
        broken = inside("-t", name, "missing\x1b")
        assert broken.err == "neurocomp: 'missing\\x1b': No such file or directory\n"


def test_no_path_may_be_empty() -> None:
    def paths(command: click.Command) -> Sequence[click.Parameter]:
        found = [one for one in command.params if isinstance(one, click.Argument | click.Option)]
        if isinstance(command, click.Group):
            return [*found, *(one for child in command.commands.values() for one in paths(child))]
        return found

    known = [one for one in [*paths(cli), *paths(bare_command())] if one.type.name in _PATHS]
    assert len(known) > 30
    for one in known:
        with pytest.raises(click.BadParameter) as caught:
            one.type.convert("", one, None)
        assert caught.value.message == EMPTY


# First words.


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("tset", "test"),
        ("comprss", "compress"),
        ("comp", "compress"),
        ("Decompress", "decompress"),
        ("decompres", "decompress"),
        ("inof", "info"),
        ("modles", "models"),
        ("slftest", "selftest"),
        ("list", "info"),
        ("extract", "decompress"),
        ("help", "--help"),
    ],
)
def test_words_that_are_nearly_commands(
    word: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"did you mean 'neurocomp {command}'"):
        refuse_near_command(word, cli.commands)
    (tmp_path / word).symlink_to("nowhere")
    refuse_near_command(word, cli.commands)


@pytest.mark.parametrize("word", ["report.txt", "-", "-q", "notes", "backup.tar", ""])
def test_words_that_are_not(word: str) -> None:
    refuse_near_command(word, cli.commands)


# The last line.


def test_several_files_are_told_together(inside: Call, program: Program) -> None:
    for name in "ab":
        (program.folder / name).write_bytes(NOTE)
    told = inside("-1kv", "a", "b").err.splitlines()
    assert len(told) == 3
    assert told[0].startswith(f"neurocomp: a: {len(NOTE)} bytes of content, ")
    assert told[2].startswith(f"neurocomp: 2 files: {2 * len(NOTE)} bytes of content, ")
    assert told[2].endswith(" KB/s")
    assert "%, " in told[2]
    again = inside("-1v", "a", "b").err.splitlines()
    assert again[-1] == "neurocomp: 0 files: 0 bytes of content, 0 compressed, 0 KB/s; 2 not done"
    assert inside("-1fqv", "a", "b").err == ""
    assert len(inside("-dfv", "a.ncmp").err.splitlines()) == 1


def test_one_bar_is_drawn_for_several_files(program: Program) -> None:
    for name in "ab":
        (program.folder / name).write_bytes(NOTE * 300)
    at_once = (
        "from neurocomp.cli import entry; from neurocomp.cli.ui import progress; "
        "progress.DELAY_SECONDS = 0; entry.main()"
    )
    code, shown = program.on_terminal(
        *("-m", "adaptive", "-T1", "--block-size", "4K", "a", "b"),
        streams=("stderr",),
        command=(sys.executable, "-c", at_once),
    )
    assert code == 0
    assert "b (2 of 2)" in shown
    assert f"2 files: {600 * len(NOTE)} bytes of content" in shown


# Completion and the man page.


def complete(words: list[str], incomplete: str) -> set[str]:
    found = ShellComplete(cli, {}, "neurocomp", "_X").get_completions(words, incomplete)
    return {item.value for item in found if item.type == "plain"}


def test_completion_of_names(inside: Call, program: Program) -> None:
    from neurocomp.registry.dictionary import stored_dictionary

    stored_dictionary(NOTE).save(program.folder / "mine.safetensors")
    assert inside("models", "add", "mine.safetensors").code == 0
    for words in (["compress", "-m"], ["-m"], ["-k", "--model"]):
        assert {"mix", "text-s", "text-l", "adaptive", "mine"} <= complete(words, "")
        assert complete(words, "mi") == {"mix", "mine"}
    assert complete(["--dict"], "m") == {"mine"}
    assert complete(["compress", "--preset"], "") == {"fast", "default", "best", "max"}
    assert {"--decompress", "--dict"} <= complete([], "--d")
    assert complete([], "comp") == {"compress"}
    (program.folder / "home" / "names.json").write_text("damaged")
    assert "mix" in complete(["-m"], "")


def test_the_man_page_is_up_to_date() -> None:
    text = render_man()
    assert MAN_PATH.read_text(encoding="utf-8") == text, "run: python -m neurocomp.cli.docs"
    for word in (r"\-\-keep\-going", "NEUROCOMP_OPT", ".SH EXIT STATUS", "neurocomp train ngram"):
        assert word in text


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_man_page_is_well_formed(tmp_path: Path) -> None:
    page = tmp_path / "neurocomp.1"
    page.write_text(render_man())
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", page], capture_output=True, check=True
    )
    assert done.stderr == b""
