"""The curves of a run for TensorBoard, beside the lines of its log."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurocomp import extras

BOARD_NAME = "tensorboard"
"""In a run's folder: what ``tensorboard --logdir`` reads."""


class Board:
    """Writes the events of a `RunLog` as scalars.

    Args:
        folder: folder of the run.
        first_step: the last step before this process; what an earlier one wrote of later steps is
            left out of the curves.

    Raises:
        MissingPackageError: tensorboard is not installed.
    """

    def __init__(self, folder: Path, first_step: int = 0) -> None:
        extras.require("--tensorboard", "tensorboard")
        from torch.utils.tensorboard import SummaryWriter

        purged = first_step + 1 if first_step else None
        self._writer: Any = SummaryWriter(str(folder / BOARD_NAME), purge_step=purged)

    def write(self, event: str, step: int, values: Mapping[str, Any]) -> None:
        """Write an event of the log: "step" and "validation" have curves, others none."""
        if event == "step":
            curves = {f"training/{name}": one for name, one in values.items() if name != "unit"}
            curves[f"loss/training ({values['unit']})"] = curves.pop("training/loss")
        elif event == "validation":
            units = values["units"]
            curves = {
                f"validation/{name} ({units[name]})": one for name, one in values["metrics"].items()
            }
        else:
            return
        for name, value in curves.items():
            if value is not None and math.isfinite(value):
                self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        """Write what is left; called once."""
        self._writer.close()
