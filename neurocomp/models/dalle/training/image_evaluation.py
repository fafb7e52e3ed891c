"""Measures an autoencoder, and a prior with it, on images that neither has seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from neurocomp.errors import UsageError
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.autoencoders.codes import decode_codes, encode_pixels, to_tokens
from neurocomp.models.dalle.autoencoders.stored import StoredAutoencoder
from neurocomp.models.dalle.images import CaptionedImages
from neurocomp.models.dalle.token_files import TokenSet
from neurocomp.models.dalle.training.distance import image_distance
from neurocomp.models.dalle.training.evaluation import PriorReport, evaluate_prior, measure_bound
from neurocomp.models.dalle.training.vae_measures import Measures


@dataclass(frozen=True)
class Distance:
    """A distance between images and their reconstructions; see `image_distance`.

    Attributes:
        name: name of the distance.
        weights: file of the weights of its network, if they are not found by its name.
    """

    name: str
    weights: Path | None = None

    def measure(self, stored: StoredAutoencoder, images: CaptionedImages) -> dict[str, float]:
        """Return the distance of the images from what their codes decode to."""
        again = decode_codes(stored.network, encode_pixels(stored.network, images.pixels))
        found = image_distance(self.name, images.pixels, again, self.weights)
        return {f"distance, {Path(self.name).name}": found}


def choose_held_out(held_out: CaptionedImages, limit: int | None) -> CaptionedImages:
    """Return the images to measure: ``limit`` of those held out, or all.

    Raises:
        UsageError: there are none.
    """
    if not len(held_out):
        raise UsageError("the autoencoder was trained on all images: there are none held out")
    return held_out if limit is None else held_out.choose(limit)


def evaluate_autoencoder(
    stored: StoredAutoencoder, images: CaptionedImages, distance: Distance | None
) -> PriorReport:
    """Return measures of an autoencoder by itself on ``images``, as `Measures` names them."""
    torch.manual_seed(0)
    found = Measures(stored.network, torch.device("cpu")).of(images.pixels)
    if distance is not None:
        found |= distance.measure(stored, images)
    side = stored.options.size // stored.network.config.factor
    return PriorReport(len(images), side * side, found)


def evaluate_on_images(
    model: DalleModel,
    stored: StoredAutoencoder,
    images: CaptionedImages,
    training: TokenSet | None,
    num_samples: int,
    distance: Distance | None,
) -> PriorReport:
    """Return `evaluate_prior` of the images' codes, the bound in bits per sub-pixel, a distance.

    Args:
        model: the prior.
        stored: the autoencoder whose codes the prior knows.
        images: images that neither was trained on.
        training: set that the prior was trained on, if it is known.
        num_samples: captions whose image is predicted token by token.
        distance: distance between images and their reconstructions, if it is asked for.

    Raises:
        UsageError: the images' codes are not what the prior knows.
    """
    tokens = to_tokens(stored, images)
    report = evaluate_prior(model, tokens, training, num_samples)
    report.measures |= measure_bound(model, stored.network, images.pixels, tokens)
    if distance is not None:
        report.measures |= distance.measure(stored, images)
    return report
