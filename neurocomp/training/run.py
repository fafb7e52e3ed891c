"""A training from its configuration to its end: what is the same whatever is trained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import nn

from neurocomp.errors import UsageError
from neurocomp.training.checkpoint import load_model
from neurocomp.training.config import TrainingConfig
from neurocomp.training.distributed import is_first_process, joined
from neurocomp.training.log import LOG_NAME
from neurocomp.training.loop import Report, Result, Trainer
from neurocomp.training.opening import OpenRun, open_run
from neurocomp.training.plot import tell_plot
from neurocomp.training.record import RunPlace, RunRecord
from neurocomp.training.task import Task

Data = TypeVar("Data")
"""Data that a kind of training reads before it begins."""
TaskT = TypeVar("TaskT", bound=Task)


class Training(ABC, Generic[Data, TaskT]):
    """One kind of training; all members but `read` and `build` have defaults.

    Every process calls every one of them; what is written is the business of the first.

    Attributes:
        kind: name of the training, such as "gpt2", by which its recipes are found.
        config_class: class of its configurations.
        config: configuration of this training.
    """

    kind: ClassVar[str]
    config_class: ClassVar[type[TrainingConfig]]

    def __init__(self, config: TrainingConfig) -> None:
        self.config = config

    @abstractmethod
    def read(self) -> Data:
        """Return the data, read and looked through.

        Raises:
            UsageError: the configuration doesn't fit them.
            FormatError: a file is damaged.
        """

    def hashes(self, data: Data) -> dict[str, str]:
        """Return the hashes of what is trained on, by name: a run goes on with the same only."""
        return {}

    def remarks(self, data: Data) -> Sequence[str]:
        """Return remarks on the data for people."""
        return ()

    @abstractmethod
    def build(self, data: Data, opened: OpenRun) -> TaskT:
        """Return a new network with its data, drawn with the seed that torch has been given.

        Raises:
            FormatError: what it takes of the checkpoint that `opened` goes on from is damaged.
        """

    def set_initial(self, network: nn.Module, initial: Path) -> None:
        """Set the parameters of a new network to those that ``--init`` names.

        Raises:
            UsageError, FormatError: there are none, or damaged ones.
            ModelMismatchError: they are of another shape.
        """
        load_model(initial, network)

    def finish(self, data: Data, task: TaskT, result: Result, opened: OpenRun) -> None:
        """Write and tell what the run has come to, where it is stopped as well."""


def run_training(training: Training[Any, Any], place: RunPlace, report: Report) -> Result:
    """Train in all processes that torchrun started, and leave the results in a folder.

    Args:
        training: the training to run.
        place: folder of the results, and how the run starts.
        report: a function that is called with messages for people, in the first process.

    Raises:
        UsageError: the configuration doesn't fit the data, or the run exists and is not resumed.
        FormatError: a file of data or of a checkpoint is damaged.
        ModelMismatchError: a checkpoint is of a network of another shape.
        TrainingError: the loss is not finite, or another training holds the folder.
    """
    config = training.config
    if config.optimizer.name == "muon" and place.sharding == "fsdp":
        raise UsageError("Muon needs whole matrices: take optimizer.name = 'adamw' with FSDP")
    tell: Report = report if is_first_process() else lambda message: None
    with joined(place.device) as processes, open_run(place, processes, tell) as opened:
        data = training.read()
        opened.begin(RunRecord.of(config, training.hashes(data)))
        for remark in training.remarks(data):
            tell(remark)
        torch.manual_seed(config.run.seed)
        task = training.build(data, opened)
        if place.initial is not None:
            training.set_initial(task.module, place.initial)
        trainer = Trainer(task, config.run, config.optimizer, opened, place.sharding, tell)
        trainer.resume()
        num_parameters = sum(parameter.numel() for parameter in task.module.parameters())
        tell(f"{num_parameters:,} parameters on {processes.count} x {processes.device}")
        result = trainer.train()
        if processes.is_first and (opened.folder / LOG_NAME).exists():
            tell_plot(opened.folder, tell)
        training.finish(data, task, result, opened)
    return result
