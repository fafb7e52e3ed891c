"""Checkpoint folders of trainings, as conversions read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from neurocomp.errors import FormatError


def read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the settings in config.json and the tensors in model.safetensors.

    Raises:
        FormatError: a file is missing or damaged.
    """
    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = load_file(folder / "model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise FormatError(f"{folder} is no checkpoint of a network: {error}") from None
    if not isinstance(settings, dict):
        raise FormatError(f"{folder / 'config.json'} holds no settings")
    return settings, weights
