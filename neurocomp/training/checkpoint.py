"""Checkpoints: a folder of safetensors and JSON that appears complete or not at all.

run/checkpoints/step-00001200/
    model.safetensors       parameters by name
    optimizer.safetensors   "<parameter>/<quantity>"
    state.json              step, position in the data, configuration and data of the run
    config.json, ...        what the model's own readers need
    SHA256SUMS              hashes of these files
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from neurocomp.errors import FormatError, ModelMismatchError, UsageError
from neurocomp.training.distributed import Processes, share, whole
from neurocomp.training.optim import Muon
from neurocomp.training.run_folder import (
    MODEL_NAME,
    OPTIMIZER_NAME,
    STATE_NAME,
    SUMS_NAME,
    checkpoint_folder,
    checkpoints_of,
    discard,
    is_own,
    new_folder,
    put_aside,
    write_file,
)
from neurocomp.training.soundness import StoredCheckpoint, newest_sound, read_tensors, verify

Optimizers = Sequence[torch.optim.Optimizer]

_QUANTITIES = {Muon: {"momentum"}, torch.optim.AdamW: {"step", "exp_avg", "exp_avg_sq"}}
"""The state that each optimizer keeps of a parameter."""


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one run.

    Attributes:
        folder: folder of the run.
        processes: the processes that train; the first one writes, all of them read.
        keep: number of checkpoints to keep.
        passed_over: folders that are damaged: they don't count, and are left where they are.
        sound: folders that are known not to be.
    """

    folder: Path
    processes: Processes
    keep: int = 2
    passed_over: set[Path] = field(default_factory=set)
    sound: set[Path] = field(default_factory=set)

    def save(
        self,
        step: int,
        module: nn.Module,
        optimizers: Optimizers,
        state: dict[str, Any],
        describe: Callable[[Path], None],
    ) -> None:
        """Write a checkpoint and remove old ones; every process calls this.

        Args:
            step: updates done.
            module: the network itself, not wrapped by DDP.
            optimizers: those of `build_optimizers`.
            state: JSON that `StoredCheckpoint.state` has, besides the step.
            describe: writes the other files of the checkpoint into a folder, by `write_file`.

        Raises:
            OSError: it can't be written; the error names the file and the last checkpoint.
        """
        model = {name: whole(tensor.detach()) for name, tensor in module.state_dict().items()}
        quantities = moments(module, optimizers)
        momenta = {name: whole(tensor) for name, tensor in quantities.items()}

        def write() -> None:
            target = checkpoint_folder(self.folder, step)
            if target.exists() or target.is_symlink():
                self._clear(target)
            try:
                with new_folder(target) as folder:
                    # transformers wants to know which library's names these are.
                    write_file(folder / MODEL_NAME, save(_plain(model), {"format": "pt"}))
                    write_file(folder / OPTIMIZER_NAME, save(_plain(momenta)))
                    text = json.dumps({"step": step, **state}, indent=1, allow_nan=False)
                    write_file(folder / STATE_NAME, text.encode())
                    describe(folder)
                    write_file(folder / SUMS_NAME, _sums(folder))
            except OSError as error:
                text = f"{error.strerror}: the checkpoint of step {step} is not saved; {self.last}"
                raise OSError(error.errno, text, error.filename) from None
            self.sound.add(target)
            self._remove_old()

        self.processes.in_first(write)

    @property
    def last(self) -> str:
        """Which checkpoint is the last that is sound, in words."""
        try:
            stored = newest_sound(self.folder)
        except FormatError:
            stored = None
        if stored is None:
            return f"{self.folder} has no sound checkpoint"
        return f"the last sound checkpoint is {stored.path}"

    def load(self, stored: StoredCheckpoint, module: nn.Module, optimizers: Optimizers) -> None:
        """Restore the parameters and the optimizers' state.

        Raises:
            FormatError: see `load_model`.
            ModelMismatchError: it is of another network or another optimizer.
        """
        path = stored.path
        momenta = read_tensors(path / OPTIMIZER_NAME)
        names = {id(parameter): name for name, parameter in module.named_parameters()}
        states: list[tuple[torch.optim.Optimizer, nn.Parameter, dict[str, Tensor]]] = []
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    prefix = f"{names[id(parameter)]}/"
                    found = {
                        key.removeprefix(prefix): momenta.pop(key)
                        for key in [key for key in momenta if key.startswith(prefix)]
                    }
                    if found and set(found) != _QUANTITIES[type(optimizer)]:
                        raise _other_optimizer(path)
                    states.append((optimizer, parameter, found))
        load_model(path, module)
        if momenta:
            raise _other_optimizer(path)
        for optimizer, parameter, found in states:
            for name, tensor in found.items():
                if tensor.shape not in (parameter.shape, torch.Size([])):
                    raise FormatError(f"{path / OPTIMIZER_NAME} is damaged: the shape of {name}")
            optimizer.state[parameter] = {
                name: share(tensor, parameter)
                if tensor.shape == parameter.shape
                else tensor.to(parameter.device)
                for name, tensor in found.items()
            }

    def _counts(self, path: Path) -> bool:
        """Return whether a checkpoint is one of those that are kept or removed."""
        if path not in self.passed_over | self.sound:
            try:
                verify(path)
            except FormatError:
                self.passed_over.add(path)
            else:
                self.sound.add(path)
        return path in self.sound and is_own(path)

    def _clear(self, target: Path) -> None:
        """Make room for a step that is repeated."""
        if target not in self.passed_over and target.is_dir() and is_own(target):
            discard(target)
        else:
            put_aside(target)

    def _remove_old(self) -> None:
        own = [one for one in checkpoints_of(self.folder) if self._counts(one)]
        for old in own[: -self.keep]:
            with suppress(OSError):  # it is one too many, and no harm
                discard(old)


