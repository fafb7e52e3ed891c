"""Checkpoints: a folder of safetensors and JSON that appears complete or not at all.

run/checkpoints/step-00001200/
    model.safetensors       parameters by name
    optimizer.safetensors   "<parameter>/<quantity>"
    state.json              step, position in the data, configuration
    config.json, ...        what the model's own readers need
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from neurocomp.errors import FormatError, ModelMismatchError, UsageError
from neurocomp.training.distributed import Processes, share, whole

MODEL_NAME, OPTIMIZER_NAME, STATE_NAME = "model.safetensors", "optimizer.safetensors", "state.json"

Optimizers = Sequence[torch.optim.Optimizer]


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one run.

    Attributes:
        folder: of the run.
        processes: who trains; the first process writes, all of them read.
        keep: how many are kept.
    """

    folder: Path
    processes: Processes
    keep: int = 2

    def all(self) -> list[Path]:
        """Return the folders of the complete checkpoints, oldest first."""
        return sorted((self.folder / "checkpoints").glob("step-*"))

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
            state: JSON that `load` returns.
            describe: writes the other files of the checkpoint into a folder.
        """
        model = {name: whole(tensor.detach()) for name, tensor in module.state_dict().items()}
        moments = {name: whole(tensor) for name, tensor in _moments(module, optimizers).items()}
        if self.processes.is_first:
            target = self.folder / "checkpoints" / f"step-{step:08d}"
            temporary = target.with_name(f".{target.name}.tmp")
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            # transformers wants to know which library's names these are.
            (temporary / MODEL_NAME).write_bytes(save(_plain(model), {"format": "pt"}))
            (temporary / OPTIMIZER_NAME).write_bytes(save(_plain(moments)))
            text = json.dumps({"step": step, **state}, indent=1)
            (temporary / STATE_NAME).write_text(text, encoding="utf-8")
            describe(temporary)
            if target.exists():  # a step that was repeated: the same again
                shutil.rmtree(target)
            os.rename(temporary, target)
            for old in self.all()[: -self.keep]:
                shutil.rmtree(old)
        self.processes.wait()

    def load(self, path: Path, module: nn.Module, optimizers: Optimizers) -> dict[str, Any]:
        """Restore the parameters and the optimizers' state; return the JSON state.

        Raises:
            FormatError, ModelMismatchError: see `load_model`.
        """
        load_model(path, module)
        moments = _read(path / OPTIMIZER_NAME)
        names = {id(parameter): name for name, parameter in module.named_parameters()}
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    prefix = f"{names[id(parameter)]}/"
                    optimizer.state[parameter] = {
                        key.removeprefix(prefix): share(tensor, parameter)
                        if tensor.shape == parameter.shape
                        else tensor.to(parameter.device)
                        for key, tensor in moments.items()
                        if key.startswith(prefix)
                    }
        try:
            state: dict[str, Any] = json.loads((path / STATE_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FormatError(f"{path} is not a whole checkpoint: {error}") from None
        return state


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
    return _read(path / MODEL_NAME)


def set_parameters(module: nn.Module, stored: dict[str, Tensor], path: Path) -> None:
    """Set the parameters of ``module``; raises ModelMismatchError where their shapes differ.

    Args:
        module: what is set.
        stored: whole tensors by name.
        path: where they are from, for messages.
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


def _moments(module: nn.Module, optimizers: Optimizers) -> dict[str, Tensor]:
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    return {
        f"{names[id(parameter)]}/{key}": tensor
        for optimizer in optimizers
        for parameter, state in optimizer.state.items()
        for key, tensor in state.items()
    }


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise FormatError(f"{path} is not a whole safetensors file: {error}") from None
