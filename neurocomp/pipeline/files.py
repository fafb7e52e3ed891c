"""Output files that are whole or not there at all."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from neurocomp.store.files import sync_folder
from neurocomp.temporaries import output_error, temporary_beside

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MAX_LINKS = 40
_OWN_FOLDER = r"/(?:dev/fd|proc/(?:self|thread-self|(?P<process>\d+))(?:/task/\d+)?/fd)"


def own_descriptor(path: Path) -> int | None:
    """Return the number of the descriptor that ``path`` stands for, perhaps through links.

    Such a name may lead to a plain file, which the shell opened for this process: to replace it
    would put the output where nobody looks for it, and the link of the system out of the way.
    """
    current = os.path.abspath(path)
    for _ in range(_MAX_LINKS):
        folder = os.path.realpath(os.path.dirname(current))
        name = os.path.basename(current)
        match = re.fullmatch(_OWN_FOLDER, folder)
        if match is not None and name.isascii() and name.isdigit():
            process = match["process"]
            return int(name) if process is None or int(process) == os.getpid() else None
        try:
            current = os.path.join(folder, os.readlink(os.path.join(folder, name)))
        except OSError:
            return None
    return None


@contextmanager
def new_file(
    target: Path, *, overwrite: bool = False, like: os.stat_result | None = None
) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``target`` that is renamed to it when all went well.

    The file is complete and on the disk before it gets its name, and the name is on the disk
    before this returns.  An exception removes it and leaves ``target`` as it was.  A character
    device or a named pipe is written to directly, and so is what a descriptor of this process
    (/dev/stdout) stands for: it can neither be replaced nor be left half-written.

    Args:
        target: the path of the file.
        overwrite: replace a file that is there; a link is replaced, not what it leads to.
        like: the status of a file whose permissions and modification time, and owner where
            that is allowed, the new one gets.

    Raises:
        FileExistsError: there is a file, and ``overwrite`` is false.
        OSError: the file cannot be written; what the system refuses while it is written is an
            ``OutputError``.
    """
    if is_channel(target):
        with _open_channel(target) as channel:
            yield channel
        return
    _refuse_existing(target, overwrite)
    with temporary_beside(target) as temporary:
        # The content may be private: until it has its permissions it is for the owner only.
        descriptor = os.open(temporary, _CREATE, 0o666 if like is None else 0o600)
        with _writer(descriptor, target) as file:
            yield file
            file.flush()
            try:
                if like is not None:
                    _copy_owner_and_mode(descriptor, like)
                    at = descriptor if os.utime in os.supports_fd else temporary
                    os.utime(at, ns=(like.st_atime_ns, like.st_mtime_ns))
                os.fsync(descriptor)
            except OSError as error:
                raise output_error(error, target) from None
        _refuse_existing(target, overwrite)
        os.replace(temporary, target)
        sync_folder(target.parent)


def remove_input(path: Path, status: os.stat_result, output: Path) -> None:
    """Remove ``path``, whose content is now in ``output``.

    The name of ``output`` is made to last first.  ``path`` stays where it is no longer the file
    that was read.

    Args:
        path: the file to remove.
        status: status of the file when it was read.
        output: the complete output.

    Raises:
        OSError: the file changed meanwhile, or cannot be removed.
    """
    now = path.lstat()
    read = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    if (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns) != read:
        raise OSError("was changed while it was read, and is not removed")
    sync_folder(output.parent)
    path.unlink()


_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


def is_channel(target: Path) -> bool:
    """Return whether ``target`` is written to directly.

    That is a character device, a named pipe, or a name of one of this process's descriptors.
    """
    try:
        mode = target.stat().st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISCHR(mode) or stat.S_ISFIFO(mode):
        return True
    return own_descriptor(target) is not None


class _OutputFile(io.FileIO):
    """A file whose errors name ``target``, the name that it gets in the end."""

    target: Path

    def write(self, data: ReadableBuffer, /) -> int:
        """Write ``data``."""
        try:
            return super().write(data)
        except OSError as error:
            raise output_error(error, self.target) from None


def _writer(descriptor: int, target: Path) -> BinaryIO:
    """Return the file of ``descriptor``, buffered, which it closes in the end."""
    raw = _OutputFile(descriptor, "wb")
    raw.target = target
    return cast(BinaryIO, io.BufferedWriter(raw))


@contextmanager
def _open_channel(target: Path) -> Iterator[BinaryIO]:
    number = own_descriptor(target)
    # Opened again, a file that the shell opened for this process would be written from its start.
    descriptor = os.open(target, os.O_WRONLY) if number is None else os.dup(number)
    with _writer(descriptor, target) as file:
        yield file


def _refuse_existing(target: Path, overwrite: bool) -> None:
    """Raise unless ``target`` is a name that may be taken."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{target} is a folder")
    if not overwrite:
        raise FileExistsError(f"{target} already exists")
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        raise OSError(f"{target} is not a regular file")


def _copy_owner_and_mode(descriptor: int, like: os.stat_result) -> None:
    """Give an open file the owner, where that is allowed, and the permissions of ``like``."""
    if not hasattr(os, "fchown"):
        return
    mode = stat.S_IMODE(like.st_mode) & 0o777
    with suppress(PermissionError):
        os.fchown(descriptor, like.st_uid, -1)
    try:
        os.fchown(descriptor, -1, like.st_gid)
    except PermissionError:
        # Another group than the input's must not get more than everybody.
        mode &= 0o707 | (mode & 0o007) << 3
    os.fchmod(descriptor, mode)
