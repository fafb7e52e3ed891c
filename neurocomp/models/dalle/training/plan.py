"""Parameters and memory of a training, from networks on torch's meta device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from neurocomp.errors import UsageError
from neurocomp.models.dalle.autoencoders import build
from neurocomp.models.dalle.autoencoders.base import num_statistics
from neurocomp.models.dalle.autoencoders.blocks import Block, decoder, encoder
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig, fsq_levels
from neurocomp.models.dalle.prior import Prior
from neurocomp.models.dalle.training.config import PriorTrainingConfig, VaeTrainingConfig
from neurocomp.training.config import RunConfig

PROCESSES = (1, 8, 64, 512)
_GIB = 1 << 30


@dataclass(frozen=True)
class MemoryPlan:
    """Parameters and memory of a training with AdamW.

    Attributes:
        num_parameters: number of all parameters.
        block_parameters: number of parameters of the largest block, which FSDP gathers at a time.
        state_bytes: size of parameters, gradients and two momenta in float32.
        stored_bytes: size of the result: a prior's integers, an autoencoder's half precision.
        activation_bytes: size of the activations of a micro-batch, as configured.
    """

    num_parameters: int
    block_parameters: int
    state_bytes: int
    stored_bytes: int
    activation_bytes: int

    def bytes_per_process(self, count: int) -> int:
        """Return the memory of each of ``count`` processes under FSDP."""
        gathered = 2 * 4 * self.block_parameters if count > 1 else 0
        return self.state_bytes // count + gathered + self.activation_bytes

    def lines(self) -> list[str]:
        """Return the plan for people."""
        rows = [
            f"parameters: {self.num_parameters:,}",
            f"parameters, gradients, momenta in float32: {self.state_bytes / _GIB:.1f} GiB",
            f"activations of a micro-batch: {self.activation_bytes / _GIB:.1f} GiB",
            f"stored form: {self.stored_bytes / _GIB:.1f} GiB",
        ]
        for count in PROCESSES:
            memory = self.bytes_per_process(count) / _GIB
            rows.append(f"each of {count} processes with FSDP: {memory:.1f} GiB")
        return rows


def plan_memory(config: PriorTrainingConfig) -> MemoryPlan:
    """Return the plan of a prior's training.

    Activations are estimated: 17 vectors for each position and block, attention's scores not kept
    (V. Korthikanti et al., Reducing activation recomputation, 2022), or with checkpointing those of
    one block and the inputs of all; and the logits of both heads and their gradients in float32.

    Raises:
        UsageError: the configuration doesn't say rows, columns and number of codes.
    """
    model = config.model
    if not model.rows * model.columns * model.num_codes:
        raise UsageError("a plan needs model.rows, model.columns and model.num_codes")
    shape = model.shape(model.vocabulary, model.rows, model.columns, model.num_codes, bytes(32))
    with torch.device("meta"):
        prior = Prior(model, shape)
    length, width = shape.context - 1, model.width
    one_block = 17 * _value_bytes(config.run) * length * width
    kept = model.num_blocks * one_block
    if model.checkpointing:
        kept = one_block + model.num_blocks * _value_bytes(config.run) * length * width
    records = shape.records
    logits = records.text_length * shape.num_text_outputs + records.num_latents * records.num_codes
    num_parameters = _size(prior)
    return MemoryPlan(
        num_parameters,
        _size(prior.blocks[0]),
        16 * num_parameters,
        num_parameters,
        config.run.micro_batch * (kept + 2 * 4 * logits),
    )


def plan_autoencoder(config: VaeTrainingConfig) -> MemoryPlan:
    """Return the plan of an autoencoder's training.

    Activations are what the layers of encoder and decoder return for an image, counted while it
    goes through them on the meta device, and with it distributions over codes, noise and relaxed
    codes (dVAE) or distances (VQ-VAE) in float32; scalars have neither.
    """
    model, size = config.model, config.data.size
    side = size // model.factor
    with torch.device("meta"):
        network = build(model)
        outputs = _encoder_outputs(model)
        numbers = _outputs(encoder(model, outputs), torch.empty(1, 3, size, size))
        codes = torch.empty(1, model.code_width, side, side)
        numbers += _outputs(decoder(model, num_statistics(model)), codes)
    of_a_code = {"dvae": 3, "fsq": 0}.get(model.kind, 1)
    choices = side * side * model.num_codes * of_a_code
    kept = numbers * _value_bytes(config.run) + 4 * choices
    num_parameters = _size(network)
    blocks = [module for module in network.modules() if isinstance(module, Block)]
    return MemoryPlan(
        num_parameters,
        max(map(_size, blocks)),
        16 * num_parameters,
        2 * num_parameters,
        config.run.micro_batch * kept,
    )


def _encoder_outputs(model: AutoencoderConfig) -> int:
    """Return the channels that an encoder ends with."""
    if model.kind == "fsq":
        return len(fsq_levels(model.num_codes))
    return model.num_codes if model.kind == "dvae" else model.code_width


def _outputs(network: nn.Module, inputs: Tensor) -> int:
    """Return the number of values that ``network``'s innermost modules return for ``inputs``."""
    counts: list[int] = []

    def count(module: nn.Module, given: Any, output: Tensor) -> None:
        counts.append(output.numel())

    for module in network.modules():
        if not [*module.children()]:
            module.register_forward_hook(count)
    network(inputs)
    return sum(counts)


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _value_bytes(run: RunConfig) -> int:
    return 4 if run.precision == "float32" else 2
