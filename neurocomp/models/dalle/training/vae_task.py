"""An autoencoder, as the training loop sees it, and what its training ends with."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from neurocomp.models.dalle.autoencoders import Autoencoder, Terms, build, keep_codes
from neurocomp.models.dalle.autoencoders.blocks import Block
from neurocomp.models.dalle.autoencoders.codes import decode_codes, encode_pixels
from neurocomp.models.dalle.images import CaptionedImages
from neurocomp.models.dalle.pictures import Pixels, png, side_by_side
from neurocomp.models.dalle.training.config import LossConfig, VaeTrainingConfig
from neurocomp.models.dalle.training.vae_measures import UNITS, Measures, to_pixels, to_tensor
from neurocomp.store.files import write_atomically
from neurocomp.training.distributed import Processes, share, whole
from neurocomp.training.run_folder import write_file
from neurocomp.training.task import Task, check_batch, count_in

CONFIG_NAME, GRID_NAME = "config.json", "reconstructions.png"
NUM_SHOWN, SHOWN_COLUMNS = 32, 8
LEAST_DEVIATION = 1 / 256
"""Least deviation of pixels in 0..1: the interval between two levels."""


@torch.no_grad()
def whole_copy(network: Autoencoder) -> Autoencoder:
    """Return a copy of ``network`` that has all parameters, or itself if it has them already.

    FSDP gathers what its modules need in their ``forward``; what goes another way, as encoding
    and reviving codes do, needs a copy.  All processes must call this.
    """
    stored = network.state_dict()
    tensors = {name: whole(tensor) for name, tensor in stored.items()}
    if all(tensors[name] is tensor for name, tensor in stored.items()):
        return network
    copy = build(network.config).to(network.usage.device)
    copy.load_state_dict(tensors)
    return copy.train(network.training)


@torch.no_grad()
def take_back(network: Autoencoder, copy: Autoencoder) -> None:
    """Set the parameters of ``network`` to those of its `whole_copy`; all processes call this."""
    if copy is network:
        return
    own = network.state_dict()
    for name, tensor in copy.state_dict().items():
        own[name].copy_(share(tensor, own[name]))


def keep_used_codes(network: Autoencoder, pixels: Pixels) -> Autoencoder:
    """Return ``network`` with the codes alone that images (N, H, W, 3) take; with all if it is one.

    An autoencoder has two codes at least.
    """
    used = np.unique(encode_pixels(network, pixels)).astype(np.int64)
    if len(used) < 2:
        return network
    return keep_codes(network, torch.from_numpy(used).to(network.usage.device))


def calibrate(network: Autoencoder, pixels: Pixels) -> Autoencoder:
    """Return ``network`` with the deviation of "mse" under which images (N, H, W, 3) are likeliest.

    It is the root of the mean squared error of their reconstructions (O. Rybkin et al., Simple and
    effective VAE training with calibrated decoders, 2021).  Another likelihood stays as it is.
    """
    if network.config.likelihood != "mse":
        return network
    again = decode_codes(network, encode_pixels(network, pixels))
    error = np.square((pixels.astype(np.float32) - again) / 255).mean(dtype=np.float64)
    deviation = max(float(np.sqrt(error)), LEAST_DEVIATION)
    config: Any = network.config
    calibrated = build(replace(config, deviation=deviation)).to(network.usage.device)
    calibrated.load_state_dict(network.state_dict())
    return calibrated.train(network.training)


class VaeTask(Task):
    """Evidence lower bound of images.

    Attributes:
        network: autoencoder in training; see below.

    Args:
        network: autoencoder to train, on the device of ``processes``.
        training, validation: images; the latter may have none.
        config: configuration of the whole training.
        folder: folder of the run, for pictures.
        processes: processes that train.

    Raises:
        UsageError: the batch is not a multiple of micro-batches over all processes.
    """

    loss_unit = "bits per dim"
    count_name = "images"

    def __init__(
        self,
        network: Autoencoder,
        training: CaptionedImages,
        validation: CaptionedImages,
        config: VaeTrainingConfig,
        folder: Path,
        processes: Processes,
    ) -> None:
        data, micro_batch = config.data, config.run.micro_batch
        check_batch(data.batch, micro_batch, processes)
        self.module = network
        self.matrices = {name: 1 for name, p in network.named_parameters() if p.dim() == 4}
        self.blocks = [module for module in network.modules() if isinstance(module, Block)]
        self.processes = processes
        self.network = network
        self._training = training.pixels
        # The same ones each time, from all over the data.
        order = np.random.default_rng(0).permutation(len(validation))
        self._validation = validation.pixels[order[: data.validation_images]]
        self._config, self._folder = config, folder
        self._num_taken = 0
        self._order: tuple[int, np.ndarray[Any, Any]] | None = None

    @property
    def step_size(self) -> int:
        """Images in one step, over all processes."""
        return self._config.data.batch

    def next_batches(self) -> Sequence[Tensor]:
        """Return micro-batches of shape (micro_batch, 3, size, size), float32 in 0..1."""
        self._revive_when_due()
        batch, rank, count = self.step_size, self.processes.rank, self.processes.count
        share = batch // count
        first = self._num_taken + rank * share
        numbers = np.array([self._number(one) for one in range(first, first + share)], np.intp)
        self._num_taken += batch
        images = to_tensor(self._training[numbers], self.processes.device)
        return torch.split(images, self._config.run.micro_batch)

    def loss(self, module: nn.Module, batch: Tensor) -> Tensor:
        """Return the weighted sum of the terms, in bits per sub-pixel."""
        loss, step = self._config.loss, self._num_taken // self.step_size - 1
        terms: Terms = module(batch, temperature(loss, step, self._config.run.steps))
        beta = loss.beta * min(1.0, step / loss.beta_steps if loss.beta_steps else 1.0)
        bound = terms.reconstruction + beta * terms.divergence
        return bound + loss.balance * terms.balance + terms.distance

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """Return measures on held-out images, and draw some; every process calls this."""
        # Each process measures all of them: codes in use are not a sum over processes.
        return self.measure(whole_copy(self.network))

    def measure(self, network: Autoencoder) -> dict[str, float]:
        """Return measures of ``network``, in the state of the training or smaller, and draw."""
        if not len(self._validation):
            return {}
        found = Measures(network, self.processes.device).of(self._validation)
        if self.processes.is_first:
            self._draw(network, self._validation[:NUM_SHOWN])
        return found

    def unit_of(self, measure: str) -> str:
        """Return the unit of one of the `Measures`."""
        return UNITS[measure]

    def position(self) -> dict[str, Any]:
        """Return the number of images taken."""
        return {"images": self._num_taken}

    def restore(self, position: dict[str, Any]) -> None:
        """Go to a position in the data."""
        self._num_taken = count_in(position, "images")

    def describe(self, folder: Path) -> None:
        """Write config.json."""
        fields = {"model": dataclasses.asdict(self._config.model)}
        fields["data"] = dataclasses.asdict(self._config.data)
        write_file(folder / CONFIG_NAME, json.dumps(fields, indent=2).encode())

    def _number(self, taken: int) -> int:
        epoch, place = divmod(taken, len(self._training))
        if self._order is None or self._order[0] != epoch:
            rng = np.random.default_rng((self._config.run.seed, epoch))
            self._order = epoch, rng.permutation(len(self._training))
        return int(self._order[1][place])

    def _revive_when_due(self) -> None:
        step, loss = self._num_taken // self.step_size, self._config.loss
        last = loss.revive_until * self._config.run.steps
        if loss.revive_every and step and step % loss.revive_every == 0 and step <= last:
            network = whole_copy(self.network)
            network.revive(self._config.run.seed + step)
            take_back(self.network, network)

    def _draw(self, network: Autoencoder, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        """Write originals above their reconstructions."""
        images = to_tensor(pixels, self.processes.device)
        again = to_pixels(network.decode(network.encode(images)))
        rows = []
        for start in range(0, len(pixels), SHOWN_COLUMNS):
            rows += [pixels[start : start + SHOWN_COLUMNS], again[start : start + SHOWN_COLUMNS]]
        sheet = side_by_side(np.concatenate(rows), min(SHOWN_COLUMNS, len(pixels)))
        write_atomically(self._folder / GRID_NAME, png(sheet))


def temperature(loss: LossConfig, step: int, num_steps: int) -> float:
    """Return the temperature of a step: half a cosine from the first to the last one."""
    fall = loss.temperature_steps or max(1, round(0.8 * num_steps))
    height = 0.5 * (1 + math.cos(math.pi * min(1.0, step / fall)))
    return loss.last_temperature + (loss.first_temperature - loss.last_temperature) * height
