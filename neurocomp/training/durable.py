"""Files and folders that are on the disk before they get their names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurocomp.models.files import make_folder, sync_folder


def write_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` and wait until it is on the disk.

    Raises:
        OSError: it can't be; the error names ``path``, also where the disk is full.
    """
    with naming(path), path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say ``path`` in errors of the system that name no file, as "No space left on device"."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = os.fspath(path)
        raise


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that is named ``target`` when all went well, and is removed otherwise.

    Its files must have been written by `write_file`.  What the system refuses is said of
    ``target``, the name that people know.

    Raises:
        OSError: a file can't be written, or ``target`` is there.
    """
    temporary = temporary_name(target)
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed
    try:
        make_folder(temporary)
        yield temporary
        sync_folder(temporary)
        os.rename(temporary, target)
        sync_folder(target.parent)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, OSError) and isinstance(error.filename, str):
            error.filename = error.filename.replace(os.fspath(temporary), os.fspath(target), 1)
        raise


def temporary_name(target: Path) -> Path:
    """Return the name that ``target`` has while it is written."""
    return target.with_name(f".{target.name}.tmp")
