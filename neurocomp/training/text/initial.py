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
    if isinstance(network, GLR):
        set_parameters(network, network.adopt(read_byte_network(initial)), initial)
    else:
        set_parameters(network, read_parameters(initial), initial)


def read_byte_network(path: Path) -> dict[str, Tensor]:
    """Return the parameters of a byte network: a checkpoint, a model file, a name in the package.

    Raises:
        UsageError: there is no such thing.
        FormatError, UnsupportedError: it is damaged, or no network.
    """
    if path.is_dir():
        return read_parameters(path)
    stored = path if path.suffix else WEIGHTS / f"{path}.safetensors"
    if not stored.is_file():
        names = ", ".join(sorted(one.stem for one in WEIGHTS.glob("*.safetensors")))
        raise UsageError(
            f"{path} is neither a checkpoint, such as run/checkpoints/step-…, nor a model file "
            f"nor a network of the package: {names}"
        )
    weights = restore(StoredModel.load(stored))
    return {name: torch.from_numpy(weight) for name, weight in weights.items()}
