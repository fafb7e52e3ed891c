"""The way into a run: its folder is locked, the checkpoint to go on from is chosen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.files import write_atomically
from neurocomp.training.distributed import Processes
from neurocomp.training.lock import locked
from neurocomp.training.log import RunLog
from neurocomp.training.place import RunPlace
from neurocomp.training.record import RECORD_NAME, RunRecord, changes
from neurocomp.training.run_folder import checkpoint_folder, read_state, remove_unfinished
from neurocomp.training.soundness import StoredCheckpoint, newest_sound

Tell = Callable[[str], None]


@dataclass
class OpenRun:
    """A run whose folder belongs to the processes that train.

    Attributes:
        place: where it is.
        processes: who trains.
        tell: is told what people may want to read.
        checkpoint: the one to go on from; None for a new run.
        record: what it is trained with, from `begin` on.
    """

    place: RunPlace
    processes: Processes
    tell: Tell
    checkpoint: StoredCheckpoint | None
    record: RunRecord | None = None

    @property
    def folder(self) -> Path:
        """Of the run."""
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
                    f"warning: {self.checkpoint.path} doesn't say what it was trained with: see "
                    "to it that the configuration and the data are those of its run"
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
        """Return what the checkpoint was trained with, if it says so."""
        assert self.checkpoint is not None, "there is something to go on from"
        stored = self.checkpoint.state.get("record")
        if stored is None:
            return None
        try:
            return RunRecord.from_json(stored)
        except FormatError as error:
            raise FormatError(f"{self.checkpoint.path} is damaged: {error}") from None

    def _compare(self, before: RunRecord, now: RunRecord) -> dict[str, str]:
        """Return what may change, told to the user; raise where something else has."""
        found = changes(before, now)
        path = self.checkpoint.path if self.checkpoint else self.folder
        if impossible := [one.text for one in found if not one.is_possible]:
            raise UsageError(
                f"{self.folder} can't go on with another kind of network or optimizer: "
                f"{'; '.join(impossible)}: leave out --config to go on as it was, or begin a new "
                f"run in another folder with --init {path}"
            )
        meant = [one.text for one in found if not one.is_harmless]
        if meant and not self.place.accept_changes:
            raise UsageError(
                f"{self.folder} was trained with something else: {'; '.join(meant)}: leave out "
                "--config and give the same data to go on as it was, give --accept-changes if this "
                f"is meant, or begin a new run in another folder with --init {path}"
            )
        for one in found:
            self.tell(f"changed: {one.text}")
        return {one.name: one.text for one in found}


@contextmanager
def open_run(place: RunPlace, processes: Processes, tell: Tell) -> Iterator[OpenRun]:
    """Give the run at ``place``, locked until the end; every process of the training calls this.

    Args:
        place: where it is, and whether it goes on.
        processes: who trains; the first one holds the lock for all.
        tell: is told what people may want to read.

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
    """Return the checkpoint to go on from, now that nobody else writes.

    Only now can be told what is there: what another process is training looks like a run that
    ended.
    """
    place.check()
    remove_unfinished(place.output)
    return newest_sound(place.output, tell) if place.resume else None
