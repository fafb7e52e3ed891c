"""Commands in README and docs: each is one of the program's, and works as a reader types it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from neurocomp.cli.bare import bare_command
from neurocomp.cli.group import cli as main
from tests.docs.pages import BY_OTHERS, PAGES, ROOT, Command, commands_of, unfenced
from tests.docs.reference import rank
from tests.docs.running import Reader

OPTION = re.compile(r"^(--[a-z][a-z0-9-]*|-[A-Za-z0-9])")
REFERENCE = ROOT / "docs" / "cli.md"
EXAMPLE = re.compile(r"^ {4}(neurocomp .*)$", re.M)
RUN = [page for page in PAGES if page.name not in BY_OTHERS and list(commands_of(page))]
RUN_IN_MINUTES = [page for page in RUN if any(one.reason == "minutes" for one in commands_of(page))]


def lines_of(page: Path) -> Iterator[str]:
    """Yield the lines of a page with commands; the reference's examples are those of the help."""
    if page == REFERENCE:
        yield from EXAMPLE.findall(page.read_text(encoding="utf-8").replace("\\\n", " "))
    else:
        for one in commands_of(page):
            yield from one.line.replace("\\\n", " ").splitlines()


def calls_of(page: Path) -> Iterator[str]:
    """Yield the program's own calls; pipes part them."""
    for line in lines_of(page):
        parser = shlex.shlex(re.split(r"\s{2,}#| # ", line)[0], posix=True, punctuation_chars="|&>")
        parser.whitespace_split = True
        pieces: list[list[str]] = [[]]
        for word in parser:
            if set(word) <= set("|&>"):
                pieces.append([])
            elif pieces[-1] or "=" not in word:
                pieces[-1].append(word)
        yield from (shlex.join(words) for words in pieces if words[:1] == ["neurocomp"])


CALLS = sorted({(page.name, call) for page in PAGES for call in calls_of(page)})


def test_there_are_commands() -> None:
    assert len(CALLS) > 100
    assert sum(len(list(commands_of(page))) for page in PAGES) > 100


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != REFERENCE], ids=lambda page: page.name
)
def test_every_command_is_fenced(page: Path) -> None:
    assert unfenced(page) == []


@pytest.mark.parametrize(("page", "line"), CALLS)
def test_a_command_and_its_options_exist(page: str, line: str) -> None:
    words = shlex.split(line.replace("…", "x").replace("`", ""))[1:]
    command: click.Command = main
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    if command is main:
        command = bare_command()
    # A group's first word may be a file: its command has no name then.
    takers = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    options = [one for taker in takers for one in taker.params]
    known = {name for one in options for name in (*one.opts, *one.secondary_opts)}
    known |= {"-h", "--help", "-V", "--version"}
    for word in words:
        if word == "--":
            break
        found = OPTION.match(word)
        if found is None:
            continue
        letters = [f"-{letter}" for letter in word[1:]] if not word.startswith("--") else []
        is_known = found.group() in known or (bool(letters) and letters[0] in known)
        assert is_known, f"{page}: {line}: no option {found.group()} in {command.name}"


def in_order(page: Path) -> list[Command]:
    """Return the commands of a page in the order in which they are run."""
    commands = list(commands_of(page))
    if page == REFERENCE:
        commands.sort(key=lambda one: rank(one.line))
    return commands


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_the_commands_of_a_page_work(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(page.name, tmp_path, monkeypatch, has_time=False)
    for one in in_order(page):
        if not one.reason:
            reader.type(one.line)


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN_IN_MINUTES, ids=lambda page: page.name)
def test_the_commands_that_take_minutes_work(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(page.name, tmp_path, monkeypatch, has_time=True)
    for one in in_order(page):
        if one.reason in ("", "minutes"):
            reader.type(one.line)
