"""Which published autoencoder a file or a folder is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.dalle.autoencoders import Autoencoder
from neurocomp.models.dalle.published.flax import read_msgpack
from neurocomp.models.dalle.published.pickles import read_checkpoint, tensors_of
from neurocomp.models.dalle.published.released import RESOLUTION, build_released
from neurocomp.models.dalle.published.taming import build_vqgan, read_configuration

ENCODER_NAME, DECODER_NAME = "encoder.pkl", "decoder.pkl"
WEIGHTS = ("model.safetensors", "pytorch_model.bin", "flax_model.msgpack")
"""File names of parameters at the hub, the safest first."""
_CHECKPOINTS = (".ckpt", ".pt", ".pth")


@dataclass(frozen=True)
class Published:
    """An autoencoder that somebody has published.

    Attributes:
        network: the autoencoder in float32, for evaluation.
        size: pixels across the images that it was trained on.
        sources: files that it was read from.
    """

    network: Autoencoder
    size: int
    sources: tuple[Path, ...]


def open_published(place: Path, configuration: Path | None = None) -> Published:
    """Return the published autoencoder in a file or a folder.

    Args:
        place: a checkpoint of taming-transformers, or a folder with one and its YAML, with the
            hub's config.json and parameters, or with encoder.pkl and decoder.pkl.
        configuration: YAML or config.json, if ``place`` has none.

    Raises:
        UsageError: there is none of these, or not all of one.
        UnsupportedError: it is of another kind, or has pickled code.
        FormatError: a file is damaged.
        ModelMismatchError: the tensors are not of the shape that is said.
        MissingPackageError: what reads a file is not installed.
        OSError: a file can't be read.
    """
    if place.is_dir() and (place / ENCODER_NAME).is_file():
        return _released(place)
    weights = place if place.is_file() else _weights_in(place)
    configuration = configuration or _configuration_of(place, weights)
    config = read_configuration(configuration)
    network = build_vqgan(config, _tensors(weights), weights)
    return Published(network, config.resolution, (weights, configuration))


def _released(folder: Path) -> Published:
    files = (folder / ENCODER_NAME, folder / DECODER_NAME)
    if not files[1].is_file():
        raise UsageError(f"{folder} has {ENCODER_NAME}, and no {DECODER_NAME} beside it")
    encoder, decoder = (tensors_of(read_checkpoint(one)) for one in files)
    network = build_released(encoder, decoder, folder)
    return Published(network, RESOLUTION, files)


def _weights_in(folder: Path) -> Path:
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    found = _files(folder, _CHECKPOINTS)
    last = [path for path in found if path.stem == "last"]
    if len(last or found) != 1:
        what = "no" if not found else f"{len(found)}"
        raise UsageError(
            f"{folder} has {what} checkpoints of an autoencoder: name a file, or a folder with "
            f"one, with {', '.join(WEIGHTS)}, or with {ENCODER_NAME} and {DECODER_NAME}"
        )
    return (last or found)[0]


def _configuration_of(place: Path, weights: Path) -> Path:
    beside = weights.parent / "config.json"
    if weights.name in WEIGHTS and beside.is_file():
        return beside
    folder = place if place.is_dir() else weights.parent
    found = _files(folder, (".yaml", ".yml"))
    project = [path for path in found if "lightning" not in path.name]
    if len(project) != 1:
        raise UsageError(
            f"{weights} has {len(project) or 'no'} configurations beside it: name one with --config"
        )
    return project[0]


def _files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"there is no file or folder {folder}")
    return [one for one in sorted(folder.rglob("*")) if one.suffix in suffixes and one.is_file()]


def _tensors(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".msgpack":
        return read_msgpack(path)
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise FormatError(f"{path} is not a whole file of safetensors: {error}") from None
    return tensors_of(read_checkpoint(path))
