"""The training of a prior, from token sets to its exact form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.dalle.autoencoders.stored import StoredAutoencoder, load_autoencoder
from neurocomp.models.dalle.convert import convert_prior
from neurocomp.models.dalle.model_folder import keep_autoencoder, packaged_autoencoder
from neurocomp.models.dalle.prior import Prior, PriorConfig
from neurocomp.models.dalle.shape import PriorShape
from neurocomp.models.dalle.token_files import TokenSet
from neurocomp.models.dalle.training.config import PriorTrainingConfig
from neurocomp.models.dalle.training.prior_data import (
    CaptionTokenizer,
    PriorSamples,
    learn_tokenizer,
    split_tokens,
)
from neurocomp.models.dalle.training.prior_task import CONFIG_NAME, TOKENIZER_NAME, PriorTask
from neurocomp.training.checkpoint import load_model
from neurocomp.training.config import parse
from neurocomp.training.loop import Result
from neurocomp.training.opening import OpenRun
from neurocomp.training.record import HELD_OUT, NOTHING_HELD_OUT, content_hash
from neurocomp.training.run import Training
from neurocomp.training.soundness import newest_sound

PRIOR_NAME = "prior.safetensors"
"""In a run's folder: the exact form."""


@dataclass(frozen=True)
class PriorData:
    """Data to train and validate a prior on; the latter may be missing."""

    training: TokenSet
    held_out: TokenSet | None


class PriorTraining(Training[PriorData, PriorTask]):
    """The training of a prior, which ends with its exact form.

    Args:
        config: configuration of the training.
        tokens: set to train on; a part of it is held out if ``held_out`` is None.
        held_out: set to validate on.
        autoencoder: folder of the one that made the codes; the package's may be found without.
    """

    kind = "prior"
    config_class: ClassVar = PriorTrainingConfig
    config: PriorTrainingConfig

    def __init__(
        self,
        config: PriorTrainingConfig,
        tokens: TokenSet,
        held_out: TokenSet | None = None,
        autoencoder: Path | None = None,
    ) -> None:
        super().__init__(config)
        self._tokens, self._held_out, self._autoencoder = tokens, held_out, autoencoder

    def read(self) -> PriorData:
        """Return tokens of images; raises UsageError where they can't be trained on."""
        if not self._tokens.has_grids:
            raise UsageError("the data have no images to train on")
        if self._held_out is None:
            return PriorData(*split_tokens(self._tokens, self.config.data.training_share))
        if not self._held_out.has_grids:
            raise UsageError("the held-out set has no images to validate on")
        _check_alike(self._tokens, self._held_out)
        return PriorData(self._tokens, self._held_out)

    def hashes(self, data: PriorData) -> dict[str, str]:
        """Return those of captions and codes."""
        return {"the token set": _hash(data.training), HELD_OUT: _hash(data.held_out)}

    def remarks(self, data: PriorData) -> Sequence[str]:
        """Return the number of images."""
        num_held = len(data.held_out) if data.held_out else 0
        counts = f"{len(data.training)} images to train on, {num_held} held out"
        if num_held:
            return (counts,)
        missing = (
            f"warning: {NOTHING_HELD_OUT}: give --held-out a token file (of 'tokenize --part "
            "held-out', where DATA is of --part training), or choose a smaller data.training_share"
        )
        return missing, counts

    def build(self, data: PriorData, opened: OpenRun) -> PriorTask:
        """Return a new prior with its samples."""
        config, processes, tokens = self.config, opened.processes, data.training
        tokenizer = _tokenizer(config, tokens, opened)
        rows, columns = tokens.grids.shape[1:]
        shape = config.model.shape(
            tokenizer.num_tokens, rows, columns, tokens.num_codes, tokens.autoencoder
        )
        held_out = data.held_out
        validation = None if held_out is None else PriorSamples(held_out, tokenizer, shape)
        return PriorTask(
            Prior(config.model, shape).to(processes.device),
            tokenizer,
            PriorSamples(tokens, tokenizer, shape),
            validation,
            config.data,
            config.run.micro_batch,
            config.run.seed,
            processes,
        )

    def finish(self, data: PriorData, task: PriorTask, result: Result, opened: OpenRun) -> None:
        """Write the exact form, and the autoencoder beside it."""
        if not opened.processes.is_first:
            return
        opened.tell(f"exact form: {export_prior(opened.folder)}")
        folder = self._autoencoder or packaged_autoencoder(data.training.autoencoder)
        if folder is None:
            opened.tell("the run has no autoencoder: 'dalle generate' needs it, as --vae")
            return
        keep_autoencoder(folder, opened.folder)
        if self._autoencoder is not None:
            for line in _bound(load_autoencoder(folder), result.metrics):
                opened.tell(line)


