"""VQGANs of taming-transformers and of latent diffusion, and their ports to the hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neurocomp import extras
from neurocomp.errors import FormatError, ModelMismatchError, UnsupportedError, UsageError
from neurocomp.models.dalle.autoencoders.vqgan import VQGAN
from neurocomp.models.dalle.autoencoders.vqgan_config import GUMBEL, NEAREST, VQGANConfig
from neurocomp.models.dalle.published.flax import is_flax, to_torch_names
from neurocomp.models.transformer.checkpoint import read_json

KINDS = {
    "taming.models.vqgan.VQModel": NEAREST,
    "taming.models.vqgan.VQNoDiscModel": NEAREST,
    "taming.models.vqgan.GumbelVQ": GUMBEL,
    "ldm.models.autoencoder.VQModel": NEAREST,
    "ldm.models.autoencoder.VQModelInterface": NEAREST,
}
"""Names of the model in configurations (``model.target``)."""

_FIXED = {
    "double_z": False,
    "resamp_with_conv": True,
    "give_pre_end": False,
    "tanh_out": False,
    "in_channels": 3,
    "out_ch": 3,
    "attn_type": "vanilla",
    "use_linear_attn": False,
}
"""Settings of other autoencoders of the same code that a `VQGAN` does not have."""

_ONLY_TRAINING = ("loss.", "model_ema.", "perceptual_loss.", "discriminator.")
"""Beginnings of the names of what has no part in codes and images."""


def read_configuration(path: Path) -> VQGANConfig:
    """Return the shape that a file says: YAML of taming-transformers, or the hub's config.json.

    Raises:
        MissingPackageError: it is YAML, and PyYAML is not installed.
        FormatError: the file is damaged, or lacks something.
        UnsupportedError: it is of another model.
        OSError: it can't be read.
    """
    if path.suffix == ".json":
        fields, kind = read_json(path), NEAREST
        shape = fields
    else:
        model = _yaml(path)
        kind = KINDS.get(str(model.get("target")), "")
        if not kind:
            raise UnsupportedError(
                f"{path} is of {model.get('target')}: of taming-transformers' models and those of "
                f"latent diffusion, {', '.join(KINDS)} are known"
            )
        fields = model.get("params") or {}
        shape = fields.get("ddconfig") or {}
    if fields.get("remap") is not None:
        raise UnsupportedError(f"{path} maps its codes to others (remap), which is not known here")
    for name, value in _FIXED.items():
        if shape.get(name, value) != value:
            raise UnsupportedError(f"{path} has {name} = {shape[name]!r}: only {value!r} is known")
    try:
        return VQGANConfig(
            kind=kind,
            num_codes=fields["n_embed"],
            code_width=fields["embed_dim"],
            latent_channels=shape["z_channels"],
            width=shape["ch"],
            multipliers=tuple(shape["ch_mult"]),
            num_blocks=shape["num_res_blocks"],
            resolution=shape["resolution"],
            attention_at=tuple(shape["attn_resolutions"]),
        )
    except (KeyError, TypeError) as error:
        raise FormatError(f"{path} is not the configuration of a VQGAN: {error!r}") from None
    except UsageError as error:
        raise UnsupportedError(f"{path}: {error}") from None


def build_vqgan(config: VQGANConfig, tensors: Mapping[str, Tensor], source: Path) -> VQGAN:
    """Return the autoencoder of some tensors, in float32.

    Args:
        config: shape of the autoencoder.
        tensors: tensors of a checkpoint, in Flax's names or in torch's.
        source: source of the tensors, for messages.

    Raises:
        ModelMismatchError: they are not of this shape.
    """
    named = to_torch_names(tensors) if is_flax(tensors) else tensors
    given = {
        name: tensor.float()
        for name, tensor in named.items()
        if not name.startswith(_ONLY_TRAINING)
    }
    with torch.device("meta"):
        network = VQGAN(config)
    own = network.state_dict()
    kept = {name: torch.zeros(own[name].shape) for name in ("usage", "distortion")}
    wanted = own.keys() - kept.keys()
    wrong = [*sorted(wanted - given.keys()), *sorted(given.keys() - wanted)]
    wrong += [one for one in sorted(wanted & given.keys()) if own[one].shape != given[one].shape]
    if wrong:
        more = f" and {len(wrong) - 3} others" if len(wrong) > 3 else ""
        raise ModelMismatchError(
            f"{source} is not of the shape that its configuration says: {', '.join(wrong[:3])}"
            f"{more} are missing, too many, or of another shape"
        )
    network.load_state_dict({**kept, **given}, assign=True)
    return network.eval()


def _yaml(path: Path) -> Mapping[str, Any]:
    """Return the table "model" of a configuration."""
    extras.require("reading a configuration in YAML", "hub", "yaml")
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FormatError(f"{path} is not YAML: {error}") from None
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict):
        raise FormatError(f"{path} is not the configuration of an autoencoder: it has no 'model'")
    return model
