"""A folder of this machine, or of a file system that all machines have mounted."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from neurocomp.bulk.places import PART_SUFFIX, FileStatus, is_part
from neurocomp.store.files import make_folder, sync_folder
from neurocomp.temporaries import temporary_beside

_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


class LocalPlace:
    """A folder by its path.

    Args:
        path: path of the folder, which need not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).absolute()
        self._changed: set[Path] = set()

    @property
    def url(self) -> str:
        """The absolute path."""
        return os.fspath(self._path)

    def files(self, below: str = "") -> Iterator[FileStatus]:
        """Yield all plain files at any depth, by path.

        Raises:
            OSError: the folder, or one below, cannot be read.
        """
        found: list[FileStatus] = []
        waiting = [(self._path / below, below)]
        while waiting:
            folder, prefix = waiting.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((Path(entry.path), f"{prefix}{entry.name}/"))
                    elif entry.is_file(follow_symlinks=False) and not is_part(entry.name):
                        status = entry.stat(follow_symlinks=False)
                        found.append(_status(prefix + entry.name, status))
        yield from sorted(found, key=lambda one: one.path)

    def status(self, path: str) -> FileStatus | None:
        """Return the status of a plain file; None if there is none."""
        try:
            status = os.lstat(self._path / path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _status(path, status) if stat.S_ISREG(status.st_mode) else None

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file for reading."""
        with (self._path / path).open("rb") as file:
            yield file

    @contextmanager
    def new_file(self, path: str, like: FileStatus | None = None) -> Iterator[BinaryIO]:
        """Open a file that is renamed to ``path`` when it is complete, and on the disk.

        Raises:
            OSError: it cannot be written; what names a file names ``path``.
        """
        target = self._path / path
        make_folder(target.parent)
        if not target.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", os.fspath(target.parent))
        # The content may be private: until it has its permissions it is for the owner only.
        has_mode = like is not None and like.mode is not None
        with temporary_beside(target, PART_SUFFIX) as part:
            descriptor = os.open(part, _CREATE, 0o600 if has_mode else 0o666)
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                if like is not None and like.mode is not None and hasattr(os, "fchmod"):
                    os.fchmod(descriptor, like.mode & 0o777)
                os.fsync(descriptor)
            if like is not None and like.modified_ns is not None:
                os.utime(part, ns=(like.modified_ns, like.modified_ns))
            os.replace(part, target)
        self._changed.add(target.parent)

    def settle(self) -> None:
        """Sync the names of written files to the disk."""
        for folder in self._changed:
            sync_folder(folder)
        self._changed.clear()

    def remove(self, path: str) -> None:
        """Remove a file, and its folder where that is empty then."""
        (self._path / path).unlink(missing_ok=True)
        folder = (self._path / path).parent
        if folder != self._path:
            with suppress(OSError):
                folder.rmdir()

    def remove_parts(self) -> int:
        """Remove the parts that processes have left that were killed."""
        num_removed = 0
        for folder, _, names in os.walk(self._path):
            for name in filter(is_part, names):
                Path(folder, name).unlink(missing_ok=True)
                num_removed += 1
        return num_removed


def _status(path: str, status: os.stat_result) -> FileStatus:
    version = f"{status.st_mtime_ns}-{status.st_size}"
    mode = stat.S_IMODE(status.st_mode) & 0o777
    return FileStatus(path, status.st_size, version, status.st_mtime_ns, mode)
