"""Where a run is, and how it begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import UsageError
from neurocomp.training.distributed import SHARDINGS
from neurocomp.training.log import LOG_NAME
from neurocomp.training.run_folder import checkpoints_of


@dataclass(frozen=True)
class RunPlace:
    """Where a training leaves its results, and what it begins with.

    Attributes:
        output: folder of the run.
        resume: go on from the newest checkpoint in it.
        initial: checkpoint folder whose parameters a new run begins with; what else it may be is
            the training's business.
        device: "cpu", "cuda" or None for the better one.
        sharding: "ddp" or "fsdp".
        accept_changes: go on although configuration or data are not those of the run.
    """

    output: Path
    resume: bool = False
    initial: Path | None = None
    device: str | None = None
    sharding: str = "ddp"
    accept_changes: bool = False

    def __post_init__(self) -> None:
        if self.sharding not in SHARDINGS:
            raise UsageError(f"the sharding is {self.sharding!r}, not one of {SHARDINGS}")
        if self.resume and self.initial is not None:
            raise UsageError("--init is for a new run, --resume for one that has begun")
        if self.accept_changes and not self.resume:
            raise UsageError("--accept-changes is for a run that goes on: give --resume too")

    def check(self) -> None:
        """Raise UsageError where a run is there that is not to be resumed, or none that can be."""
        if not (self.output / LOG_NAME).exists() and not checkpoints_of(self.output):
            if self.resume:
                raise UsageError(
                    f"{self.output} has no run to go on with: leave out --resume to begin one"
                )
            return
        if not checkpoints_of(self.output):
            raise UsageError(
                f"{self.output} has a run that ended before its first checkpoint: remove it and "
                "begin again, or name another folder"
            )
        if not self.resume:
            raise UsageError(
                f"{self.output} has a run already: --resume it, or name another folder"
            )