def moments(module: nn.Module, optimizers: Optimizers) -> dict[str, Tensor]:
    """Return the optimizers' state of ``module``'s parameters, as "<parameter>/<quantity>"."""
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    return {
        f"{names[id(parameter)]}/{key}": tensor
        for optimizer in optimizers
        for parameter, state in optimizer.state.items()
        for key, tensor in state.items()
    }


def load_model(path: Path, module: nn.Module) -> None:
    """Set the parameters of ``module`` to those of the checkpoint folder ``path``.

    Raises:
        UsageError: there is no such folder.
        FormatError: its file is damaged.
        ModelMismatchError: it is of a network of another shape.
    """
    set_parameters(module, read_parameters(path), path)


def read_parameters(path: Path) -> dict[str, Tensor]:
    """Return the parameters in the checkpoint folder ``path``, by name.

    Raises:
        UsageError: there is no such folder.
        FormatError: its file is damaged.
    """
    if not path.is_dir():
        raise UsageError(
            f"{path} is not a folder: name a checkpoint, such as run/checkpoints/step-…"
        )
    return read_tensors(path / MODEL_NAME)


def set_parameters(module: nn.Module, stored: dict[str, Tensor], path: Path) -> None:
    """Set the parameters of ``module``; raises ModelMismatchError where their shapes differ.

    Args:
        module: the module to change.
        stored: whole tensors by name.
        path: origin of the tensors, for messages.
    """
    parameters = module.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in parameters.items()}
    if shapes != {name: tuple(tensor.shape) for name, tensor in stored.items()}:
        raise ModelMismatchError(
            f"{path} holds a network of another shape: give the [model] it was trained with"
        )
    with torch.no_grad():
        for name, tensor in parameters.items():
            tensor.copy_(share(stored[name], tensor))


def _other_optimizer(path: Path) -> ModelMismatchError:
    return ModelMismatchError(
        f"{path} holds the momenta of another optimizer: give the [optimizer] it was trained with, "
        f"or begin a new run in another folder with --init {path}"
    )


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}


def _sums(folder: Path) -> bytes:
    """Return the hashes of the files in ``folder``, a line each."""
    lines = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    return "".join(lines).encode()
