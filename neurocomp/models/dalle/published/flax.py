"""Parameters of Flax, as the hub keeps them: flax_model.msgpack, or the same in safetensors.

Flax writes nested tables with msgpack, arrays as its extension 1: shape, name of the dtype, bytes.
Kernels of convolutions are (height, width, inputs, outputs) there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neurocomp import extras
from neurocomp.errors import FormatError

_ARRAY, _SCALAR = 1, 3
"""Flax's extensions of msgpack."""
_CHUNKED = "__msgpack_chunked_array__"
"""Marks an array that was too long for one piece."""


def read_msgpack(path: Path) -> dict[str, Tensor]:
    """Return the arrays of a file of Flax by their names, which have dots between.

    Raises:
        MissingPackageError: msgpack is not installed.
        FormatError: the file is damaged.
        OSError: it can't be read.
    """
    extras.require("reading parameters of Flax", "hub", "msgpack")
    import msgpack

    content = path.read_bytes()
    try:
        table = msgpack.unpackb(content, ext_hook=_array, raw=False)
        return dict(_flat(table, ""))
    except (
        *(AttributeError, RuntimeError, ValueError, TypeError, KeyError),
        msgpack.exceptions.UnpackException,
    ) as error:
        raise FormatError(f"{path} is not a whole file of Flax: {error!r}") from None


def is_flax(tensors: Mapping[str, Tensor]) -> bool:
    """Return whether tensors are called as Flax calls them."""
    return any(name.endswith(".kernel") for name in tensors)


def to_torch_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return parameters of a VQGAN in Flax as taming-transformers calls and lays them out."""
    found = {}
    for name, tensor in tensors.items():
        *path, last = name.removeprefix("params.").split(".")
        # A list's members are down_0, block_1 ...; block_1 of "mid" is not a list's.
        is_listed = path[1:2] != ["mid"]
        parts = [
            re.sub(r"^(down|up|block|attn)_(\d+)$", r"\1.\2", one) if is_listed else one
            for one in path
        ]
        if last == "kernel":
            last = "weight"
            tensor = tensor.permute(3, 2, 0, 1) if tensor.dim() == 4 else tensor.t()
        elif last in ("scale", "embedding"):
            last = "weight"
        if "norm" in parts[-1]:
            tensor = tensor.flatten()  # earlier versions had (1, 1, 1, channels)
        found[".".join([*parts, last])] = tensor.contiguous()
    return found


def _array(code: int, content: bytes) -> Any:
    import msgpack

    if code not in (_ARRAY, _SCALAR):
        raise ValueError(f"extension {code} of msgpack is not Flax's")
    shape, dtype, buffer = msgpack.unpackb(content, raw=True)
    name = dtype.decode("ascii")
    if name == "bfloat16":
        values = np.frombuffer(buffer, np.int16).reshape(shape)
        return torch.from_numpy(values.copy()).view(torch.bfloat16)
    return torch.from_numpy(np.frombuffer(buffer, np.dtype(name)).reshape(shape).copy())


def _flat(table: Any, prefix: str) -> Iterator[tuple[str, Tensor]]:
    if not isinstance(table, Mapping):
        raise TypeError(f"{prefix or 'it'} is not a table of arrays")
    for name, one in table.items():
        path = f"{prefix}.{name}" if prefix else str(name)
        if isinstance(one, Tensor):
            yield path, one
        elif isinstance(one, Mapping) and _CHUNKED in one:
            shape = [one["shape"][str(number)] for number in range(len(one["shape"]))]
            chunks = [one["chunks"][str(number)] for number in range(len(one["chunks"]))]
            yield path, torch.cat([chunk.flatten() for chunk in chunks]).reshape(shape)
        else:
            yield from _flat(one, path)
