"""The training loop of every model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn

from neurocomp.errors import FormatError, TrainingError
from neurocomp.training.board import Board
from neurocomp.training.checkpoint import Checkpoints, moments
from neurocomp.training.config import OptimizerConfig, RunConfig
from neurocomp.training.distributed import distribute, whole, without_sync
from neurocomp.training.interrupt import stop_requests
from neurocomp.training.log import RESUMED, Pace, RunLog, duration
from neurocomp.training.opening import OpenRun
from neurocomp.training.optim import build_optimizers, rate_factor, set_rates, uses_bfloat16
from neurocomp.training.soundness import first_not_finite
from neurocomp.training.task import Task

Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Result:
    """How a run ended.

    Attributes:
        step: the last that was done.
        finished: whether that was the last of all.
        metrics: the last measures.
        signal: number of the signal that asked this process to stop before; 0 if none did.
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
        run, optimizer: settings of the training.
        opened: the run's folder, with the checkpoint to go on from.
        sharding: "ddp" or "fsdp", where there are several processes.
        report: a function that is called with messages for people; a terminal that is gone stops no
            training.
    """

    def __init__(
        self,
        task: Task,
        run: RunConfig,
        optimizer: OptimizerConfig,
        opened: OpenRun,
        sharding: str = "ddp",
        report: Report = lambda message: None,
    ) -> None:
        self._task, self._run, self._optimizer = task, run, optimizer
        self._processes, self._opened = task.processes, opened
        self._report = report
        self._log = self._open_log() if self._processes.is_first else None
        self._checkpoints = Checkpoints(opened.folder, self._processes, run.keep)
        self._wrapped = distribute(task.module, task.blocks, self._processes, sharding)
        self._optimizers = build_optimizers(task.module, task.matrices, optimizer)
        self._step = 0
        self._metrics: dict[str, float] = {}
        self._bfloat16 = uses_bfloat16(run.precision, self._processes.device)
        self._is_finite = torch.ones((), dtype=torch.bool, device=self._processes.device)
        self._last_batch: Tensor | None = None
        self._left = 0.0  # seconds that the run still takes

    def resume(self) -> int:
        """Go on from the checkpoint that was opened, if there is one; return its step, or 0.

        Raises:
            FormatError, ModelMismatchError, UsageError: it is not of this network, optimizer, data.
        """
        stored = self._opened.checkpoint
        if stored is None:
            return 0
        self._checkpoints.load(stored, self._task.module, self._optimizers)
        self._checkpoints.passed_over.update(stored.passed_over)
        try:
            self._task.restore(stored.state["position"])
        except (KeyError, TypeError) as error:
            raise FormatError(
                f"{stored.path} has no valid position in these data: {error!r}"
            ) from None
        self._step = stored.step
        if self._step >= self._run.steps:
            self._tell(
                f"the run is finished: {self._step} steps of {self._run.steps} are done; "
                "--steps N with a larger N continues it"
            )
        else:
            self._tell(f"resuming at step {self._step}")
            if self._log is not None:
                self._log.write(RESUMED, self._step)
        return self._step

    def train(self) -> Result:
        """Train up to the last step, or until a signal asks to stop; then a checkpoint is kept."""
        run = self._run
        finished = self._step >= run.steps
        with stop_requests() as asked, self._closing_log():
            losses: list[Tensor] = []
            began, pace = monotonic(), Pace(self._step)
            while not finished:
                loss, norm = self._advance()
                losses.append(loss)
                finished = self._step >= run.steps
                stopping = finished or self._processes.sum([float(asked())])[0] > 0
                if stopping or self._step % run.log_every == 0:
                    # Only here a GPU is waited for, which else would wait for this process.
                    mean = self._processes.sum([torch.stack(losses).mean().item()])[0]
                    seconds = (monotonic() - began) / len(losses)
                    self._left = pace.seconds_left(self._step, run.steps)
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

    def _open_log(self) -> RunLog:
        opened, board = self._opened, None
        if opened.place.tensorboard:
            board = Board(opened.folder, opened.checkpoint.step if opened.checkpoint else 0)
        return RunLog(opened.folder, board)

    @contextmanager
    def _closing_log(self) -> Iterator[None]:
        try:
            yield
        finally:
            if self._log is not None:
                self._log.close()

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
        self._last_batch = batches[-1]
        self._is_finite &= total.isfinite() & norm.isfinite()
        return total, norm

    def _autocast(self) -> AbstractContextManager[Any]:
        if not self._bfloat16:
            return nullcontext()
        return torch.autocast(self._processes.device.type, torch.bfloat16)

    def _write_step(self, loss: float, norm: float, seconds: float) -> None:
        task, speed = self._task, self._task.step_size / seconds
        left = f", {duration(self._left)} left" if self._step < self._run.steps else ""
        self._tell(
            f"step {self._step}/{self._run.steps}: {loss:.4f} {task.loss_unit}, "
            f"{speed:,.0f} {task.count_name}/s{left}"
        )
        if self._log is not None:
            self._log.write(
                "step",
                self._step,
                loss=loss,
                unit=task.loss_unit,
                gradient_norm=norm,
                rate=rate_factor(self._step - 1, self._run.steps, self._optimizer),
                seconds_left=round(self._left, 1),
                **{f"{task.count_name}_per_second": round(speed, 1)},
            )
        if not math.isfinite(loss):
            raise self._diverged(f"the loss is {loss}")
        self._check_steps()

    def _validate(self) -> None:
        self._wrapped.eval()
        with torch.no_grad(), self._autocast():
            self._metrics = self._task.evaluate(self._wrapped)
        self._wrapped.train()
        if not self._metrics:
            return
        shown = ", ".join(f"{name} {value:.4f}" for name, value in self._metrics.items())
        self._tell(f"step {self._step}: validation: {shown}")
        if self._log is not None:
            units = {name: self._task.unit_of(name) for name in self._metrics}
            self._log.write("validation", self._step, metrics=self._metrics, units=units)
        for name, value in self._metrics.items():
            if not math.isfinite(value):
                raise self._diverged(f"the measure {name} is {value}")

    def _save(self) -> None:
        self._check_steps()
        self._check_weights()
        opened = self._opened
        record = None if opened.record is None else opened.record.to_json()
        state = {"position": self._task.position(), "record": record}
        self._checkpoints.save(
            self._step, self._task.module, self._optimizers, state, self._task.describe
        )

    def _check_steps(self) -> None:
        """Raise TrainingError where a loss or a gradient was not finite since the run began."""
        if self._processes.sum([float(not self._is_finite.item())])[0]:
            raise self._diverged("a loss or a gradient is not finite")

    def _check_weights(self) -> None:
        """Raise TrainingError where the state after this step is not fit to go on from."""
        module = self._task.module
        bad = first_not_finite(module.state_dict())
        if bad is None and first_not_finite(moments(module, self._optimizers)) is not None:
            bad = "the optimizer's state"
        if self._processes.sum([float(bad is not None)])[0]:
            raise self._diverged(f"{bad or 'what another process has'} is not finite")
        # Weights may be finite, and so large that nothing can be computed with them.
        if self._processes.sum([float(not self._is_loss_finite())])[0]:
            raise self._diverged("the loss that follows is not finite")

    @torch.no_grad()
    def _is_loss_finite(self) -> bool:
        """Return whether the last batch has a loss; nothing is changed."""
        if self._last_batch is None:
            return True
        module = self._task.module
        counts = [buffer.clone() for buffer in module.buffers()]  # some networks count what they do
        module.eval()
        with self._autocast():
            loss = self._task.loss(module, self._last_batch)
        module.train()
        for buffer, before in zip(module.buffers(), counts, strict=True):
            buffer.copy_(before)
        return bool(loss.isfinite().item())

    def _diverged(self, what: str) -> TrainingError:
        """Return the error of a run that has diverged; all processes call this."""
        last = self._processes.in_first(lambda: self._checkpoints.last)
        if self._log is not None:
            self._log.write("diverged", self._step, reason=what)
        return TrainingError(
            f"{what} at step {self._step}: the run has diverged, and this step is not saved; "
            f"{last or 'the first process says which checkpoint is the last'}: lower the learning "
            "rates, and resume with --resume --accept-changes or start again"
        )

    def _tell(self, message: str) -> None:
        with suppress(OSError):
            self._report(message)
