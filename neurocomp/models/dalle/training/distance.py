"""Distances between sets of images, by the features of common benchmarks.

M. Heusel et al., GANs trained by a two time-scale update rule, 2017 (FID): Gaussians are fitted to
the features of both sets, and the distance is that of Fréchet between them.  Of images and their
reconstructions it is the rFID of autoencoders.  "fid" is the number that papers give, by
torch-fidelity, whose Inception network is fetched once unless a file of it is named.  Any other
name is a vision model of transformers: G. Stein et al., Exposing flaws of generative model
evaluation metrics, 2023, found DINOv2 to agree better with people.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from neurocomp import extras
from neurocomp.errors import FormatError, MissingPackageError, ModelNotFoundError, UsageError
from neurocomp.models.dalle.pictures import Pixels

FID = "fid"
INCEPTION_URL = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth"
)
"""What torch-fidelity fetches."""
LEAST_IMAGES = 2
_AT_ONCE = 32
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation of ImageNet's pixels, as in the training of DINOv2 and its kind."""
_DEFAULT_SIDE = 224


def image_distance(
    name: str, originals: Pixels, others: Pixels, inception: Path | None = None
) -> float:
    """Return the Fréchet distance of two sets of images (N, height, width, 3), uint8.

    It falls with the number of images: compare distances of as many images only.

    Args:
        name: "fid", or a vision model of transformers: a name at the hub, or a folder.
        originals, others: the sets.
        inception: for "fid": a file of the weights of Inception, that of `INCEPTION_URL`.

    Raises:
        UsageError: there are too few images, or options that don't belong together.
        MissingPackageError: what computes the features is not installed, or does not work here.
        ModelNotFoundError: there is no such model, neither here nor at the hub.
        FormatError: the file of weights has something else in it.
    """
    if min(len(originals), len(others)) < LEAST_IMAGES:
        raise UsageError(f"a distance needs {LEAST_IMAGES} images and more")
    if name == FID:
        return _inception_distance(originals, others, inception)
    if inception is not None:
        raise UsageError(f"--inception is for --distance {FID}")
    model = _vision_model(name)
    return frechet_distance(_features(model, originals), _features(model, others))


def frechet_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the squared Fréchet distance of Gaussians fitted to features (N, D) and (M, D)."""
    means = [one.mean(0) for one in (first, second)]
    one, other = (np.atleast_2d(np.cov(values, rowvar=False)) for values in (first, second))
    # The trace of (one other)^(1/2), by the root of the one: all eigenvalues are real so.
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    common = np.sqrt(np.linalg.eigvalsh(root @ other @ root).clip(min=0)).sum()
    gap = np.square(means[0] - means[1]).sum()
    return float(gap + np.trace(one) + np.trace(other) - 2 * common)


class _Images(torch.utils.data.Dataset[Tensor]):
    """Images as torch-fidelity takes them: (3, height, width), uint8."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, number: int) -> Tensor:
        return torch.from_numpy(np.array(self._pixels[number])).permute(2, 0, 1)


def _inception_distance(originals: Pixels, others: Pixels, inception: Path | None) -> float:
    extras.require(f"--distance {FID}", "fid")
    if inception is not None:
        # The library would run what is pickled in it.
        try:
            torch.load(inception, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
            reason = " ".join(str(error).split())[:120]
            raise FormatError(f"{inception} does not hold weights only: {reason}") from None
    try:
        import torch_fidelity
    except (ImportError, RuntimeError) as error:
        # A torchvision of another torch fails so.
        raise MissingPackageError(
            f"torch-fidelity is installed and can't be loaded ({error}): install the torchvision "
            f"that belongs to torch {torch.__version__}, or take --distance facebook/dinov2-base"
        ) from None
    try:
        found = torch_fidelity.calculate_metrics(
            input1=_Images(others),
            input2=_Images(originals),
            fid=True,
            cuda=torch.cuda.is_available(),
            feature_extractor_weights_path=None if inception is None else str(inception),
            batch_size=_AT_ONCE,
            save_cpu_ram=True,  # no processes that load: the images are in memory
            cache=False,
            verbose=False,
        )
    except OSError as error:
        raise ModelNotFoundError(
            f"torch-fidelity could not fetch its Inception network ({error}): it needs the network "
            f"once; or fetch {INCEPTION_URL} where there is one, and name the file with --inception"
        ) from None
    except (RuntimeError, TypeError) as error:
        if inception is None or "state_dict" not in str(error):
            raise
        raise FormatError(
            f"{inception} has the weights of another network: Inception's are {INCEPTION_URL}"
        ) from None
    return float(found["frechet_inception_distance"])


def _vision_model(name: str) -> Any:
    extras.require("--distance", "hub", "transformers", "torch")
    import transformers

    models: Any = transformers.AutoModel
    try:
        model = models.from_pretrained(name).eval()
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ModelNotFoundError(
            f"no vision model {name!r} to measure by: name one that transformers reads, such as "
            f"facebook/dinov2-base (fetched once) or a folder, or {FID!r} ({reason})"
        ) from None
    if hasattr(model, "vision_model"):  # of a CLIP
        model = model.vision_model
    if not hasattr(model.config, "patch_size"):
        raise UsageError(f"{name} is not a vision transformer: take facebook/dinov2-base, say")
    return model


@torch.inference_mode()
def _features(model: Any, pixels: Pixels) -> NDArray[np.float64]:
    """Return a vision transformer's features of each image, its first token, (N, D)."""
    return np.concatenate([*_parts(model, pixels)])


def _parts(model: Any, pixels: Pixels) -> Iterator[NDArray[np.float64]]:
    # DINOv2 was trained on several sizes, and is used with this one.
    side = min(_DEFAULT_SIDE, getattr(model.config, "image_size", _DEFAULT_SIDE))
    mean, deviation = (torch.tensor(one).view(1, 3, 1, 1) for one in (_MEAN, _DEVIATION))
    for start in range(0, len(pixels), _AT_ONCE):
        part = torch.from_numpy(np.array(pixels[start : start + _AT_ONCE]))
        images = part.permute(0, 3, 1, 2).float() / 255
        scaled = functional.interpolate(
            images, (side, side), mode="bicubic", align_corners=False, antialias=True
        ).clamp(0, 1)
        hidden = model(pixel_values=(scaled - mean) / deviation).last_hidden_state
        yield hidden[:, 0].double().numpy()
