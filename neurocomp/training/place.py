"""Where a run is, and how it begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import UsageError
from neurocomp.training.distributed import SHARDINGS
from neurocomp.training.log import LOG_NAME


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
    """

    output: Path
    resume: bool = False
    initial: Path | None = None
    device: str | None = None
    sharding: str = "ddp"

    def __post_init__(self) -> None:
        if self.sharding not in SHARDINGS:
            raise UsageError(f"the sharding is {self.sharding!r}, not one of {SHARDINGS}")
        if self.resume and self.initial is not None:
            raise UsageError("--init is for a new run, --resume for one that has begun")

    def check(self) -> None:
        """Raise UsageError where the folder has a run that is not to be resumed, or can't be."""
        if not (self.output / LOG_NAME).exists():
            return
        if not any((self.output / "checkpoints").glob("step-*")):
            raise UsageError(
                f"{self.output} has a run that ended before its first checkpoint: remove it and "
                "begin again, or name another folder"
            )
        if not self.resume:
            raise UsageError(
                f"{self.output} has a run already: --resume it, or name another folder"
            )
