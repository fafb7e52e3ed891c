"""Reading tensors out of a directory of safetensors, one at a time and without a copy."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError

INDEX_NAME = "model.safetensors.index.json"
FILE_NAME = "model.safetensors"
_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


class Checkpoint:
    """The tensors and the configuration of a checkpoint directory as transformers writes it.

    Args:
        folder: has ``config.json`` and ``model.safetensors``, or an index of several such files.

    Raises:
        FormatError: the files are not what they should be.
        UnsupportedError: the weights are in another form than safetensors.
        OSError: a file cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config: dict[str, Any] = read_json(folder / "config.json")
        if (folder / INDEX_NAME).is_file():
            names = sorted(set(read_json(folder / INDEX_NAME)["weight_map"].values()))
        elif (folder / FILE_NAME).is_file():
            names = [FILE_NAME]
        else:
            raise UnsupportedError(
                f"{folder} has no {FILE_NAME}: load the model with transformers and save it with "
                "save_pretrained(..., safe_serialization=True)"
            )
        self._places: dict[str, tuple[Path, str, tuple[int, ...], int]] = {}
        for name in names:
            self._add(folder / Path(name).name)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def tensor(self, name: str) -> NDArray[Any]:
        """Return a tensor, mapped into memory: float16, float32 or float64.

        Raises:
            FormatError: there is none of that name.
        """
        if name not in self._places:
            raise FormatError(f"the checkpoint in {self.folder} has no tensor {name!r}")
        path, dtype, shape, offset = self._places[name]
        array: NDArray[Any] = np.memmap(path, _DTYPES[dtype], "r", offset, shape)
        if dtype == "BF16":
            return (array.astype("<u4") << 16).view("<f4")
        return array

    def _add(self, path: Path) -> None:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
            if length > size - 8:
                raise FormatError(f"{path} is not a safetensors file, or cut short")
            try:
                header = json.loads(file.read(length))
                for name, entry in header.items():
                    if name != "__metadata__" and entry["dtype"] in _DTYPES:
                        begin, end = entry["data_offsets"]
                        shape = tuple(int(one) for one in entry["shape"])
                        width = np.dtype(_DTYPES[entry["dtype"]]).itemsize
                        if not 0 <= begin <= end <= size - 8 - length or end - begin != width * int(
                            np.prod(shape, dtype=object)
                        ):
                            raise ValueError(name)
                        self._places[name] = (path, entry["dtype"], shape, 8 + length + begin)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise FormatError(f"the header of {path} is damaged: {error!r}") from None


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; raises FormatError where it holds none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise FormatError(f"{path} does not hold a JSON object")
    return value
