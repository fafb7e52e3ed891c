"""Checkpoints of torch, read for their weights alone: nothing that is pickled in them is run.

torch's own reader of weights knows tensors and plain containers, and refuses all else.  Published
checkpoints have a few other names in them: of callbacks that Lightning has written down, or of the
classes of a whole module.  Such a name is not imported: an empty record stands in for its class and
keeps what was stored of it.  Any other name is refused, as is everything torch refuses.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neurocomp.errors import FormatError, UnsupportedError

STAND_INS = ("dall_e.", "lightning.", "main.", "pytorch_lightning.", "taming.", "torch.nn.modules.")
"""Names of classes that published autoencoders have in their files begin with one of these."""


class Record:
    """The stored state of an object of an unknown class; it does nothing."""

    def __init__(self, *arguments: object) -> None:
        self.arguments = arguments


def read_checkpoint(path: Path) -> Any:
    """Return the content of a ``torch.save`` file: weights and plain containers of them.

    Raises:
        UnsupportedError: the file has names of other classes or functions in it.
        FormatError: it is damaged, or no such file.
        OSError: it can't be read.
    """
    names = _names(path)
    foreign = [one for one in names if not one.startswith(STAND_INS)]
    if foreign:
        raise UnsupportedError(
            f"{path} does not hold weights only: it names {', '.join(sorted(foreign)[:3])}; "
            "pickled code is never run: save its state_dict as safetensors"
        )
    # One class for each name: torch finds names by their classes.
    stand_ins = [(type("Record", (Record,), {}), one) for one in names]
    try:
        with torch.serialization.safe_globals(stand_ins):  # type: ignore[arg-type]
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).partition("WeightsUnpickler error:")[2] or str(error)
        raise UnsupportedError(
            f"{path} does not hold weights only ({' '.join(reason.split())[:120]}); pickled "
            "code is never run: save its state_dict as safetensors"
        ) from None
    except (RuntimeError, ValueError, EOFError, KeyError, IndexError, AttributeError) as error:
        raise FormatError(f"{path} is not a whole checkpoint: {error}") from None


def tensors_of(content: Any) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint by their names: of a state_dict, or of a whole module."""
    if isinstance(content, Record):
        return dict(_tensors_in(content, ""))
    if isinstance(content, Mapping):
        inner = content.get("state_dict", content)
        if isinstance(inner, Mapping):
            return {str(name): one for name, one in inner.items() if isinstance(one, Tensor)}
    return {}


def _tensors_in(module: Record, prefix: str) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters and buffers of a stored module, called as its state_dict has them."""
    stored = vars(module)
    for kind in ("_parameters", "_buffers"):
        for name, one in (stored.get(kind) or {}).items():
            if isinstance(one, Tensor):
                yield f"{prefix}{name}", one.detach()
    for name, one in (stored.get("_modules") or {}).items():
        if isinstance(one, Record):
            yield from _tensors_in(one, f"{prefix}{name}.")


def _names(path: Path) -> list[str]:
    """Return the names in a checkpoint that torch's reader of weights does not know.

    Of files of the form that torch wrote before version 1.6 it is told nothing: torch itself
    refuses them where there are any.
    """
    if not zipfile.is_zipfile(path):
        return []
    try:
        return list(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except (RuntimeError, ValueError, EOFError, IndexError, pickle.UnpicklingError) as error:
        raise FormatError(f"{path} is not a checkpoint of torch: {error}") from None
