"""The path of each output, and what must not be overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from neurocomp.cli.files.identity import file_id
from neurocomp.cli.files.inputs import Input, Source
from neurocomp.cli.options import InputOptions, OutputOptions
from neurocomp.cli.ui.report import Refused, display
from neurocomp.cli.ui.streams import standard_output
from neurocomp.errors import UsageError
from neurocomp.pipeline.files import new_file

SUFFIX = ".ncmp"


def output_folder(inputs: InputOptions, outputs: OutputOptions) -> Path | None:
    """Return the folder that ``-o`` names, or None where it names a file or is not given.

    Raises:
        UsageError: it names a file, but there can be several inputs.
    """
    path = outputs.output
    if path is None:
        return None
    # One with a slash at its end is refused before, where there is no such folder.
    if os.path.isdir(path):
        return path
    several = len(inputs.files) > 1 or any(map(os.path.isdir, inputs.files))
    if several:
        raise UsageError(f"-o {display(path)} is not a folder, and there are several inputs")
    return None


def check_output(output: Path, inputs: Iterable[Path], *, force: bool) -> None:
    """Refuse an output file that would take the place of another.

    Args:
        output: the file to write.
        inputs: files that are read for it.
        force: files are overwritten.

    Raises:
        FileExistsError: it is there, and ``force`` is false.
        UsageError: it is one of the inputs, or an installed model, by whatever name.
    """
    if not os.path.lexists(output):
        return
    if not force:
        raise FileExistsError(f"{display(output)} already exists: give -f to overwrite it")
    one = file_id(output)
    for path in inputs:
        if one is not None and file_id(path) == one:
            raise UsageError(
                f"-o {display(output)} is the input {display(path)}: give another output"
            )
    from neurocomp.cli.files.identity import store_files

    if any(file_id(path) == one for path in store_files() if one is not None):
        raise UsageError(
            f"-o {display(output)} is a file of the installed models: give another output"
        )


def compressed_name(relative: Path) -> Path:
    """Return the name of the compressed form of a file."""
    return relative.with_name(relative.name + SUFFIX)


def is_compressed_name(path: Path) -> bool:
    """Return whether ``path`` has the name of a compressed file; case does not matter, as in gzip.

    A file on a disk of another system may come back in capitals.
    """
    return path.suffix.lower() == SUFFIX


def content_name(relative: Path) -> Path:
    """Return the name of the content of a compressed file.

    Raises:
        Refused: its name does not tell.
    """
    if not is_compressed_name(relative):
        raise Refused(f"does not end in {SUFFIX}: give -o FILE or -c to say where to write")
    return relative.with_suffix("")


@contextmanager
def open_standard_output(source: Source, *, binary: bool, force: bool) -> Iterator[BinaryIO]:
    """Give standard output as a stream.

    Raises:
        Refused: it is a terminal, the data is binary and not forced, or it is the input itself.
    """
    sink = standard_output()
    if binary and not force and sink.isatty():
        raise Refused("compressed data is not written to a terminal: give -o FILE, or -f to force")
    if source.is_regular and os.path.samestat(source.status, os.fstat(1)):
        raise Refused("is its own output")
    yield sink


@contextmanager
def open_target(
    target: Path, item: Input, source: Source, *, binary: bool, force: bool
) -> Iterator[BinaryIO]:
    """Open the output file ``target``, which gets its name when all went well.

    Raises:
        Refused: it is the input itself, or a terminal and the data is binary and not forced.
        FileExistsError: it exists, and is not to be overwritten.
        OSError: it cannot be written.
    """
    if source.is_regular and file_id(target) == (source.status.st_dev, source.status.st_ino):
        raise Refused("is its own output")
    like = source.status if source.is_regular and item.path is not None else None
    with new_file(target, overwrite=force, like=like) as sink:
        if binary and not force and sink.isatty():
            raise Refused("compressed data is not written to a terminal: give another -o")
        yield sink
