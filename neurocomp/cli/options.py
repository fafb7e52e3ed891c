"""Options that several commands share, and the frozen form that they are passed on in."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from neurocomp.cli.paths import FilePath
from neurocomp.cli.ui.streams import refuse_closed_input
from neurocomp.cli.ui.text import range_callback, size_callback
from neurocomp.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])
Options = TypeVar("Options")
Decorator = Callable[[Function], Function]

STDIN = Path("-")


@dataclass(frozen=True)
class InputOptions:
    """Options for input.

    Attributes:
        files: files, folders and "-"; standard input where there are none.
        recursive: go into folders.
    """

    files: tuple[Path, ...]
    recursive: bool

    def __post_init__(self) -> None:
        if not self.files:
            refuse_closed_input()
            if sys.stdin.isatty():
                raise UsageError("no FILE given, and standard input is a terminal")
            object.__setattr__(self, "files", (STDIN,))
        if STDIN in self.files:
            refuse_closed_input()
        if self.files.count(STDIN) > 1:
            raise UsageError("standard input can be read only once")


@dataclass(frozen=True)
class OutputOptions:
    """Options for output.

    Attributes:
        output: a file, or a folder; None for beside each input.
        stdout: whether to write to standard output.
        force: overwrite files, and write binary data to a terminal.
        keep: leave the inputs where they are.
        keep_going: work on the other inputs where some cannot be read.
    """

    output: Path | None
    stdout: bool
    force: bool
    keep: bool
    keep_going: bool = False

    def __post_init__(self) -> None:
        if self.output == Path("-"):
            object.__setattr__(self, "output", None)
            object.__setattr__(self, "stdout", True)
        if self.output is not None and self.stdout:
            raise UsageError("-o and -c exclude each other")
        if self.stdout and not self.keep:
            raise UsageError("--rm needs a file as output: whether a pipe was read is not known")


def build(kind: type[Options], values: Mapping[str, Any]) -> Options:
    """Return the dataclass ``kind`` with those of the ``values`` that are its fields."""
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: values[name] for name in names})


def all_of(*decorators: Decorator[Any]) -> Decorator[Any]:
    """Return one decorator that adds options in the order they are listed."""

    def decorate(function: Function) -> Function:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


FILE = FilePath()

message_options = all_of(
    click.option("-q", "--quiet", is_flag=True, help="No notes, warnings or progress."),
    click.option("-v", "--verbose", is_flag=True, help="Print what is done."),
)

recursive_option = click.option(
    "-r",
    "--recursive",
    is_flag=True,
    help="Search folders for files; links in them are not followed.",
)

threads_option = click.option(
    "-T",
    "--threads",
    type=click.IntRange(0, 256),
    default=0,
    metavar="N",
    help="Threads for blocks and for sections of large blocks; 0, the default: one for each core.",
)

max_size_option = click.option(
    "--max-size",
    "max_output",
    callback=size_callback,
    metavar="SIZE",
    help="Refuse content larger than this: few bytes of an untrusted file may decode to many.",
)

model_path_option = click.option(
    "--model-path",
    type=FILE,
    multiple=True,
    metavar="PATH",
    help="Model file, or folder of model files, to search too. May be repeated.",
)

input_options = all_of(
    click.argument("files", nargs=-1, type=FILE, metavar="[FILE]..."),
    recursive_option,
)

output_options = all_of(
    click.option(
        "-o",
        "--output",
        type=FILE,
        metavar="PATH",
        help="Write to this file; with several inputs, into this folder.",
    ),
    click.option(
        "-c", "--stdout", "--to-stdout", "stdout", is_flag=True, help="Write to standard output."
    ),
    click.option(
        "-f",
        "--force",
        is_flag=True,
        help="Overwrite files; write binary data to a terminal; with --rm, remove inputs that have "
        "other hard links.",
    ),
    click.option(
        "-k/ ",
        "--keep/--rm",
        "keep",
        default=True,
        help="Keep the inputs (the default), or remove each when its output is on the disk.",
    ),
    click.option(
        "--keep-going",
        is_flag=True,
        help="If a FILE cannot be read, continue with the others. Without this option, nothing "
        "is done.",
    ),
    click.option(
        "-n",
        "--no-name",
        is_flag=True,
        expose_value=False,
        help="Accepted for compatibility with gzip: compressed files hold no names or times.",
    ),
)

decoding_options = all_of(
    click.option(
        "--range",
        "byte_range",
        callback=range_callback,
        metavar="START-STOP",
        help="Only these bytes of the content, STOP excluded. Without -o, to standard output.",
    ),
    click.option(
        "--recover",
        is_flag=True,
        help="Write the undamaged blocks of a damaged file and list what is lost.",
    ),
    click.option(
        "--fill",
        is_flag=True,
        help="With --recover: write zeros for lost bytes, so that later bytes keep their place.",
    ),
    click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="With --recover: print the lost ranges as a JSON list, to standard output.",
    ),
)
