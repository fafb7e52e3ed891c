"""The training of an autoencoder, from images to its stored form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from neurocomp.errors import UsageError
from neurocomp.models.dalle.autoencoders import build
from neurocomp.models.dalle.autoencoders.stored import save_autoencoder
from neurocomp.models.dalle.images import CaptionedImages
from neurocomp.models.dalle.training.config import VaeTrainingConfig
from neurocomp.models.dalle.training.vae_task import VaeTask, calibrate, keep_used_codes, whole_copy
from neurocomp.training.loop import Result
from neurocomp.training.opening import OpenRun
from neurocomp.training.record import HELD_OUT, NOTHING_HELD_OUT, content_hash
from neurocomp.training.run import Training


@dataclass(frozen=True)
class VaeData:
    """Data to train and validate an autoencoder on; the latter may be empty."""

    training: CaptionedImages
    held_out: CaptionedImages


class VaeTraining(Training[VaeData, VaeTask]):
    """The training of an autoencoder, which ends with its stored form.

    Args:
        config: configuration of the training.
        images: images to train on; a part of them is held out.
    """

    kind = "vae"
    config_class: ClassVar = VaeTrainingConfig
    config: VaeTrainingConfig

    def __init__(self, config: VaeTrainingConfig, images: CaptionedImages) -> None:
        super().__init__(config)
        self._images = images

    def read(self) -> VaeData:
        """Return the images; raises UsageError where all are held out."""
        data = self.config.data
        training, held_out = (
            self._images.part(name, data.training_share, data.group)
            for name in ("training", "held-out")
        )
        if not len(training):
            raise UsageError("data.training_share leaves no image to train on: make it larger")
        return VaeData(training, held_out)

    def hashes(self, data: VaeData) -> dict[str, str]:
        """Return those of pixels."""
        parts = {"the images": data.training, HELD_OUT: data.held_out}
        return {name: content_hash(np.ascontiguousarray(one.pixels)) for name, one in parts.items()}

    def remarks(self, data: VaeData) -> Sequence[str]:
        """Return the number of images."""
        counts = f"{len(data.training)} images to train on, {len(data.held_out)} held out"
        if len(data.held_out):
            return (counts,)
        return f"warning: {NOTHING_HELD_OUT}: choose a smaller data.training_share", counts

    def build(self, data: VaeData, opened: OpenRun) -> VaeTask:
        """Return a new autoencoder with its images."""
        processes = opened.processes
        network = build(self.config.model).to(processes.device)
        if processes.count == 1 or opened.place.sharding == "ddp":
            # Convolutions of few channels are twice as fast on a CPU; FSDP wants them as they are.
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return VaeTask(network, data.training, data.held_out, self.config, opened.folder, processes)

    def finish(self, data: VaeData, task: VaeTask, result: Result, opened: OpenRun) -> None:
        """Write the autoencoder, at the end of the training without codes that nothing takes."""
        network, pixels, metrics = whole_copy(task.network), data.training.pixels, result.metrics
        if not opened.processes.is_first:
            return
        if result.finished:
            if self.config.loss.prune:
                network = keep_used_codes(network, pixels)
                num_codes = network.config.num_codes
                opened.tell(f"{num_codes} codes of {self.config.model.num_codes} are kept")
            network = calibrate(network, pixels)
            torch.manual_seed(self.config.run.seed)  # the bound draws codes
            metrics = task.measure(network)
        folder = save_autoencoder(network, self.config.data, opened.folder, metrics)
        opened.tell(f"autoencoder: {folder}")
