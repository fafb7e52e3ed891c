"""WebDataset tars, plain or compressed, within the limits for files of strangers."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, cast

from neurocomp.errors import FormatError
from neurocomp.models.dalle.images import (
    MAX_CAPTION_BYTES,
    MAX_IMAGE_BYTES,
    MAX_MEMBERS,
    UNPACKED_BYTES,
    UNPACKED_TIMES,
    UnusableImageError,
)
from neurocomp.names import printable

_PACKED: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_PIECE_BYTES = 1 << 20
_DAMAGE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)
_MORE_DAMAGE = (OverflowError, IndexError, KeyError, RecursionError)
"""Errors that tarfile raises for headers that make no sense."""


class Member(NamedTuple):
    """A file in a tar; ``reason`` says why it can't be read, where it can't."""

    offset: int
    num_bytes: int
    reason: str = ""


class Archive:
    """The files of an open tar, by name, the last one where a name comes twice."""

    def __init__(self, stream: Bounded, members: dict[str, Member]) -> None:
        self._stream, self._members = stream, members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def image(self, name: str) -> bytes:
        """Return the content of an image file; raises UnusableImageError."""
        return self._read(name, MAX_IMAGE_BYTES, "a file")

    def caption(self, name: str) -> bytes:
        """Return the content of a caption file; raises UnusableImageError."""
        return self._read(name, MAX_CAPTION_BYTES, "a caption")

    def _read(self, name: str, limit: int, what: str) -> bytes:
        member = self._members[name]
        if member.reason:
            raise UnusableImageError(member.reason)
        if member.num_bytes > limit:
            raise UnusableImageError(f"{what} of more than {limit} bytes")
        try:
            self._stream.seek(member.offset)
            content = self._stream.read(member.num_bytes)
        except (tarfile.TarError, OSError):
            raise UnusableImageError("cannot be read") from None
        if len(content) < member.num_bytes:
            raise UnusableImageError("cut short")
        return content


@contextmanager
def open_tar(path: Path) -> Iterator[Archive]:
    """Give the files of the tar at ``path``, which is read to its end first.

    Raises:
        FormatError: it is damaged, unpacks to too much or has too many members.
        OSError: it cannot be read.
    """
    try:
        with _open(path) as file:
            stream = Bounded(file)
            with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:") as archive:
                members = _list(archive)
                _require_end(archive)
            yield Archive(stream, members)
    except FormatError as error:
        raise FormatError(f"{printable(path)}: {error}") from None
    except (*_DAMAGE, *_MORE_DAMAGE) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise FormatError(
            f"{printable(path)} is not a whole tar file: {printable(str(error), 200)}"
        ) from None


class Bounded:
    """A file that refuses to be read in pieces larger than a member may be: a header's claim."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seek(self, offset: int) -> int:
        """Go to a position."""
        if offset < 0:
            raise tarfile.ReadError(f"a header points to {offset}")
        return self._file.seek(offset)

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes, or fewer at the end; raises tarfile.ReadError."""
        if not 0 <= size <= MAX_IMAGE_BYTES + tarfile.BLOCKSIZE:
            raise tarfile.ReadError(f"a header claims {size} bytes")
        return self._file.read(size)


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """Give the plain tar: of a compressed one a copy, which can be read in any order."""
    with path.open("rb") as file:
        start = file.read(8)
        opener = next((one for magic, one in _PACKED.items() if start.startswith(magic)), None)
        if opener is None:
            file.seek(0)
            yield file
            return
    limit = UNPACKED_BYTES + UNPACKED_TIMES * path.stat().st_size
    with opener(path) as packed, tempfile.TemporaryFile() as plain:
        while piece := packed.read(_PIECE_BYTES):
            if plain.tell() + len(piece) > limit:
                raise FormatError(f"it unpacks to more than {limit} bytes")
            plain.write(piece)
        plain.seek(0)
        yield plain


def _list(archive: tarfile.TarFile) -> dict[str, Member]:
    members: dict[str, Member] = {}
    last = -1
    for count, one in enumerate(archive):
        if count >= MAX_MEMBERS:
            raise FormatError(f"it has more than {MAX_MEMBERS} members")
        if one.size < 0 or one.offset <= last:
            raise tarfile.ReadError(f"the header at {one.offset} is damaged")
        last = one.offset
        cast(Any, archive).members.clear()  # or the library keeps a kilobyte for each
        name = str(PurePosixPath(one.name))
        if one.issym() or one.islnk():
            members[name] = Member(0, 0, "a link, not a file")
        elif one.issparse():
            members[name] = Member(0, 0, "a file with holes")
        elif one.isfile():
            members[name] = Member(one.offset_data, one.size)
    return members


def _require_end(archive: tarfile.TarFile) -> None:
    """Refuse a damaged header, which `tarfile` takes for the end.

    Raises:
        tarfile.ReadError: there is something else where the archive should end.
    """
    file = archive.fileobj
    assert file is not None
    file.seek(archive.offset)
    if any(file.read(tarfile.BLOCKSIZE)):
        raise tarfile.ReadError(f"the header at {archive.offset} is damaged")
