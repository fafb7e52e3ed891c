"""What a training of a prior takes, told without allocating it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from neurocomp.dalle.prior import Prior
from neurocomp.errors import UsageError
from neurocomp.training.dalle.prior_config import PriorTrainingConfig

PROCESSES = (1, 8, 64, 512)
_GIB = 1 << 30


@dataclass(frozen=True)
class MemoryPlan:
    """Parameters and memory of a training with AdamW.

    Attributes:
        num_parameters: in all.
        block_parameters: of one block, which FSDP gathers at a time.
        state_bytes: parameters, gradients and two momenta in float32.
        exact_bytes: the exact form, integers.
        activation_bytes: of a micro-batch, as configured.
    """

    num_parameters: int
    block_parameters: int
    state_bytes: int
    exact_bytes: int
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
            f"exact form: {self.exact_bytes / _GIB:.1f} GiB",
        ]
        for count in PROCESSES:
            memory = self.bytes_per_process(count) / _GIB
            rows.append(f"each of {count} processes with FSDP: {memory:.1f} GiB")
        return rows


def plan_memory(config: PriorTrainingConfig) -> MemoryPlan:
    """Return the plan of a training; the prior is built on torch's meta device, without memory.

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
    num_parameters = sum(parameter.numel() for parameter in prior.parameters())
    in_block = sum(parameter.numel() for parameter in prior.blocks[0].parameters())
    length, width = shape.context - 1, model.width
    value_bytes = 4 if config.run.precision == "float32" else 2
    one_block = 17 * value_bytes * length * width
    kept = model.num_blocks * one_block
    if model.checkpointing:
        kept = one_block + model.num_blocks * value_bytes * length * width
    records = shape.records
    logits = records.text_length * shape.num_text_outputs + records.num_latents * records.num_codes
    return MemoryPlan(
        num_parameters,
        in_block,
        16 * num_parameters,
        num_parameters,
        config.run.micro_batch * (kept + 2 * 4 * logits),
    )
