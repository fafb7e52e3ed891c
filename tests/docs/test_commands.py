"""Commands in README and docs: each is one of the program's, and those of the quick start work."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from neurocomp.cli.bare import bare_command
from neurocomp.cli.group import cli as main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINE = re.compile(r"^ {4,}(?:\$ )?((?:[A-Z_]+=\S+ )*neurocomp .*)$|^\$ (neurocomp .*)$", re.M)
OPTION = re.compile(r"^(--[a-z][a-z0-9-]*|-[A-Za-z0-9])")
NEEDS_A_NETWORK = ("models pull", "smollm2", "--preset max", "hf:", "corpora fetch")


def commands_of(path: Path) -> Iterator[str]:
    """Yield the commands of a page; a backslash joins lines, and pipes part them."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for found in LINE.finditer(text):
        line = found.group(1) or found.group(2)
        parser = shlex.shlex(re.split(r"\s{2,}#| # ", line)[0], posix=True, punctuation_chars="|&>")
        parser.whitespace_split = True
        pieces: list[list[str]] = [[]]
        for word in parser:
            if set(word) <= set("|&>"):
                pieces.append([])
            elif pieces[-1] or "=" not in word:
                pieces[-1].append(word)
        yield from (shlex.join(words) for words in pieces if words[:1] == ["neurocomp"])


COMMANDS = sorted({(path.name, line) for path in PAGES for line in commands_of(path)})


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 100


@pytest.mark.parametrize(("page", "line"), COMMANDS)
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


def test_the_quick_start_works(tmp_path: Path) -> None:
    """Every command that needs no network, one after the other, as a newcomer would type them."""
    for number in range(12):
        letter = tmp_path / "letters" / f"{number}.txt"
        letter.parent.mkdir(exist_ok=True)
        letter.write_text(f"Dear reader,\n\nthis is letter {number}. " * 20)
    (tmp_path / "src").mkdir()
    for name in ("report.txt", "note.txt", "src/module.py"):
        (tmp_path / name).write_text("A line of a text that comes again.\n" * 50)
    (tmp_path / "big.log").write_bytes(b"a line of a log\n" * 140_000)
    tools = tmp_path / "bin"
    tools.mkdir()
    program = tools / "neurocomp"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m neurocomp "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "NEUROCOMP_HOME": str(tmp_path / "home"),
    }
    environment.pop("NEUROCOMP_OPT", None)
    page = (ROOT / "docs" / "quickstart.md").read_text()
    lines = [line.strip().removeprefix("$ ") for line in page.splitlines() if "    $ " in line]
    done = 0
    for line in lines:
        if "pip install" in line or any(word in line for word in NEEDS_A_NETWORK):
            continue
        if line.startswith("neurocomp decompress report"):
            (tmp_path / "report.txt").unlink()
        if "big.log" in line:
            quick = ["neurocomp", "-1", "--block-size", "1MiB", "big.log"]
            subprocess.run(quick, cwd=tmp_path, env=environment, check=True)
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
        )
        assert result.returncode == 0, f"{line}: {result.stderr.decode()}"
        done += 1
    assert done >= 9
    for python in re.findall(r"^```python\n(.*?)^```", page, re.M | re.S):
        subprocess.run([sys.executable, "-c", python], cwd=tmp_path, env=environment, check=True)
