"""Help, version and start-up."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version

import click
import pytest

from neurocomp.cli import docs
from neurocomp.cli.group import cli
from tests.cli.program import Outcome, Program
from tests.conftest import make_text
from tests.golden.cases import noise

HEAVY = {"torch", "transformers", "numpy", "constriction", "rich", "safetensors"}
WITHOUT_EXAMPLES = {"train", "list", "add", "remove", "verify"}


def leaves(group: click.Group) -> list[click.Command]:
    found: list[click.Command] = []
    for command in group.commands.values():
        found += leaves(command) if isinstance(command, click.Group) else [command]
    return found


@pytest.mark.parametrize("command", leaves(cli), ids=lambda one: str(one.name))
def test_every_command_has_help(command: click.Command) -> None:
    assert command.help
    assert ("Example" in command.help) == (command.name not in WITHOUT_EXAMPLES)
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, param.name


def test_the_documentation_is_up_to_date() -> None:
    # In a process of its own: click keeps what a command was first asked with.
    script = "from neurocomp.cli import docs; print(docs.render(), end='')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    text = done.stdout.decode()
    assert docs.DOCS_PATH.read_text(encoding="utf-8") == text, "run: python -m neurocomp.cli.docs"
    for word in ("neurocomp train ngram", "Exit codes", "_NEUROCOMP_COMPLETE=zsh_source"):
        assert word in text


@pytest.mark.parametrize("option", ["--help", "--version", "-h", "-V"])
def test_help_and_version_start_quickly(program: Program, option: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = program(option)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.code, done.err) == (0, "")
    assert done.out.decode().startswith(("Usage: neurocomp", f"neurocomp {version('neurocomp')}"))
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.8


def test_help_loads_nothing_heavy_and_compressing_no_torch(program: Program) -> None:
    script = (
        "import sys; from neurocomp.cli.entry import run; run(['--help']);"
        "print(*sys.modules);"
        "run(['-m', 'adaptive', '-o', 'a.ncmp', sys.argv[1]]);"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, __file__],
        capture_output=True,
        cwd=program.folder,
        env=program.environment,
        check=True,
    )
    *_, at_first, later = done.stdout.decode().splitlines()
    assert not HEAVY & set(at_first.split())
    assert not {"torch", "transformers", "rich"} & set(later.split())


NOT_FOR_PRESETS = {
    *HEAVY,
    "concurrent.futures",  # with one thread
    "ctypes",
    "hashlib",
    "logging",
    "platformdirs",
    "tempfile",
    "traceback",
}
"""What compressing and decompressing small files with a preset has no use for."""

MOST_OWN_MODULES = 105
"""Of the package's, for one run of a preset: each of them takes a third of a millisecond."""


def loaded_by(program: Program, *words: str) -> set[str]:
    """Return the modules that one run of the command line has imported, which must go well."""
    script = (
        "import sys; from neurocomp.cli.entry import run; code = run(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        cwd=program.folder,
        env=program.environment,
        check=True,
    )
    return set(done.stderr.decode().splitlines()[-1].split())


@pytest.mark.parametrize("level", ["-1", "-6", "-9"])
def test_a_preset_loads_what_it_needs(program: Program, level: str) -> None:
    """Text whose lines end in CR LF and whose size is looked at for density, and data."""
    text = make_text(6000).replace(b"\n", b"\r\n")
    (program.folder / "text").write_bytes(text)
    (program.folder / "data").write_bytes(noise(5000) + bytes(range(256)) * 4)
    for name in ("text", "data"):
        for words in ([level, "-T1", name], ["-d", "-T1", "-f", f"{name}.ncmp"]):
            content = (program.folder / name).read_bytes()
            loaded = loaded_by(program, *words)
            assert not loaded & NOT_FOR_PRESETS
            own = {one for one in loaded if one.split(".")[0] == "neurocomp"}
            assert len(own) <= MOST_OWN_MODULES
            assert not {one for one in own if ".cli.commands.train" in one or ".dalle" in one}
            assert (program.folder / name).read_bytes() == content


@pytest.mark.parametrize("words", [["-l", "a.ncmp"], ["-t", "-T1", "a.ncmp"], ["models", "list"]])
def test_other_commands_load_no_more(program: Program, words: list[str]) -> None:
    (program.folder / "a").write_bytes(make_text(300))
    assert program("-1", "a").code == 0
    assert not loaded_by(program, *words) & HEAVY


def test_a_command_is_imported_when_it_is_asked_for(program: Program) -> None:
    (program.folder / "a").write_bytes(make_text(300))
    loaded = loaded_by(program, "compress", "-1", "a")
    commands = {one for one in loaded if one.startswith("neurocomp.cli.commands.")}
    assert commands == {"neurocomp.cli.commands.compress"}


def test_what_is_refused_loads_nothing_heavy(program: Program) -> None:
    (program.folder / "a").write_bytes(b"a")
    script = (
        "import sys; from neurocomp.cli.entry import run;"
        "words = ('no', '-1 a a', 'tset a', '-19 a', '-t no');"
        "print(*[int(run(word.split())) for word in words]);"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        cwd=program.folder,
        env=program.environment,
        check=True,
    )
    codes, loaded = done.stdout.decode().splitlines()
    assert codes == "1 2 2 2 1"
    assert not HEAVY & set(loaded.split())


def test_a_group_without_a_command_shows_its_help(inside: Callable[..., Outcome]) -> None:
    for group in ("bench", "models", "train"):
        shown = inside(group)
        assert (shown.code, shown.out) == (2, b"")
        assert shown.err.startswith(f"Usage: neurocomp {group} ")
        assert shown.err.count("\n") > 5


def test_the_hidden_command_has_no_name(program: Program) -> None:
    shown = program("a", "--help").out.decode()
    assert shown.startswith("Usage: neurocomp [OPTIONS] [FILE]...")
    wrong = program("--bogus").err
    assert wrong.endswith("(see 'neurocomp --help')\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("comp", {"plain,compress", "file,comp"}),
        ("-d --rec", {"plain,--recover", "plain,--recursive"}),
        ("train ngram --smoothing ", {"plain,kneser-ney", "plain,katz"}),
    ],
)
def test_completion(program: Program, words: str, expected: set[str]) -> None:
    program.environment |= {
        "_NEUROCOMP_COMPLETE": "bash_complete",
        "COMP_WORDS": f"neurocomp {words}",
        "COMP_CWORD": str(words.count(" ") + 1),
    }
    assert set(program().out.decode().split()) == expected


def test_no_traceback_unless_asked_for(program: Program) -> None:
    program.environment["NEUROCOMP_DEBUG"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "neurocomp", "models", "add", "missing"],
        capture_output=True,
        cwd=program.folder,
        env=program.environment,
        check=False,
    )
    assert done.returncode == 1
    assert b"Traceback" in done.stderr
