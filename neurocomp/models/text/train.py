"""From a configuration and files to a trained model of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from neurocomp.errors import UsageError
from neurocomp.models.text.config import TextTrainingConfig
from neurocomp.models.text.corpus import load_corpus
from neurocomp.models.text.initial import set_initial
from neurocomp.models.text.networks import alphabet_for, build_network
from neurocomp.models.text.task import TextTask
from neurocomp.training.data import SymbolCache
from neurocomp.training.distributed import is_first_process, joined
from neurocomp.training.log import LOG_NAME
from neurocomp.training.loop import Report, Result, Trainer
from neurocomp.training.opening import open_run
from neurocomp.training.plot import tell_plot
from neurocomp.training.record import RunPlace, RunRecord


@dataclass(frozen=True)
class TextFiles:
    """What a model of text is trained on.

    Attributes:
        paths: files of text, perhaps compressed, whose names tell their kind.
        tokenizer: folder with vocab.json and merges.txt.
        cache: folder for decompressed and tokenised data.
    """

    paths: Sequence[Path]
    tokenizer: Path | None = None
    cache: Path | None = None

    def __post_init__(self) -> None:
        if not self.paths:
            raise UsageError("no training data: give --data FILE, once or more")


def train_text(
    config: TextTrainingConfig, files: TextFiles, place: RunPlace, report: Report
) -> Result:
    """Train a model of text, in all processes that torchrun started.

    Raises:
        UsageError: the configuration doesn't fit the data, or the run exists and is not resumed.
        FormatError: a file of data or of a checkpoint is damaged.
        ModelMismatchError: a checkpoint is of a network of another shape.
        TrainingError: the loss is not finite.
    """
    if config.optimizer.name == "muon" and place.sharding == "fsdp":
        raise UsageError("Muon needs whole matrices: take optimizer.name = 'adamw' with FSDP")
    tell: Report = report if is_first_process() else lambda message: None
    with joined(place.device) as processes, open_run(place, processes, tell) as opened:
        alphabet = alphabet_for(config.model, files.tokenizer)
        cache = SymbolCache(files.cache, alphabet.name, alphabet.separator, alphabet.encode)
        context, seed = config.model.context, config.run.seed
        corpus = load_corpus(files.paths, cache, config.data, context, seed)
        opened.begin(RunRecord.of(config, {**corpus.files, "the tokenizer": alphabet.name}))
        for remark in corpus.remarks:
            tell(remark)
        torch.manual_seed(config.run.seed)
        network, settings = build_network(config.model, alphabet)
        network = network.to(processes.device)
        if place.initial is not None:
            set_initial(network, place.initial)
        micro_batch = config.run.micro_batch
        task = TextTask(network, alphabet, corpus, config.data, micro_batch, processes, settings)
        trainer = Trainer(task, config.run, config.optimizer, opened, place.sharding, tell)
        trainer.resume()
        num_parameters = sum(parameter.numel() for parameter in network.parameters())
        tell(f"{num_parameters:,} parameters on {processes.count} x {processes.device}")
        result = trainer.train()
        if processes.is_first and (place.output / LOG_NAME).exists():
            tell_plot(place.output, tell)
    return result
