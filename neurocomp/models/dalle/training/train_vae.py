"""From a configuration and images to a trained autoencoder."""

from __future__ import annotations

import numpy as np
import torch

from neurocomp.errors import UsageError
from neurocomp.models.dalle.autoencoders import build
from neurocomp.models.dalle.autoencoders.stored import save_autoencoder
from neurocomp.models.dalle.images import CaptionedImages
from neurocomp.models.dalle.training.config import VaeTrainingConfig
from neurocomp.models.dalle.training.vae_task import VaeTask, calibrate, keep_used_codes, whole_copy
from neurocomp.training.checkpoint import load_model
from neurocomp.training.distributed import is_first_process, joined
from neurocomp.training.log import LOG_NAME
from neurocomp.training.loop import Report, Result, Trainer
from neurocomp.training.opening import open_run
from neurocomp.training.plot import tell_plot
from neurocomp.training.record import HELD_OUT, NOTHING_HELD_OUT, RunPlace, RunRecord, content_hash


def train_vae(
    config: VaeTrainingConfig, images: CaptionedImages, place: RunPlace, report: Report
) -> Result:
    """Train an autoencoder, in all processes that torchrun started, and write it into the folder.

    Raises:
        UsageError: the configuration doesn't fit the data, or the run exists and is not resumed.
        FormatError: a file of a checkpoint is damaged.
        ModelMismatchError: a checkpoint is of a network of another shape.
        TrainingError: the loss is not finite.
    """
    data = config.data
    training = images.part("training", data.training_share, data.group)
    validation = images.part("held-out", data.training_share, data.group)
    if not len(training):
        raise UsageError("data.training_share leaves no image to train on: make it larger")
    tell: Report = report if is_first_process() else lambda message: None
    with joined(place.device) as processes, open_run(place, processes, tell) as opened:
        hashes = [content_hash(np.ascontiguousarray(one.pixels)) for one in (training, validation)]
        opened.begin(RunRecord.of(config, {"the images": hashes[0], HELD_OUT: hashes[1]}))
        if not len(validation):
            tell(f"warning: {NOTHING_HELD_OUT}: choose a smaller data.training_share")
        torch.manual_seed(config.run.seed)
        network = build(config.model).to(processes.device)
        if processes.count == 1 or place.sharding == "ddp":
            # Convolutions of few channels are twice as fast on a CPU; FSDP wants them as they are.
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if place.initial is not None:
            load_model(place.initial, network)
        task = VaeTask(network, training, validation, config, place.output, processes)
        trainer = Trainer(task, config.run, config.optimizer, opened, place.sharding, tell)
        trainer.resume()
        tell(f"{len(training)} images to train on, {len(validation)} held out")
        num_parameters = sum(parameter.numel() for parameter in network.parameters())
        tell(f"{num_parameters:,} parameters on {processes.count} x {processes.device}")
        result = trainer.train()
        network = whole_copy(network)
        if processes.is_first and (place.output / LOG_NAME).exists():
            tell_plot(place.output, tell)
            metrics = result.metrics
            if result.finished:
                if config.loss.prune:
                    network = keep_used_codes(network, training.pixels)
                    num_codes = network.config.num_codes
                    tell(f"{num_codes} codes of {config.model.num_codes} are kept")
                network = calibrate(network, training.pixels)
                torch.manual_seed(config.run.seed)  # the bound draws codes
                metrics = task.measure(network)
            tell(f"autoencoder: {save_autoencoder(network, data, place.output, metrics)}")
    return result
