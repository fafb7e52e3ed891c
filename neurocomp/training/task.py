"""The interface between the training loop and a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from neurocomp.errors import FormatError, UsageError
from neurocomp.training.distributed import Processes


class Task(ABC):
    """A network with its data, its loss and its measure.

    Attributes:
        module: the network, on the device of ``processes``.
        matrices: see `neurocomp.training.optim.build_optimizers`.
        blocks: see `neurocomp.training.distributed.distribute`.
        processes: the processes that train.
        loss_unit: unit of the loss, for the log.
        count_name: unit of `step_size`, such as "bytes".
    """

    module: nn.Module
    matrices: dict[str, int]
    blocks: Sequence[nn.Module]
    processes: Processes
    loss_unit: str
    count_name: str

    @property
    @abstractmethod
    def step_size(self) -> int:
        """Symbols (or images) in one step, over all processes."""

    @abstractmethod
    def next_batches(self) -> Sequence[Tensor]:
        """Return this process's micro-batches of the next step, of equal size each."""

    @abstractmethod
    def loss(self, module: nn.Module, batch: Tensor) -> Tensor:
        """Return the mean loss of a micro-batch, a scalar that gradients flow from.

        Args:
            module: `module`, perhaps wrapped for several processes.
            batch: one of `next_batches`.
        """

    @abstractmethod
    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """Return measures on the validation data, by name; every process calls this."""

    def unit_of(self, measure: str) -> str:
        """Return the unit of a measure of `evaluate`; that of the loss, unless overridden."""
        return self.loss_unit

    @abstractmethod
    def position(self) -> dict[str, Any]:
        """Return the position in the data, as JSON."""

    @abstractmethod
    def restore(self, position: dict[str, Any]) -> None:
        """Go to a position in the data.

        Raises:
            FormatError: it is not what `position` returns.
            UsageError: it is one in other data.
        """

    @abstractmethod
    def describe(self, folder: Path) -> None:
        """Write into ``folder`` what else a checkpoint's reader needs: configuration, tokenizer."""


def check_batch(batch: int, micro_batch: int, processes: Processes) -> None:
    """Raise UsageError unless a batch can be spread over micro-batches of all processes."""
    if batch % (micro_batch * processes.count):
        raise UsageError(
            f"data.batch is {batch}, but must be a multiple of run.micro_batch times the number of "
            f"processes, {micro_batch} x {processes.count}"
        )


def count_in(position: dict[str, Any], name: str) -> int:
    """Return a count of a position; raises FormatError if it is invalid."""
    count = position.get(name)
    if type(count) is not int or count < 0:
        raise FormatError(f"a position in the data has {count!r} as {name}, not a count")
    return count
