"""What a training of text begins with."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from neurocomp.errors import UsageError
from neurocomp.models.recurrent.model import WEIGHTS
from neurocomp.models.recurrent.restore import restore
from neurocomp.models.stored import StoredModel
from neurocomp.networks.glr import GLR
from neurocomp.training.checkpoint import read_parameters, set_parameters
from neurocomp.training.text.networks import TextNetwork


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
    if not isinstance(network, GLR):
        set_parameters(network, read_parameters(initial), initial)
        return
    stored = initial if initial.suffix else WEIGHTS / f"{initial}.safetensors"
    if initial.is_dir():
        tensors = read_parameters(initial)
    elif stored.is_file():
        tensors = _restored(stored)
    else:
        names = ", ".join(sorted(path.stem for path in WEIGHTS.glob("*.safetensors")))
        raise UsageError(
            f"{initial} is neither a checkpoint, such as run/checkpoints/step-…, nor a model file "
            f"nor a network of the package: {names}"
        )
    set_parameters(network, network.adopt(tensors), initial)


def _restored(path: Path) -> dict[str, Tensor]:
    weights = restore(StoredModel.load(path))
    return {name: torch.from_numpy(weight) for name, weight in weights.items()}
