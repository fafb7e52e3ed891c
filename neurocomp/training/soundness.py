"""Whether a checkpoint is what was written, and whether its numbers are numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from neurocomp.errors import FormatError
from neurocomp.training.run_folder import (
    MODEL_NAME,
    OPTIMIZER_NAME,
    checkpoints_of,
    read_state,
    read_sums,
)


@dataclass(frozen=True)
class StoredCheckpoint:
    """A checkpoint that was found sound.

    Attributes:
        path: folder of the checkpoint.
        state: the content of its state.json.
        passed_over: folders of newer ones that are damaged.
    """

    path: Path
    state: dict[str, Any]
    passed_over: frozenset[Path] = frozenset()

    @property
    def step(self) -> int:
        """Updates that were done."""
        return int(self.state["step"])


def newest_sound(
    run: Path, tell: Callable[[str], None] = lambda message: None
) -> StoredCheckpoint | None:
    """Return the newest checkpoint of a run that is sound; None if the run has none at all.

    Args:
        run: folder of the run.
        tell: a function that is called with a message for each damaged checkpoint.

    Raises:
        FormatError: all are damaged.
    """
    passed_over: dict[Path, str] = {}
    for path in reversed(checkpoints_of(run)):
        try:
            state = verify(path)
        except FormatError as error:
            passed_over[path] = str(error)
            tell(f"warning: the checkpoint {path} is skipped: {error}")
            continue
        return StoredCheckpoint(path, state, frozenset(passed_over))
    if passed_over:
        reasons = "; ".join(passed_over.values())
        raise FormatError(f"{run} has no sound checkpoint to go on from: {reasons}")
    return None


def verify(path: Path) -> dict[str, Any]:
    """Return the state of the checkpoint in the folder ``path``.

    Raises:
        FormatError: a file is missing or not what was written, or holds values that are not finite.
    """
    for name, digest in read_sums(path).items():
        try:
            with (path / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise FormatError(f"{path / name} can't be read: {error.strerror}") from None
        if found != digest:
            raise FormatError(f"{path / name} is damaged: it is not what was written")
    state = read_state(path)
    for name in (MODEL_NAME, OPTIMIZER_NAME):
        if bad := first_not_finite(read_tensors(path / name)):
            raise FormatError(f"{path / name} holds values that are not finite, in {bad}")
    return state


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file by name.

    Raises:
        FormatError: it is missing or damaged.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise FormatError(f"{path} is not a whole safetensors file: {error}") from None


@torch.no_grad()
def first_not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """Return the name of a tensor that holds an infinity or a NaN, if one does."""
    from torch.distributed.tensor import DTensor

    names = [name for name, one in tensors.items() if one.is_floating_point()]
    if not names:
        return None
    parts = (tensors[name] for name in names)
    local = [one.to_local() if isinstance(one, DTensor) else one for one in parts]
    # One wait for the device, however many tensors there are.
    flags = [one.isfinite().all().to(local[0].device) for one in local]
    finite: list[bool] = torch.stack(flags).tolist()
    return None if all(finite) else names[finite.index(False)]
