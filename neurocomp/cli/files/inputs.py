"""From the arguments of a command to the files that it reads."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from neurocomp.cli.files.identity import FileId, file_id
from neurocomp.cli.options import STDIN, InputOptions
from neurocomp.cli.ui.report import STDIN_NAME, Refused, Reporter, display
from neurocomp.errors import FormatError
from neurocomp.frame.constants import MAGIC

_COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Input:
    """One file to read.

    Attributes:
        path: path of the file; None for standard input.
        relative: path below the folder that it was found in, or just its name.
    """

    path: Path | None
    relative: Path

    @property
    def name(self) -> str:
        """Its name in messages."""
        return STDIN_NAME if self.path is None else display(self.path)

    @property
    def argument(self) -> str:
        """The argument for it: a path, or "-"."""
        return str(STDIN if self.path is None else self.path)


@dataclass(frozen=True)
class Source:
    """An open input.

    Attributes:
        stream: the open file.
        status: status of the file when it was opened.
        name: name in messages.
    """

    stream: BinaryIO
    status: os.stat_result
    name: str

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, and no pipe or device."""
        return stat.S_ISREG(self.status.st_mode)


def find_inputs(
    options: InputOptions,
    reporter: Reporter,
    is_wanted: Callable[[Path], bool],
    left_out: Path | None = None,
) -> Iterator[Input]:
    """Yield every input.

    Args:
        options: the arguments.
        reporter: reporter of a message for each file that is left out.
        is_wanted: whether a file that was found in a folder is one for this command.
        left_out: a folder that is not gone into where it is found in another.
    """
    walk = _Walk(reporter, is_wanted, None if left_out is None else file_id(left_out))
    for argument in options.files:
        if argument == STDIN:
            yield Input(None, Path("stdin"))
            continue
        try:
            is_folder = stat.S_ISDIR(os.stat(argument).st_mode)
        except OSError as error:
            # Missing, too long, in a folder without rights: one argument, and not the others.
            reporter.unreadable(display(argument), error)
            continue
        if not is_folder:
            yield Input(argument, Path(argument.name))
        elif options.recursive:
            # "." and ".." have no name of their own that could be kept below an output folder.
            has_name = argument.name not in ("", "..")
            yield from walk.files(argument, argument.parent if has_name else argument)
        else:
            reporter.error(display(argument), "is a folder: give -r to go into it")


@dataclass(frozen=True)
class _Walk:
    """Goes into folders."""

    reporter: Reporter
    is_wanted: Callable[[Path], bool]
    left_out: FileId | None

    def files(self, folder: Path, base: Path) -> Iterator[Input]:
        """Yield the inputs below ``folder``, whose places are told from ``base``."""
        entries: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.reporter.unreadable(display(folder), error)
        for entry in entries:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                if self.left_out is not None and file_id(path) == self.left_out:
                    self.reporter.note(f"{display(path)}: skipped, the output goes there")
                    continue
                yield from self.files(path, base)
            elif not entry.is_file(follow_symlinks=False):
                self.reporter.note(f"{display(path)}: skipped, not a regular file")
            elif self.is_wanted(path):
                yield Input(path, path.relative_to(base))
            else:
                self.reporter.detail(f"{display(path)}: skipped because of its name or content")


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
    import tempfile

    with tempfile.TemporaryFile() as copy:
        while chunk := source.stream.read(_COPY_BYTES):
            copy.write(chunk)
        copy.seek(0, io.SEEK_SET)
        yield copy


def refuse_terminal(source: Source) -> None:
    """Raise Refused where compressed data would be read from the keyboard."""
    if source.stream.isatty():
        raise Refused("compressed data is not read from a terminal: name a file, or use a pipe")


def begins_as_frame(path: Path) -> bool:
    """Return whether the first bytes of a file are those of a compressed one."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False  # said when it is read


def check_readable(item: Input) -> None:
    """Open a plain file and close it again.

    A pipe would wait for its other end, and a device may do something when it is opened.

    Raises:
        OSError: it cannot be read.
    """
    if item.path is not None and stat.S_ISREG(os.stat(item.path).st_mode):
        item.path.open("rb").close()


def indexed_bytes(source: Source) -> int | None:
    """Return the size of a compressed file's content, if its head records it."""
    if not source.is_regular or not source.stream.seekable():
        return None
    from neurocomp.frame.index import read_index

    start = source.stream.tell()
    try:
        frames = read_index(source.stream)
    except FormatError:
        return None
    finally:
        source.stream.seek(start)
    return sum(place.decoded_bytes for frame in frames for place in frame.places)
