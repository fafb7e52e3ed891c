"""The lock on a run's folder: one training at a time writes into it.

It is a lock of the operating system on a file, so that it ends with the process, however that
ends: no lock is left behind that somebody must remove.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neurocomp.errors import TrainingError

LOCK_NAME = ".lock"
"""In a run's folder, while it is trained: who does."""

_PLACE = 1 << 20
"""The byte that Windows locks, behind the text: it lets nobody else read a locked byte."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""How file systems say that they have no locks."""


@contextmanager
def locked(folder: Path, tell: Callable[[str], None] = lambda message: None) -> Iterator[None]:
    """Hold the lock on ``folder``, which is made where it is missing.

    Where the file system has no locks (some network drives), the run goes on without one.

    Args:
        folder: of the run.
        tell: is told that there are no locks.

    Raises:
        TrainingError: another process holds it.
        OSError: the folder can't be written.
    """
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_NAME
    descriptor = _open_locked(path, tell)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        if sys.platform == "win32":  # which removes no open file
            os.close(descriptor)
            _remove(path)
        else:
            # First the name, so that nobody locks a file that is about to go: see _open_locked.
            _remove(path)
            os.close(descriptor)
        if is_new:
            with suppress(OSError):  # unless it was used
                folder.rmdir()


def _open_locked(path: Path, tell: Callable[[str], None]) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            is_ours = _lock(descriptor, path, tell)
            holder = "" if is_ours else os.read(descriptor, 200).decode(errors="replace").strip()
        except BaseException:
            os.close(descriptor)
            raise
        if not is_ours:
            os.close(descriptor)
            raise TrainingError(
                f"{path.parent} is being trained by {holder or 'another process'}: wait for its "
                "end, stop it, or name another folder"
            )
        if _is_at(path, descriptor):
            return descriptor
        os.close(descriptor)  # whoever held it has removed the file meanwhile


def _lock(descriptor: int, path: Path, tell: Callable[[str], None]) -> bool:
    """Return whether the lock is ours now; also where there are none."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _PLACE, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            return False
        if error.errno not in _NO_LOCKS:
            raise
        tell(
            f"warning: the file system of {path.parent} has no locks: see to it that no other "
            "training writes there"
        )
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
