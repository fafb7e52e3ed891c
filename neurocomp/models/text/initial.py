"""The first parameters of a text training, and means of checkpoints.

The mean of networks that one training has come by is often better than each of them.

Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization"; Wortsman
et al. 2022, "Model soups".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from neurocomp.errors import FormatError, ModelMismatchError, UsageError
from neurocomp.models.bytenet.config import RecurrentConfig
from neurocomp.models.bytenet.convert import CHECKPOINT_TYPE, restore
from neurocomp.models.bytenet.glr import GLR, GLRConfig
from neurocomp.models.bytenet.model import WEIGHTS
from neurocomp.store.stored import StoredModel
from neurocomp.training.checkpoint import read_parameters, set_parameters
from neurocomp.training.run_folder import MODEL_NAME, new_folder, write_file

CONFIG_NAME = "config.json"


def set_byte_network(network: GLR, path: Path) -> None:
    """Set the parameters of ``network`` to others.

    Args:
        network: network to set.
        path: a checkpoint folder, the name of a network in the package, such as "text-s", or the
            file of a stored one.  It may be smaller: see `GLR.adopt`.

    Raises:
        UsageError: there is no such thing.
        FormatError, UnsupportedError: it is damaged, or no network.
        ModelMismatchError: it is of another shape, that `GLR.adopt` has no form of either.
    """
    tensors, hashed = _read_byte_network(path)
    own = network.config.hashed
    growths = {own.get(length, 0) - bits for length, bits in hashed.items()}
    if hashed and (hashed.keys() != own.keys() or len(growths) > 1):
        raise ModelMismatchError(
            f"{path} has tables of n-grams (length: bits) {_shown(hashed)}, but the [model.hashed] "
            f"of the training has {_shown(own)}: give tables of the same lengths, all of them "
            "larger by as many bits"
        )
    set_parameters(network, network.adopt(tensors), path)


def _shown(hashed: Mapping[str, int]) -> str:
    return ", ".join(f"{length}: {bits}" for length, bits in sorted(hashed.items())) or "none"


def _read_byte_network(path: Path) -> tuple[dict[str, Tensor], dict[str, int]]:
    """Return the parameters of a byte network, and its tables of n-grams where it says so."""
    if path.is_dir():
        return read_parameters(path), _hashed_of(path / CONFIG_NAME)
    stored = path if path.suffix else WEIGHTS / f"{path}.safetensors"
    if not stored.is_file():
        names = ", ".join(sorted(one.stem for one in WEIGHTS.glob("*.safetensors")))
        raise UsageError(
            f"{path} is neither a checkpoint, such as run/checkpoints/step-…, nor a model file "
            f"nor a network of the package: {names}"
        )
    model = StoredModel.load(stored)
    weights = restore(model)
    config = RecurrentConfig.from_json(dict(model.config))
    return {name: torch.from_numpy(weight) for name, weight in weights.items()}, config.hashed


def _hashed_of(path: Path) -> dict[str, int]:
    """Return the tables of n-grams of a checkpoint whose config.json is at ``path``, if it is."""
    if not path.is_file():
        return {}
    try:
        hashed = json.loads(path.read_text(encoding="utf-8")).get("hashed", {})
        return {str(length): int(bits) for length, bits in hashed.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise FormatError(f"{path} is damaged: {error}") from None


def average_networks(checkpoint: Path, others: Sequence[Path], output: Path) -> None:
    """Write the mean of the parameters of byte networks as a checkpoint without momenta.

    Args:
        checkpoint: folder of a checkpoint; the mean has its shape.
        others: checkpoints, model files or networks of the package, at least one, of this shape or
            of a smaller one (`GLR.adopt`), which the training of ``checkpoint`` began with or went
            through. The mean of networks that were trained apart is worthless.
        output: the folder to write; it must not exist.

    Raises:
        UsageError: a network is missing, or the first is not a checkpoint of a byte network.
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
