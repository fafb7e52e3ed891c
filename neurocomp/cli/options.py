"""Options that several commands share, and the frozen form that they are passed on in."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from neurocomp.cli.sizes import range_callback, size_callback
from neurocomp.errors import UsageError
from neurocomp.pipeline.options import PRESETS

Function = TypeVar("Function", bound=Callable[..., Any])
Options = TypeVar("Options")
Decorator = Callable[[Function], Function]

STDIN = Path("-")


@dataclass(frozen=True)
class InputOptions:
    """What is read.

    Attributes:
        files: files, folders and "-"; standard input where there are none.
        recursive: go into folders.
    """

    files: tuple[Path, ...]
    recursive: bool

    def __post_init__(self) -> None:
        if not self.files:
            if sys.stdin is None or sys.stdin.isatty():
                raise UsageError("no FILE given, and standard input is a terminal")
            object.__setattr__(self, "files", (STDIN,))
        if self.files.count(STDIN) > 1:
            raise UsageError("standard input can be read only once")


@dataclass(frozen=True)
class OutputOptions:
    """Where it goes.

    Attributes:
        output: a file, or a folder; None for beside each input.
        stdout: to standard output.
        force: overwrite files, and write binary data to a terminal.
        keep: leave the inputs where they are.
    """

    output: Path | None
    stdout: bool
    force: bool
    keep: bool

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


FILE = click.Path(path_type=Path, allow_dash=True, readable=False)

message_options = all_of(
    click.option("-q", "--quiet", is_flag=True, help="No notes, warnings or progress."),
    click.option("-v", "--verbose", is_flag=True, help="Tell what is done."),
)

recursive_option = click.option(
    "-r", "--recursive", is_flag=True, help="Go into folders; links in them are not followed."
)

threads_option = click.option(
    "-T",
    "--threads",
    type=click.IntRange(0, 256),
    default=0,
    metavar="N",
    help="Blocks that are worked on at once; 0, the default, for as many as there are cores.",
)

max_size_option = click.option(
    "--max-size",
    "max_output",
    callback=size_callback,
    metavar="SIZE",
    help="Refuse content larger than this, for files of strangers: few bytes may stand for many.",
)

model_path_option = click.option(
    "--model-path",
    type=click.Path(path_type=Path, readable=False),
    multiple=True,
    metavar="PATH",
    help="Model file, or folder of them, besides the installed models. May be repeated.",
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
    click.option("-c", "--stdout", is_flag=True, help="Write to standard output."),
    click.option(
        "-f", "--force", is_flag=True, help="Overwrite files; write binary data to a terminal."
    ),
    click.option(
        "-k/ ",
        "--keep/--rm",
        "keep",
        default=True,
        help="Keep the inputs, which is the default, or remove each when its output is safe.",
    ),
)

preset_options = all_of(
    click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        default="default",
        show_default=True,
        help="How much time to take; -1, -6 and -9 are short for the three.",
    ),
    *(
        click.option(level, "preset", flag_value=name, help=f"--preset {name}")
        for level, name in zip(("-1", "-6", "-9"), PRESETS, strict=True)
    ),
)

model_options = all_of(
    preset_options,
    click.option(
        "-m",
        "--model",
        metavar="NAME",
        help="Model instead of the preset's: a name of 'neurocomp models list', a file, hf:NAME.",
    ),
    click.option(
        "--coder",
        type=click.Choice(["arithmetic", "huffman"]),
        default="arithmetic",
        show_default=True,
        help="Entropy coder; huffman is for comparison, and for models of symbols only.",
    ),
    click.option(
        "--block-size",
        "block_bytes",
        callback=size_callback,
        metavar="SIZE",
        help="Content that is coded by itself, 4KiB to 64MiB, instead of the preset's.",
    ),
    click.option(
        "--overlap",
        type=click.IntRange(1, 65_535),
        metavar="N",
        help="Symbols of a transformer's full window that the next one starts with: half of it, "
        "unless chosen. More is slower and smaller.",
    ),
    click.option(
        "--dict",
        "dictionary",
        metavar="NAME",
        help="Dictionary that is read before each block: a file of 'neurocomp train dict', or a "
        "name of 'neurocomp models list'.",
    ),
    click.option(
        "--verify/--no-verify",
        default=None,
        help="Decode again and compare before writing; on for models that are not exact.",
    ),
)

decoding_options = all_of(
    click.option(
        "--range",
        "byte_range",
        callback=range_callback,
        metavar="START-STOP",
        help="Only these bytes of the content, STOP not included; to standard output without -o.",
    ),
    click.option(
        "--recover",
        is_flag=True,
        help="Write what is sound of a damaged file and list what is lost.",
    ),
    click.option(
        "--fill",
        is_flag=True,
        help="With --recover: zeros for what is lost, so that what comes after it keeps its place.",
    ),
    click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="With --recover: print what is lost as a JSON list, to standard output.",
    ),
)
