"""Folders that sets of files are in: what the rest of this room asks of them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from neurocomp import extras
from neurocomp.errors import FormatError, UsageError
from neurocomp.names import quoted

PART_PREFIX = ".neurocomp-"
PART_SUFFIX = ".part"
"""End of the name of a file that is being written."""


@dataclass(frozen=True)
class FileStatus:
    """The entry of a file in a listing.

    Attributes:
        path: relative to the folder, with slashes.
        num_bytes: size of the file.
        version: changes when the file does, as far as the system tells; empty where it does not.
        modified_ns: time of the last change, in nanoseconds since 1970; None where that is not
            known.
        mode: permissions of the file; None if the place has none.
    """

    path: str
    num_bytes: int
    version: str = ""
    modified_ns: int | None = None
    mode: int | None = None


class Place(Protocol):
    """A folder, local or not.

    Paths are relative to it, with slashes.
    """

    @property
    def url(self) -> str:
        """A URL or path that names it on any machine that reaches it."""

    def files(self, below: str = "") -> Iterator[FileStatus]:
        """Yield all files at any depth, in the order of their paths.

        Links are not followed; what is not a plain file, or being written, is left out.

        Args:
            below: a folder in this one, ending in a slash, to which all are confined.

        Raises:
            FileNotFoundError: there is no such folder.
        """

    def status(self, path: str) -> FileStatus | None:
        """Return the status of a file; None if there is none."""

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for reading, anywhere in it."""

    def new_file(
        self, path: str, like: FileStatus | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Open a file that gets its name when it is complete, in the place of one that is there.

        An exception leaves nothing behind.  A process that is killed leaves a part, which has
        another name.

        Args:
            path: path of the file; folders above it are made.
            like: a file whose permissions and time the new one gets, if it has any.
        """

    def settle(self) -> None:
        """Wait until the names of all files that were written are safe."""

    def remove(self, path: str) -> None:
        """Remove a file; nothing happens where there is none."""

    def remove_parts(self) -> int:
        """Remove what processes that were killed have left; return how many parts."""


def open_place(url: str | os.PathLike[str], options: Mapping[str, Any] | None = None) -> Place:
    """Return the folder of a path or a URL; it need not be there yet.

    Args:
        url: a path, ``file://...``, or whatever fsspec takes, ``s3://bucket/folder`` say.
        options: options of fsspec's file system.

    Raises:
        UsageError: it is empty.
        MissingPackageError: it is a URL, and fsspec is not installed.
    """
    text = os.fspath(url)
    if not text:
        raise UsageError("the name of a folder is empty: is a variable not set?")
    if "://" not in text and "::" not in text:
        from neurocomp.bulk.local_place import LocalPlace

        return LocalPlace(text)
    if text.startswith("file://") and "::" not in text:
        from neurocomp.bulk.local_place import LocalPlace

        parts = urlsplit(text)
        if parts.netloc not in ("", "localhost"):
            raise UsageError(f"{quoted(text)} names a file of another machine: write file:///PATH")
        return LocalPlace(unquote(parts.path))
    extras.require(f"the set {quoted(text)}", "integrations", "fsspec")
    from neurocomp.bulk.url_place import UrlPlace

    return UrlPlace(text, options)


def is_part(name: str) -> bool:
    """Return whether a file of that name is being written, or was when its writer was killed."""
    return name.startswith(PART_PREFIX) and name.endswith(PART_SUFFIX)


def part_path(path: str) -> str:
    """Return a new name beside ``path`` for what becomes of it."""
    name = f"{PART_PREFIX}{os.urandom(8).hex()}{PART_SUFFIX}"
    return posixpath.join(posixpath.dirname(path), name)


def check_path(path: str) -> str:
    """Return a path that a manifest has, if it stays within its folder.

    Raises:
        FormatError: it does not, or is not a path.
    """
    parts = path.split("/")
    is_sound = bool(path) and "\0" not in path and not {"", ".", ".."} & set(parts)
    if os.name == "nt":
        is_sound = is_sound and not any(one in path for one in ':\\*?"<>|')
    if not is_sound:
        raise FormatError(f"the manifest has a path that leads elsewhere: {quoted(path)}")
    return path