def _bound(stored: StoredAutoencoder, metrics: Mapping[str, float]) -> list[str]:
    """Return a line on the bound that both trainings lower, in bits per sub-pixel.

    The autoencoder's part was measured by its own training, on the images that this held out.
    """
    codes = metrics.get("latent", metrics.get("latent_alone"))
    if codes is None or "reconstruction" not in stored.measures:
        return []
    image, dims = stored.measures["reconstruction"], stored.num_dims
    num_latents = (stored.options.size // stored.network.config.factor) ** 2
    code, caption = codes * num_latents / dims, metrics.get("caption", 0.0) / dims
    return [
        f"bound on held-out captions and images: {image + code + caption:.4f} bits per dim "
        f"({image:.4f} images given codes, of the images that the autoencoder's training held "
        f"out; {code:.4f} codes and {caption:.4f} captions, as validated): 'dalle eval IMAGES' "
        "measures all on the same"
    ]


def _check_alike(tokens: TokenSet, held_out: TokenSet) -> None:
    if held_out.autoencoder != tokens.autoencoder:
        raise UsageError("the held-out set has codes of another autoencoder than the data")
    shapes = [(one.grids.shape[1:], one.num_codes) for one in (tokens, held_out)]
    if shapes[0] != shapes[1]:
        (grid, codes), (held_grid, held_codes) = shapes
        raise UsageError(
            f"the held-out set has grids of {held_grid} and {held_codes} codes, the data of {grid} "
            f"and {codes}"
        )


def _tokenizer(config: PriorTrainingConfig, tokens: TokenSet, opened: OpenRun) -> CaptionTokenizer:
    """Return the tokenizer of a checkpoint to go on from, or one learnt from the captions."""
    source = opened.place.initial if opened.checkpoint is None else opened.checkpoint.path
    if source is not None:
        try:
            return CaptionTokenizer((source / TOKENIZER_NAME).read_bytes())
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(f"{source / TOKENIZER_NAME} is damaged: {error!r}") from None
    captions = sorted(set(tokens.captions))
    return CaptionTokenizer(learn_tokenizer(captions, config.model.vocabulary))


def _hash(tokens: TokenSet | None) -> str:
    """Return the SHA-256 of a token set, of nothing where there is none."""
    if tokens is None:
        return content_hash()
    captions = "\0".join(tokens.captions).encode(errors="surrogatepass")
    numbers = repr((tokens.grids.shape, tokens.num_codes)).encode()
    grids = np.ascontiguousarray(tokens.grids)
    return content_hash(captions, numbers, tokens.autoencoder, grids)


def load_prior(folder: Path) -> tuple[Prior, CaptionTokenizer]:
    """Return the prior and the tokenizer of a checkpoint folder.

    Raises:
        UsageError, FormatError: it is not one.
    """
    try:
        fields = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
        tokenizer = CaptionTokenizer((folder / TOKENIZER_NAME).read_bytes())
        config = parse(PriorConfig, fields["model"], "model")
        shape = PriorShape.from_json(fields["shape"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{folder} is not a checkpoint of a prior: {error!r}") from None
    prior = Prior(config, shape)
    load_model(folder, prior)
    return prior, tokenizer


def export_prior(run: Path) -> Path:
    """Write the exact form of a run's newest sound checkpoint into its folder; return the file.

    Raises:
        UsageError: the run has no checkpoint.
        FormatError: all are damaged.
        UnsupportedError: a parameter is out of the range of integers.
    """
    stored = newest_sound(run)
    if stored is None:
        raise UsageError(f"{run} has no checkpoint")
    prior, tokenizer = load_prior(stored.path)
    target = run / PRIOR_NAME
    convert_prior(prior, tokenizer.json).save(target)
    return target
