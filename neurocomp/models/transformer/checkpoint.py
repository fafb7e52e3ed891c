"""Reading tensors out of a directory of safetensors, one at a time and without a copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.names import printable, quoted
from neurocomp.store.checkpoints import require_sound
from neurocomp.store.layout import TensorPlace, read_layout

INDEX_NAME = "model.safetensors.index.json"
FILE_NAME = "model.safetensors"
_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


class Checkpoint:
    """The tensors and the configuration of a checkpoint directory as transformers writes it.

    Args:
        folder: folder of ``config.json`` and ``model.safetensors``, or an index of several such
            files.

    Raises:
        FormatError: the files are not what they should be.
        UnsupportedError: the weights are in another form than safetensors.
        OSError: a file cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config: dict[str, Any] = read_json(folder / "config.json")
        if (folder / INDEX_NAME).is_file():
            names = _indexed(folder / INDEX_NAME)
        elif (folder / FILE_NAME).is_file():
            names = [FILE_NAME]
        else:
            raise UnsupportedError(
                f"{folder} has no {FILE_NAME}: load the model with transformers and save it with "
                "save_pretrained(..., safe_serialization=True)"
            )
        self._places: dict[str, tuple[Path, TensorPlace]] = {}
        for name in names:
            self._add(folder / name)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    @property
    def names(self) -> list[str]:
        """The names of the tensors."""
        return sorted(self._places)

    def tensor(self, name: str) -> NDArray[Any]:
        """Return a tensor, mapped into memory: float16, float32 or float64.

        Raises:
            FormatError: there is none of that name, or a value is NaN, infinite or huge.
        """
        if name not in self._places:
            raise FormatError(
                f"the checkpoint in {printable(self.folder)} has no tensor {quoted(name)}"
            )
        path, place = self._places[name]
        if 0 in place.shape:
            raise FormatError(f"tensor {quoted(name)} of {printable(path)} is empty")
        array: NDArray[Any] = np.memmap(path, _DTYPES[place.dtype], "r", place.offset, place.shape)
        if place.dtype == "BF16":
            array = (array.astype("<u4") << 16).view("<f4")
        require_sound(self.folder, name, array)
        return array

    def _add(self, path: Path) -> None:
        for name, place in read_layout(path).tensors.items():
            if place.dtype in _DTYPES:  # masks are of other types
                self._places[name] = (path, place)


def _indexed(path: Path) -> list[str]:
    """Return the files that an index names; raises FormatError where one leaves the folder."""
    files = read_json(path).get("weight_map")
    if not isinstance(files, dict) or not files:
        raise FormatError(f"{printable(path)} has no weight_map")
    for name in files.values():
        if not isinstance(name, str) or Path(name).name != name:
            raise FormatError(
                f"{printable(path)} names {quoted(str(name))}, which is not a file here"
            )
    return sorted(set(files.values()))


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; raises FormatError where it holds none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{printable(path)} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise FormatError(f"{printable(path)} does not hold a JSON object")
    return value
