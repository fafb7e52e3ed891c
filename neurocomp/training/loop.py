"""The training loop of every model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn

from neurocomp.errors import TrainingError
from neurocomp.training.checkpoint import Checkpoints
from neurocomp.training.config import OptimizerConfig, RunConfig
from neurocomp.training.distributed import distribute, whole, without_sync
from neurocomp.training.interrupt import stop_requests
from neurocomp.training.log import RunLog
from neurocomp.training.optim import build_optimizers, rate_factor, set_rates
from neurocomp.training.precision import uses_bfloat16
from neurocomp.training.task import Task

Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Result:
    """How a run ended.

    Attributes:
        step: the last that was done.
        finished: whether that was the last of all.
        metrics: the last measures.
        signal: what asked this process to stop before; 0 if nothing did.
    """

    step: int
    finished: bool
    metrics: dict[str, float]
    signal: int = 0


class Trainer:
    """Trains the network of a task, and writes log and checkpoints into a folder.

    The same configuration, data and number of processes give the same losses, whether or not the
    run was interrupted and resumed: the shuffle, the rates and the random numbers of a step are
    functions of the seed and the step.

    Args:
        task: network, data, loss and measure.
        run, optimizer: how to train.
        folder: of the run.
        sharding: "ddp" or "fsdp", where there are several processes.
        report: is told what people may want to read.
    """

    def __init__(
        self,
        task: Task,
        run: RunConfig,
        optimizer: OptimizerConfig,
        folder: Path,
        sharding: str = "ddp",
        report: Report = lambda message: None,
    ) -> None:
        self._task, self._run, self._optimizer = task, run, optimizer
        self._processes = task.processes
        self._report = report
        folder.mkdir(parents=True, exist_ok=True)
        self._log = RunLog(folder) if self._processes.is_first else None
        self._checkpoints = Checkpoints(folder, self._processes, run.keep)
        self._wrapped = distribute(task.module, task.blocks, self._processes, sharding)
        self._optimizers = build_optimizers(task.module, task.matrices, optimizer)
        self._step = 0
        self._metrics: dict[str, float] = {}
        self._bfloat16 = uses_bfloat16(run.precision, self._processes.device)

    def resume(self) -> int:
        """Go on from the newest checkpoint, if there is one; return its step, or 0."""
        existing = self._checkpoints.all()
        if existing:
            state = self._checkpoints.load(existing[-1], self._task.module, self._optimizers)
            self._step = int(state["step"])
            self._task.restore(state["position"])
        return self._step

    def train(self) -> Result:
        """Train up to the last step, or until a signal asks to stop; then a checkpoint is kept."""
        run = self._run
        finished = self._step >= run.steps
        with stop_requests() as asked:
            losses: list[Tensor] = []
            began = monotonic()
            while not finished:
                loss, norm = self._advance()
                losses.append(loss)
                finished = self._step >= run.steps
                stopping = finished or self._processes.sum([float(asked())])[0] > 0
                if stopping or self._step % run.log_every == 0:
                    # Only here a GPU is waited for, which else would wait for this process.
                    mean = self._processes.sum([torch.stack(losses).mean().item()])[0]
                    seconds = (monotonic() - began) / len(losses)
                    self._write_step(mean / self._processes.count, norm.item(), seconds)
                    losses, began = [], monotonic()
                paused = monotonic()
                if finished or self._step % run.validate_every == 0:
                    self._validate()
                if stopping or self._step % run.checkpoint_every == 0:
                    self._save()
                began += monotonic() - paused
                if stopping:
                    break
            return Result(self._step, finished, self._metrics, asked())

    def _advance(self) -> tuple[Tensor, Tensor]:
        """Do one step; return its loss in this process and the gradient's norm."""
        task, run = self._task, self._run
        torch.manual_seed(hash((run.seed, self._step, self._processes.rank)) % 2**63)
        factor = rate_factor(self._step, run.steps, self._optimizer)
        set_rates(self._optimizers, factor)
        batches = task.next_batches()
        total = torch.zeros((), device=self._processes.device)
        for number, batch in enumerate(batches, start=1):
            is_last = number == len(batches)
            with nullcontext() if is_last else without_sync(self._wrapped):
                with self._autocast():
                    loss = task.loss(self._wrapped, batch)
                (loss / len(batches)).backward()  # type: ignore[no-untyped-call]
            total += loss.detach() / len(batches)
        parameters = task.module.parameters()
        norm = whole(nn.utils.clip_grad_norm_(parameters, self._optimizer.clip))
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self._step += 1
        return total, norm

    def _autocast(self) -> AbstractContextManager[Any]:
        if not self._bfloat16:
            return nullcontext()
        return torch.autocast(self._processes.device.type, torch.bfloat16)

    def _write_step(self, loss: float, norm: float, seconds: float) -> None:
        task, speed = self._task, self._task.step_size / seconds
        self._report(
            f"step {self._step}/{self._run.steps}: {loss:.4f} {task.loss_unit}, "
            f"{speed:,.0f} {task.count_name}/s"
        )
        if self._log is not None:
            self._log.write(
                "step",
                self._step,
                loss=loss,
                unit=task.loss_unit,
                gradient_norm=norm,
                rate=rate_factor(self._step - 1, self._run.steps, self._optimizer),
                **{f"{task.count_name}_per_second": round(speed, 1)},
            )
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at step {self._step}: lower the learning rates"
            )

    def _validate(self) -> None:
        self._wrapped.eval()
        with torch.no_grad(), self._autocast():
            self._metrics = self._task.evaluate(self._wrapped)
        self._wrapped.train()
        shown = ", ".join(f"{name} {value:.4f}" for name, value in self._metrics.items())
        self._report(f"step {self._step}: validation: {shown}")
        if self._log is not None:
            self._log.write("validation", self._step, metrics=self._metrics)

    def _save(self) -> None:
        state = {"position": self._task.position(), "run": dataclasses.asdict(self._run)}
        self._checkpoints.save(
            self._step, self._task.module, self._optimizers, state, self._task.describe
        )
