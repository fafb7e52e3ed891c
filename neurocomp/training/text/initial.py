"""What a training of text begins with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from neurocomp.errors import FormatError, ModelMismatchError, UsageError
from neurocomp.models.recurrent.config import RecurrentConfig
from neurocomp.models.recurrent.model import WEIGHTS
from neurocomp.models.recurrent.restore import restore
from neurocomp.models.stored import StoredModel
from neurocomp.networks.glr import GLR
from neurocomp.training.checkpoint import read_parameters, set_parameters
from neurocomp.training.text.networks import TextNetwork

CONFIG_NAME = "config.json"


def set_initial(network: TextNetwork, initial: Path) -> None:
    """Set the parameters of ``network``.

    Args:
        network: what is set.
        initial: a checkpoint folder; for a byte network also the name of one in the package, such
            as "text-s", or the file of a stored one.  It may be smaller: see `GLR.adopt`.

    Raises:
        UsageError: there is no such thing.
        FormatError, UnsupportedError: it is damaged, or no network.
        ModelMismatchError: it is of another shape.
    """
    if isinstance(network, GLR):
        set_byte_network(network, initial)
    else:
        set_parameters(network, read_parameters(initial), initial)


def set_byte_network(network: GLR, path: Path) -> None:
    """Set the parameters of ``network`` to those of a checkpoint, a model file, or the package's.

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
