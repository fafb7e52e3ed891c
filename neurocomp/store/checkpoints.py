"""Checkpoint folders of trainings, as conversions read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from neurocomp.errors import FormatError
from neurocomp.names import printable, quoted

MAX_MAGNITUDE = float(1 << 20)
"""Largest weight accepted: those of trained networks are thousands of times smaller."""

_AT_ONCE = 1 << 20


def read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the settings in config.json and the tensors in model.safetensors.

    Raises:
        FormatError: a file is missing or damaged, or a weight is NaN, infinite or huge.
    """
    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = load_file(folder / "model.safetensors")
    except (OSError, ValueError, SafetensorError, RecursionError) as error:
        raise FormatError(
            f"{printable(folder)} is not a checkpoint of a network: {error}"
        ) from None
    if not isinstance(settings, dict):
        raise FormatError(f"{printable(folder / 'config.json')} holds no settings")
    for name, tensor in weights.items():
        require_sound(folder, name, tensor)
    return settings, weights


def require_sound(folder: Path, name: str, tensor: NDArray[Any]) -> None:
    """Raise FormatError where a tensor of a checkpoint has values that no network can use.

    Args:
        folder: folder of the checkpoint, for the message.
        name: name of the tensor.
        tensor: a tensor of any shape and type; it is read in pieces.
    """
    if tensor.dtype.kind != "f":
        return
    flat = tensor.reshape(-1)
    for start in range(0, flat.size, _AT_ONCE):
        piece = flat[start : start + _AT_ONCE]
        low, high = float(piece.min()), float(piece.max())  # NaN where one is
        if low >= -MAX_MAGNITUDE and high <= MAX_MAGNITUDE:
            continue
        what = _describe(piece, low, high)
        raise FormatError(
            f"tensor {quoted(name)} of the checkpoint {printable(folder)} {what}: its training "
            "had diverged before it was saved; take an earlier checkpoint"
        )


def _describe(piece: NDArray[Any], low: float, high: float) -> str:
    if num := int(np.isnan(piece).sum()):
        return f"has NaN weights ({num} or more)"
    if num := int(np.isinf(piece).sum()):
        return f"has infinite weights ({num} or more)"
    return f"has a weight of {max(high, -low):.3g}, which is too large (limit {MAX_MAGNITUDE:.3g})"
