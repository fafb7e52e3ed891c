"""The discrete VAE that was released with DALL-E: encoder.pkl and decoder.pkl.

Both files are whole modules; `pickles` reads the tensors in them and runs nothing.  The network is
a `DVAE` of this package: the shape follows from the tensors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from neurocomp.errors import ModelMismatchError, UsageError
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig
from neurocomp.models.dalle.autoencoders.dvae import DVAE

RESOLUTION = 256
"""Pixels across and down of the images that it was trained on."""

_BLOCK = re.compile(r"blocks\.group_(\d+)\.block_(\d+)\.(id_path|res_path\.conv_(\d))\.([wb])")
_KINDS = {"w": "weight", "b": "bias"}


def build_released(
    encoder: Mapping[str, Tensor], decoder: Mapping[str, Tensor], source: Path
) -> DVAE:
    """Return the autoencoder of the tensors of both files, in float32.

    Args:
        encoder, decoder: called as the released modules call them.
        source: folder of both, for messages.

    Raises:
        ModelMismatchError: they are not such modules, or don't belong together.
    """
    try:
        config = _config(encoder, decoder)
        tensors = {f"encoder.{name}": one for name, one in _renamed(encoder).items()}
        tensors |= {f"decoder.{name}": one for name, one in _renamed(decoder).items()}
        # One code at a time is chosen: the first convolution is a table, its bias in each row.
        weight, bias = decoder["blocks.input.w"], decoder["blocks.input.b"]
        tensors["codebook"] = weight[:, :, 0, 0].t() + bias
        del tensors["decoder.input.weight"], tensors["decoder.input.bias"]
    except (KeyError, ValueError, IndexError, UsageError) as error:
        raise ModelMismatchError(
            f"{source} has no encoder and decoder of the released dVAE: {error}"
        ) from None
    with torch.device("meta"):
        network = DVAE(config)
    own = network.state_dict()
    tensors |= {name: torch.zeros(own[name].shape) for name in ("usage", "distortion")}
    wrong = sorted(own.keys() ^ tensors.keys())
    wrong += [
        one for one in sorted(own.keys() & tensors.keys()) if own[one].shape != tensors[one].shape
    ]
    if wrong:
        raise ModelMismatchError(
            f"{source} has no encoder and decoder of one released dVAE: {', '.join(wrong[:3])} are "
            "missing, too many, or of another shape"
        )
    network.load_state_dict({name: one.float() for name, one in tensors.items()}, assign=True)
    return network.eval()


def _config(encoder: Mapping[str, Tensor], decoder: Mapping[str, Tensor]) -> AutoencoderConfig:
    first = encoder["blocks.input.w"]
    places = [match for name in encoder if (match := _BLOCK.fullmatch(name))]
    return AutoencoderConfig(
        kind="dvae",
        factor=1 << (max(int(match[1]) for match in places) - 1),
        num_codes=encoder["blocks.output.conv.w"].shape[0],
        width=first.shape[0],
        num_blocks=max(int(match[2]) for match in places),
        code_width=decoder["blocks.input.w"].shape[0],
        first_kernel=first.shape[-1],
        likelihood="logit-laplace",
        centred=False,
    )


def _renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors as `blocks.encoder` and `blocks.decoder` call them."""
    found = {}
    for name, tensor in tensors.items():
        if match := _BLOCK.fullmatch(name):
            group, block = int(match[1]) - 1, int(match[2]) - 1
            # In a residual path each convolution comes after a ReLU.
            inner = "path" if match[3] == "id_path" else f"residual.{2 * int(match[4]) - 1}"
            new = f"group_{group}_block_{block}.{inner}.{_KINDS[match[5]]}"
        else:
            part, kind = (
                name.removeprefix("blocks.").removesuffix(".w").removesuffix(".b"),
                name[-1],
            )
            new = f"{part.removesuffix('.conv')}.{_KINDS[kind]}"
        found[new] = tensor
    return found
