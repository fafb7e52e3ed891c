"""Opening the folder of a run, which belongs to one training at a time.

The lock is the operating system's, on a file, so that it ends with the process, however that ends:
no lock is left that somebody must remove.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import FormatError, TrainingError, UsageError
from neurocomp.store.files import write_atomically
from neurocomp.training.distributed import Processes
from neurocomp.training.log import RunLog
from neurocomp.training.record import RECORD_NAME, RunPlace, RunRecord, changes
from neurocomp.training.run_folder import checkpoint_folder, read_state, remove_unfinished
from neurocomp.training.soundness import StoredCheckpoint, newest_sound

Tell = Callable[[str], None]

LOCK_NAME = ".lock"
"""In a run's folder, while it is trained: who does."""

_PLACE = 1 << 20
"""the byte that Windows locks, after the text: it lets nobody else read a locked byte."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""Errors of file systems without locks."""


@contextmanager
def locked(folder: Path, tell: Tell = lambda message: None) -> Iterator[None]:
    """Hold the lock on ``folder``, which is made where it is missing.

    Where the file system has no locks (some network drives), the run goes on without one.

    Args:
        folder: folder of the run.
        tell: a function that is called with a message if the file system has no locks.

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


def _open_locked(path: Path, tell: Tell) -> int:
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


def _lock(descriptor: int, path: Path, tell: Tell) -> bool:
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
            f"warning: the file system of {path.parent} has no locks: make sure that no other "
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


@dataclass
class OpenRun:
    """A run whose folder belongs to the processes that train.

    Attributes:
        place: folder of the run, and how it starts.
        processes: the processes that train.
        tell: a function that is called with messages for people.
        checkpoint: the one to go on from; None for a new run.
        record: a record of the training's inputs, from `begin` on.
    """

    place: RunPlace
    processes: Processes
    tell: Tell
    checkpoint: StoredCheckpoint | None
    record: RunRecord | None = None

    @property
    def folder(self) -> Path:
        """Folder of the run."""
        return self.place.output

    def begin(self, record: RunRecord) -> None:
        """Compare ``record`` with that of a run that goes on, and keep it; all processes call this.

        Raises:
            UsageError: the run would silently become another one.
        """
        self.record = record
        changed: dict[str, str] = {}
        if self.checkpoint is not None:
            before = self._recorded()
            if before is None:
                self.tell(
                    f"warning: {self.checkpoint.path} doesn't record its training: make sure "
                    "that the configuration and the data are those of its run"
                )
            else:
                changed = self._compare(before, record)

        def keep() -> None:
            text = json.dumps(record.to_json(), indent=1, allow_nan=False) + "\n"
            write_atomically(self.folder / RECORD_NAME, text.encode())
            if changed and self.checkpoint is not None:
                RunLog(self.folder).write("changed", self.checkpoint.step, changes=changed)

        self.processes.in_first(keep)

    def _recorded(self) -> RunRecord | None:
        """Return the record of the checkpoint's training, if it has one."""
        assert self.checkpoint is not None, "there is something to go on from"
        stored = self.checkpoint.state.get("record")
        if stored is None:
            return None
        try:
            return RunRecord.from_json(stored)
        except FormatError as error:
            raise FormatError(f"{self.checkpoint.path} is damaged: {error}") from None

    def _compare(self, before: RunRecord, now: RunRecord) -> dict[str, str]:
        """Report and return the changes that are allowed; raise if there are others."""
        found = changes(before, now)
        path = self.checkpoint.path if self.checkpoint else self.folder
        if impossible := [one.text for one in found if not one.is_possible]:
            raise UsageError(
                f"{self.folder} can't go on with another kind of network or optimizer: "
                f"{'; '.join(impossible)}: leave out --config to continue as before, or start a "
                f"new run in another folder with --init {path}"
            )
        meant = [one.text for one in found if not one.is_harmless]
        if meant and not self.place.accept_changes:
            raise UsageError(
                f"{self.folder} was trained with other settings: {'; '.join(meant)}: leave out "
                "--config and give the same data to continue as before, give --accept-changes if "
                f"this is intended, or start a new run in another folder with --init {path}"
            )
        for one in found:
            self.tell(f"changed: {one.text}")
        return {one.name: one.text for one in found}


@contextmanager
def open_run(place: RunPlace, processes: Processes, tell: Tell) -> Iterator[OpenRun]:
    """Give the run at ``place``, locked until the end; every process of the training calls this.

    Args:
        place: folder of the run, and how it starts.
        processes: the processes that train; the first one holds the lock for all.
        tell: a function that is called with messages for people.

    Raises:
        UsageError: the folder has a run that is not to be resumed, or none that could be.
        TrainingError: another training holds the folder.
        FormatError: all checkpoints are damaged.
    """
    if not place.output.exists():
        place.check()  # so that nothing is made for a run that can't be
    processes.wait()
    lock = locked(place.output, tell) if processes.is_first else nullcontext()
    processes.in_first(lock.__enter__)
    try:
        stored = processes.in_first(lambda: _choose(place, tell))
        [step] = processes.sum([float(stored.step) if stored is not None else 0.0])
        if step and stored is None:
            path = checkpoint_folder(place.output, int(step))
            stored = StoredCheckpoint(path, read_state(path))
        yield OpenRun(place, processes, tell, stored)
    finally:
        lock.__exit__(None, None, None)


def _choose(place: RunPlace, tell: Tell) -> StoredCheckpoint | None:
    """Return the checkpoint to resume from, now that no other process writes.

    Only now can be told what is there: what another process is training looks like a run that
    ended.
    """
    place.check()
    remove_unfinished(place.output)
    return newest_sound(place.output, tell) if place.resume else None
