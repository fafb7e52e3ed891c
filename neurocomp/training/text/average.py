"""The mean of networks that one training has come by: often better than each of them.

Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization"; Wortsman
et al. 2022, "Model soups".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.recurrent.convert import CHECKPOINT_TYPE
from neurocomp.networks.glr import GLR, GLRConfig
from neurocomp.training.durable import new_folder, write_file
from neurocomp.training.run_folder import MODEL_NAME
from neurocomp.training.text.initial import CONFIG_NAME, set_byte_network


def average_networks(checkpoint: Path, others: Sequence[Path], output: Path) -> None:
    """Write the mean of the parameters of byte networks as a checkpoint without momenta.

    Args:
        checkpoint: folder of a checkpoint; the mean has its shape.
        others: checkpoints, model files or networks of the package, at least one, of this shape or
            of a smaller one (`GLR.adopt`), which the training of ``checkpoint`` began with or went
            through. The mean of networks that were trained apart is worthless.
        output: the folder to write, which is not there yet.

    Raises:
        UsageError: a network is not there, or the first is no checkpoint of a byte network.
        FormatError, UnsupportedError: one is damaged, or no network.
        ModelMismatchError: one is of another shape.
        OSError: the folder is there, or can't be written.
    """
    settings = _read_settings(checkpoint)
    try:
        config = GLRConfig(**{name: one for name, one in settings.items() if name != "model_type"})
    except (TypeError, AttributeError, UsageError) as error:
        raise FormatError(f"{checkpoint / CONFIG_NAME} is damaged: {error}") from None
    network = GLR(config)
    total = {name: torch.zeros_like(tensor) for name, tensor in network.state_dict().items()}
    for path in (checkpoint, *others):
        set_byte_network(network, path)
        for name, tensor in network.state_dict().items():
            total[name] += tensor / (1 + len(others))
    with new_folder(output) as folder:
        write_file(folder / MODEL_NAME, save(total, {"format": "pt"}))
        write_file(folder / CONFIG_NAME, json.dumps(settings, indent=2).encode())


def _read_settings(checkpoint: Path) -> dict[str, Any]:
    path = checkpoint / CONFIG_NAME
    if not path.is_file():
        raise UsageError(
            f"{checkpoint} is not a checkpoint, such as run/checkpoints/step-…: it tells the shape "
            "of the mean, so it goes first"
        )
    settings: Any
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"{path} is damaged: {error}") from None
    if not isinstance(settings, dict) or settings.get("model_type") != CHECKPOINT_TYPE:
        raise UsageError(f"{checkpoint} holds no byte network, as 'train text' makes them")
    found: dict[str, Any] = settings
    return found
