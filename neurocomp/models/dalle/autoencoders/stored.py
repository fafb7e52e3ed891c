"""Autoencoders as folders: model.safetensors in half precision, and config.json."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from neurocomp.errors import FormatError, ModelMismatchError, UsageError
from neurocomp.models.dalle.autoencoders import Autoencoder, build, config_of
from neurocomp.models.dalle.images import ImageOptions
from neurocomp.store.files import write_atomically

MODEL_NAME, CONFIG_NAME = "model.safetensors", "config.json"
USAGE, ONLY_TRAINING = "usage", ("usage", "distortion", "counts", "sums")


class StoredAutoencoder(NamedTuple):
    """An autoencoder as its folder holds it.

    Attributes:
        network: the autoencoder in float32, for evaluation.
        sha256: SHA-256 of model.safetensors, 32 bytes, which token files name.
        options: size of the images and the way of resizing.
        training_share, group: see `CaptionedImages.part`.
        measures: measures on the images that were held out, by name; none if nobody has measured.
    """

    network: Autoencoder
    sha256: bytes
    options: ImageOptions
    training_share: float
    group: str
    measures: Mapping[str, float]

    @property
    def num_dims(self) -> int:
        """Sub-pixels of an image."""
        return 3 * self.options.size**2


def save_autoencoder(
    network: Autoencoder,
    data: Any,
    folder: Path,
    measures: Mapping[str, float] | None = None,
    dtype: torch.dtype = torch.float16,
) -> Path:
    """Write ``network`` into ``folder``; return the file of its parameters.

    Args:
        network: the autoencoder; its parameters are stored, those of training left out.
        data: dataclass with size, resize, training_share and group.
        folder: a folder that exists.
        measures: see `StoredAutoencoder`.
        dtype: dtype of the stored parameters.
    """
    tensors = {
        name: tensor.detach().cpu().to(dtype).contiguous()
        for name, tensor in network.state_dict().items()
        if name not in ONLY_TRAINING
    }
    names = ("size", "resize", "training_share", "group")
    fields = {
        "model": dataclasses.asdict(cast(Any, network.config)),
        "data": {name: getattr(data, name) for name in names},
    }
    if measures:
        fields["measures"] = {name: round(value, 6) for name, value in measures.items()}
    write_atomically(folder / CONFIG_NAME, json.dumps(fields, indent=2).encode())
    target = folder / MODEL_NAME
    write_atomically(target, save(tensors, {"format": "pt"}))
    return target


def load_autoencoder(folder: Path, device: torch.device | None = None) -> StoredAutoencoder:
    """Return the autoencoder that `save_autoencoder` wrote.

    Raises:
        UsageError: ``folder`` is not a folder of an autoencoder.
        FormatError: its files are damaged.
        ModelMismatchError: they don't belong together.
    """
    if not (folder / MODEL_NAME).is_file():
        raise UsageError(
            f"{folder} is not the folder of an autoencoder: make one with 'neurocomp dalle "
            "train-vae', which ends by writing model.safetensors"
        )
    content = (folder / MODEL_NAME).read_bytes()
    try:
        fields = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
        network = build(config_of(fields["model"]))
        data = fields["data"]
        options = ImageOptions(data["size"], data["resize"])
        share, group = float(data["training_share"]), str(data["group"])
        measures = {str(name): float(one) for name, one in fields.get("measures", {}).items()}
        tensors = {name: tensor.float() for name, tensor in load(content).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise FormatError(f"{folder} is not a whole autoencoder: {error!r}") from None
    kept = {name: tensor for name, tensor in network.state_dict().items() if name in ONLY_TRAINING}
    try:
        network.load_state_dict({**kept, **tensors})
    except RuntimeError:
        raise ModelMismatchError(
            f"{folder}: {MODEL_NAME} is not of the shape that {CONFIG_NAME} says"
        ) from None
    network = network.to(device or torch.device("cpu")).eval()
    return StoredAutoencoder(
        network, hashlib.sha256(content).digest(), options, share, group, measures
    )
