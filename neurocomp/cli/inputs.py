"""From the arguments of a command to the files that it reads."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from neurocomp.cli.options import STDIN, InputOptions
from neurocomp.cli.report import STDIN_NAME, Refused, Reporter, display

_COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Input:
    """One file to read.

    Attributes:
        path: its path; None for standard input.
        relative: its place below the folder that it was found in, or just its name.
    """

    path: Path | None
    relative: Path

    @property
    def name(self) -> str:
        """What messages call it."""
        return STDIN_NAME if self.path is None else display(self.path)


@dataclass(frozen=True)
class Source:
    """An open input.

    Attributes:
        stream: what it is read from.
        status: its file status when it was opened.
        name: what messages call it.
    """

    stream: BinaryIO
    status: os.stat_result
    name: str

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, and no pipe or device."""
        return stat.S_ISREG(self.status.st_mode)


def find_inputs(
    options: InputOptions, reporter: Reporter, is_wanted: Callable[[Path], bool]
) -> Iterator[Input]:
    """Yield every input.

    Args:
        options: the arguments.
        reporter: told what is not taken.
        is_wanted: whether a file that was found in a folder is one for this command.
    """
    for argument in options.files:
        if argument == STDIN:
            yield Input(None, Path("stdin"))
        elif not argument.is_dir():
            yield Input(argument, Path(argument.name))
        elif options.recursive:
            # "." and ".." have no name of their own that could be kept below an output folder.
            has_name = argument.name not in ("", "..")
            base = argument.parent if has_name else argument
            yield from _walk(argument, base, reporter, is_wanted)
        else:
            reporter.error(display(argument), "is a folder: give -r to go into it")


def _walk(
    folder: Path, base: Path, reporter: Reporter, is_wanted: Callable[[Path], bool]
) -> Iterator[Input]:
    entries: list[os.DirEntry[str]] = []
    with reporter.guard(display(folder)), os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path, base, reporter, is_wanted)
        elif not entry.is_file(follow_symlinks=False):
            reporter.note(f"{display(path)}: skipped, not a regular file")
        elif is_wanted(path):
            yield Input(path, path.relative_to(base))
        else:
            reporter.detail(f"{display(path)}: skipped because of its name")


@contextmanager
def open_source(item: Input) -> Iterator[Source]:
    """Open an input for reading.

    Raises:
        OSError: it cannot be read.
    """
    if item.path is None:
        with open(0, "rb", closefd=False) as stream:
            yield Source(stream, os.fstat(0), item.name)
        return
    with item.path.open("rb") as stream:
        yield Source(stream, os.fstat(stream.fileno()), item.name)


@contextmanager
def seekable(source: Source) -> Iterator[BinaryIO]:
    """Give ``source`` as a stream that seeks: a pipe is copied to a temporary file."""
    if source.stream.seekable():
        yield source.stream
        return
    with tempfile.TemporaryFile() as copy:
        while chunk := source.stream.read(_COPY_BYTES):
            copy.write(chunk)
        copy.seek(0, io.SEEK_SET)
        yield copy


def refuse_terminal(source: Source) -> None:
    """Raise Refused where compressed data would be read from the keyboard."""
    if source.stream.isatty():
        raise Refused("compressed data is not read from a terminal: name a file, or use a pipe")
