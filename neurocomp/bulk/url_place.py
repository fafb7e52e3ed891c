"""A folder that fsspec reaches by a URL: object stores, other machines, memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from errno import EIO, ENOTDIR
from typing import Any, BinaryIO

import fsspec
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.spec import AbstractFileSystem

from neurocomp.bulk.places import FileStatus, is_part, part_path
from neurocomp.errors import MissingPackageError, UsageError
from neurocomp.names import quoted

_VERSION_KEYS = ("ETag", "etag", "md5", "sha256", "uid", "LastModified", "mtime", "created")
"""Names that file systems use for a file's version; the first one present counts."""

_TIME_KEYS = ("mtime", "LastModified", "last_modified", "updated")


_STORES = ("adlfs", "aiobotocore", "aiohttp", "azure", "botocore", "gcsfs", "google", "s3fs")
"""Packages of stores, many of whose exceptions are not OSErrors."""


class UrlPlace:
    """A folder of one of fsspec's file systems.

    A file is written under another name and moved when it is complete.  Object stores move by a
    copy of their own, after which the name has all of it or is not there.

    Args:
        url: a URL that fsspec takes, chained ones too.
        options: options of the file system.

    Raises:
        UsageError: fsspec knows no such file system.
        MissingPackageError: its package is not installed.
        OSError: as all methods, also where the store's own library raises something else.
    """

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        self._url = url
        try:
            with _told():
                self._fs, self._root = fsspec.url_to_fs(url, **(options or {}))
        except ImportError as error:
            raise MissingPackageError(f"the set {quoted(url)}: {error}") from None
        except ValueError as error:
            raise UsageError(f"the set {quoted(url)}: {error}") from None
        self._root = self._root.rstrip("/")
        self._folders: set[str] = set()

    @property
    def url(self) -> str:
        """The URL."""
        return self._url

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _found(self, below: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the relative path of each file, and what the file system says of it."""
        self._fs.invalidate_cache()
        start = len(self._full(""))
        folder = self._full(below).rstrip("/")
        for name, info in self._fs.find(folder, detail=True).items():
            if name == folder:
                raise NotADirectoryError(ENOTDIR, "Not a directory", self._url)
            # An empty object whose name ends in a slash is how consoles of stores show a folder.
            if info["type"] == "file" and not (name.endswith("/") and not info.get("size")):
                yield name[start:], info

    def files(self, below: str = "") -> Iterator[FileStatus]:
        """Yield all files at any depth, by path.

        Raises:
            FileNotFoundError: there is nothing of that name.
            NotADirectoryError: it is a file.
        """
        with _told():
            found = [
                self._status(path, info)
                for path, info in self._found(below)
                if not is_part(path.rpartition("/")[2])
            ]
            if not found and not self._fs.exists(self._full(below).rstrip("/")):
                raise FileNotFoundError(2, "No such file or directory", self._url)
        yield from sorted(found, key=lambda one: one.path)

    def _status(self, path: str, info: Mapping[str, Any]) -> FileStatus:
        size = info.get("size")
        if size is None:  # some listings have none
            size = self._fs.info(self._full(path))["size"]
        versions = (info[key] for key in _VERSION_KEYS if info.get(key))
        version = f"{next(versions, '')}-{size}"
        times = (info[key] for key in _TIME_KEYS if info.get(key))
        return FileStatus(path, size, version, _nanoseconds(next(times, None)))

    def status(self, path: str) -> FileStatus | None:
        """Return the status of a file; None if there is none."""
        self._fs.invalidate_cache()
        try:
            with _told():
                info = self._fs.info(self._full(path))
        except FileNotFoundError:
            return None
        return self._status(path, info) if info["type"] == "file" else None

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file for reading."""
        with _told(), self._fs.open(self._full(path), "rb") as file:
            yield file

    @contextmanager
    def new_file(self, path: str, like: FileStatus | None = None) -> Iterator[BinaryIO]:
        """Open a file that is moved to ``path`` when it is complete; it gets no time or mode."""
        target, part = self._full(path), self._full(part_path(path))
        folder = target.rpartition("/")[0]
        with _told():
            if folder not in self._folders:
                self._fs.makedirs(folder, exist_ok=True)
                self._folders.add(folder)
            try:
                file = self._fs.open(part, "wb")
                try:
                    yield file
                finally:
                    file.close()
                self._move(part, target)
            except BaseException:
                with suppress(Exception):
                    self._fs.rm_file(part)
                raise

    def _move(self, part: str, target: str) -> None:
        if _renames(self._fs):
            self._fs.mv(part, target)
        else:
            # Not ``mv``, which takes a name with an asterisk for a pattern, and moves into
            # ``a/`` what is to be called ``a`` where a store has names that begin so.
            try:
                self._fs.cp_file(part, target)
            except NotImplementedError:  # SFTP and the like, cached: they move, and can't copy
                self._fs.mv(part, target)
            else:
                self._fs.rm_file(part)

    def settle(self) -> None:
        """Do nothing: a file system that is not local has what was closed."""

    def remove(self, path: str) -> None:
        """Remove a file."""
        with suppress(FileNotFoundError), _told():
            self._fs.rm_file(self._full(path))

    def remove_parts(self) -> int:
        """Remove the parts that processes have left that were killed."""
        with _told():
            parts = [path for path, _ in self._found() if is_part(path.rpartition("/")[2])]
        for path in parts:
            self.remove(path)
        return len(parts)


@contextmanager
def _told() -> Iterator[None]:
    """Raise OSError for what a store's library raises of its own, as where nobody answers."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _STORES:
            raise
        raise OSError(EIO, f"{type(error).__name__}: {error}") from error


def _renames(filesystem: Any) -> bool:
    """Return whether a file system has a move of its own, by the very names it is given."""
    is_default = type(filesystem).mv is AbstractFileSystem.mv
    return not is_default and not isinstance(filesystem, DirFileSystem)


def _nanoseconds(time: Any) -> int | None:
    if isinstance(time, datetime):
        time = time.timestamp()
    return int(time * 1e9) if isinstance(time, int | float) else None
