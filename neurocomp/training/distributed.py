"""Training in one process or several: started by torchrun, joined by DDP or FSDP."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from neurocomp.errors import TrainingError, UsageError

SHARDINGS = ("ddp", "fsdp")

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """This process among those that train together."""

    rank: int
    count: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes the log and the checkpoints."""
        return self.rank == 0

    def sum(self, values: Sequence[float]) -> list[float]:
        """Return ``values`` summed over all processes, in float64."""
        if self.count == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return [float(value) for value in total]

    def wait(self) -> None:
        """Return when all processes have come here."""
        if self.count > 1:
            dist.barrier()

    def in_first(self, action: Callable[[], T]) -> T | None:
        """Call ``action`` in the first process and return its result; the others wait for None.

        Raises:
            TrainingError: in the others, where the first one has failed; it raises its own error.
        """
        result: T | None = None
        failure: Exception | None = None
        if self.is_first:
            try:
                result = action()
            except Exception as error:
                failure = error
        is_failed = self.sum([float(failure is not None)])[0] > 0
        if failure is not None:
            raise failure
        if is_failed:
            raise TrainingError("the first process failed: see its message")
        return result


def is_first_process() -> bool:
    """Return whether this process is the first of those that torchrun started, or the only one."""
    return int(os.environ.get("RANK", 0)) == 0


@contextlib.contextmanager
def joined(device: str | None = None) -> Iterator[Processes]:
    """Join the processes that torchrun started, if it did, and leave them at the end.

    Without CUDA, a program that has trained with FSDP should end by `os._exit`, as the command
    line does: torch keeps threads of gloo that may abort a process while Python ends.

    Args:
        device: "cpu" or "cuda"; by default cuda where there is one.

    Raises:
        UsageError: ``device`` is not on this machine.
    """
    if device not in (None, "cpu", "cuda"):
        raise UsageError(f"the device is {device!r}, not 'cpu' or 'cuda'")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("this machine has no CUDA device that torch can use: take --device cpu")
    name = device or ("cuda" if torch.cuda.is_available() else "cpu")
    rank, count = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    place = torch.device(name)
    if name == "cuda":
        place = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(place)
    if count == 1:
        yield Processes(0, 1, place)
        return
    dist.init_process_group("nccl" if name == "cuda" else "gloo")
    try:
        yield Processes(rank, count, place)
    finally:
        dist.destroy_process_group()


def distribute(
    module: nn.Module, blocks: Sequence[nn.Module], processes: Processes, sharding: str
) -> nn.Module:
    """Return ``module`` such that its gradients are averages over all processes.

    Args:
        module: a module on the device of ``processes``, with the same parameters in each of them.
        blocks: parts of it that are used one after the other; FSDP gathers one at a time.
        processes: the processes that train.
        sharding: "ddp" (each process has all parameters; Li et al. 2020) or "fsdp" (each has a
            share, and the optimizer's state of it; Zhao et al. 2023); it changes ``module`` itself.
    """
    if processes.count == 1:
        return module
    if sharding == "ddp":
        return nn.parallel.DistributedDataParallel(module)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    # It would matter to code that changes outputs in place, which no network here has.
    warnings.filterwarnings("ignore", "FSDP2-wrapped module .* returned a view tensor")
    mesh = init_device_mesh(processes.device.type, (processes.count,))
    for part in blocks:
        fully_shard(part, mesh=mesh)
    fully_shard(module, mesh=mesh)
    return module


def without_sync(module: nn.Module) -> AbstractContextManager[None]:
    """Return a context in which DDP leaves gradients unsynchronised: more are to be added."""
    if isinstance(module, nn.parallel.DistributedDataParallel):
        context: AbstractContextManager[None] = module.no_sync()
        return context
    return contextlib.nullcontext()


def whole(tensor: Tensor) -> Tensor:
    """Return ``tensor``, gathered from all processes if each holds a share (they all must call)."""
    from torch.distributed.tensor import DTensor

    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def share(tensor: Tensor, like: Tensor) -> Tensor:
    """Return ``tensor`` as ``like`` is kept: its device, memory order, this process's share."""
    from torch.distributed.tensor import DTensor, distribute_tensor

    tensor = tensor.to(like.device)
    if isinstance(like, DTensor):
        return distribute_tensor(tensor, like.device_mesh, like.placements)
    if tensor.shape == like.shape and tensor.stride() != like.stride():
        # Fused optimizers walk over parameters and momenta as they lie in memory.
        return torch.empty_like(like, dtype=tensor.dtype).copy_(tensor)
    return tensor
