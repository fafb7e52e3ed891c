"""Writing files whole or not at all, so that a loss of power leaves the old one or the new one."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from neurocomp.temporaries import temporary_beside

_NO_SYNC = {errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM, errno.ENOTSUP}
"""Errors of systems that cannot sync folders."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` beside ``path`` and rename it into place, synced to disk.

    Raises:
        OSError: the folder is missing or cannot be written, or the disk is full; it names ``path``,
            which is as it was before.
    """
    with replaced_file(path) as file:
        file.write(content)


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """Give an empty file, for writing and reading, that takes the place of ``path`` at the end.

    After an error it is gone, and ``path`` is as it was before.

    Raises:
        OSError: as of `write_atomically`.
    """
    with temporary_beside(path) as temporary:
        try:
            with temporary.open("x+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            # A full disk is met while writing, where the system names no file.
            if error.errno is None or error.filename is not None:
                raise
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it, synced to disk, where they are missing."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on disk, where the system can do that."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that may be written, but not listed
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``, waiting for others to let it go; it stays there, empty.

    The system lets go of it when the process ends, however it ends.  On file systems without locks
    there is none: files are replaced whole there too, and the later of two changes wins.

    Raises:
        OSError: the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with suppress(OSError):
            _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
