"""From a configuration and token sets to a trained prior and its exact form."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.dalle.convert import convert_prior
from neurocomp.models.dalle.prior import Prior, PriorConfig
from neurocomp.models.dalle.records import RecordShape
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
from neurocomp.training.distributed import is_first_process, joined
from neurocomp.training.log import LOG_NAME
from neurocomp.training.loop import Report, Result, Trainer
from neurocomp.training.opening import OpenRun, open_run
from neurocomp.training.plot import tell_plot
from neurocomp.training.record import HELD_OUT, NOTHING_HELD_OUT, RunPlace, RunRecord, content_hash
from neurocomp.training.soundness import newest_sound

PRIOR_NAME = "prior.safetensors"
"""In a run's folder: the exact form."""


def train_prior(
    config: PriorTrainingConfig,
    tokens: TokenSet,
    held_out: TokenSet | None,
    place: RunPlace,
    report: Report,
) -> Result:
    """Train a prior, in all processes that torchrun started, and write its exact form.

    Args:
        config: how.
        tokens: what to train on; a part of it is held out where ``held_out`` is None.
        held_out: what to validate on.
        place: where results go.
        report: is told what people may want to read.

    Raises:
        UsageError: the configuration doesn't fit the data, or the run exists and is not resumed.
        FormatError: a file of a checkpoint is damaged.
        ModelMismatchError: a checkpoint is of a network of another shape.
        TrainingError: the loss is not finite.
    """
    if config.optimizer.name == "muon" and place.sharding == "fsdp":
        raise UsageError("Muon needs whole matrices: take optimizer.name = 'adamw' with FSDP")
    if not tokens.has_grids:
        raise UsageError("the data have no images to train on")
    if held_out is None:
        tokens, held_out = split_tokens(tokens, config.data.training_share)
    elif not held_out.has_grids:
        raise UsageError("what is held out has no images to validate on")
    else:
        _check_alike(tokens, held_out)
    tell: Report = report if is_first_process() else lambda message: None
    with joined(place.device) as processes, open_run(place, processes, tell) as opened:
        hashes = {"the token set": _hash(tokens), HELD_OUT: _hash(held_out)}
        opened.begin(RunRecord.of(config, hashes))
        if held_out is None:
            tell(f"warning: {NOTHING_HELD_OUT}: choose a smaller data.training_share or --held-out")
        torch.manual_seed(config.run.seed)
        tokenizer = _tokenizer(config, tokens, opened)
        rows, columns = tokens.grids.shape[1:]
        shape = config.model.shape(
            tokenizer.num_tokens, rows, columns, tokens.num_codes, tokens.autoencoder
        )
        prior = Prior(config.model, shape).to(processes.device)
        if place.initial is not None:
            load_model(place.initial, prior)
        training = PriorSamples(tokens, tokenizer, shape)
        validation = None
        if held_out is not None:
            validation = PriorSamples(held_out, tokenizer, shape)
        run = config.run
        task = PriorTask(
            prior,
            tokenizer,
            training,
            validation,
            config.data,
            run.micro_batch,
            run.seed,
            processes,
        )
        trainer = Trainer(task, run, config.optimizer, opened, place.sharding, tell)
        trainer.resume()
        num_held = validation.size if validation else 0
        tell(f"{training.size} images to train on, {num_held} held out")
        num_parameters = sum(parameter.numel() for parameter in prior.parameters())
        tell(f"{num_parameters:,} parameters on {processes.count} x {processes.device}")
        result = trainer.train()
        if processes.is_first and (place.output / LOG_NAME).exists():
            tell_plot(place.output, tell)
            tell(f"exact form: {export_prior(place.output)}")
    return result


def _check_alike(tokens: TokenSet, held_out: TokenSet) -> None:
    if held_out.autoencoder != tokens.autoencoder:
        raise UsageError("what is held out has the codes of another autoencoder than the data")
    shapes = [(one.grids.shape[1:], one.num_codes) for one in (tokens, held_out)]
    if shapes[0] != shapes[1]:
        (grid, codes), (held_grid, held_codes) = shapes
        raise UsageError(
            f"what is held out has grids of {held_grid} and {held_codes} codes, the data of {grid} "
            f"and {codes}"
        )


def load_prior(folder: Path) -> tuple[Prior, CaptionTokenizer]:
    """Return the prior and the tokenizer of a checkpoint folder.

    Raises:
        UsageError, FormatError: it is not one.
    """
    try:
        fields = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
        tokenizer = CaptionTokenizer((folder / TOKENIZER_NAME).read_bytes())
        config = parse(PriorConfig, fields["model"], "model")
        stored = fields["shape"]
        records = RecordShape(
            tokenizer.num_tokens,
            *(stored[name] for name in ("text_length", "rows", "columns", "num_codes")),
        )
        autoencoder = bytes.fromhex(stored["autoencoder"])
        shape = PriorShape(records, tuple(stored["patterns"]), stored["kernel"], autoencoder)
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
