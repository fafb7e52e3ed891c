"""Tensors of a stored model, entropy-coded: weights of 8 bits take some 6.4 of them.

For what ships with the package; unpacking takes some 40 milliseconds a megabyte.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.models.headers import MAX_ELEMENTS, Forms
from neurocomp.names import quoted

Tensors = Mapping[str, NDArray[Any]]


def pack_tensors(tensors: Tensors) -> tuple[dict[str, NDArray[Any]], Forms]:
    """Return ``tensors`` with those that become smaller packed, uint8 (bytes,), and their forms."""
    from neurocomp.coding.integers import MAX_MAGNITUDE, encode_integers

    packed: dict[str, NDArray[Any]] = {}
    forms: Forms = {}
    room = MAX_ELEMENTS
    for name, tensor in tensors.items():
        packed[name] = tensor
        # Differences are twice as large.
        if not 0 < tensor.size <= room or 2 * _reach(tensor) >= MAX_MAGNITUDE:
            continue
        row = tensor.shape[-1] if tensor.ndim else 1
        values = tensor.reshape(-1).astype(np.int64)
        payload = encode_integers(values, sorted({0, 1, row}))
        if len(payload) < tensor.nbytes:
            packed[name] = np.frombuffer(payload, np.uint8)
            forms[name] = (tensor.dtype.name, tensor.shape)
            room -= tensor.size
    return packed, forms


def unpack_tensors(packed: Tensors, forms: Forms) -> dict[str, NDArray[Any]]:
    """Undo `pack_tensors`.

    Raises:
        FormatError: a tensor is damaged or missing, or there are too many elements.
    """
    from neurocomp.coding.integers import decode_integers

    if sum(math.prod(shape) for _, shape in forms.values()) > MAX_ELEMENTS:
        raise FormatError(f"more than {MAX_ELEMENTS} elements are packed")
    tensors = dict(packed)
    for name, (dtype, shape) in forms.items():
        payload = packed.get(name)
        if payload is None or payload.dtype != np.uint8:
            raise FormatError(f"tensor {quoted(name)} is not there, or not packed")
        values = decode_integers(payload.tobytes(), math.prod(shape), dtype)
        tensors[name] = values.reshape(shape)
    return tensors


def _reach(tensor: NDArray[Any]) -> int:
    return max(abs(int(tensor.min())), abs(int(tensor.max())))
