"""Tensors of a stored model, entropy-coded: weights of 8 bits take about 6.4 of them.

For what ships with the package; ``core/src/weights`` does the work, in about 5 nanoseconds an
element.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import FormatError
from neurocomp.frame.constants import MAX_ELEMENTS
from neurocomp.names import quoted
from neurocomp.store.headers import Forms

Tensors = Mapping[str, NDArray[Any]]


def pack_tensors(tensors: Tensors) -> tuple[dict[str, NDArray[Any]], Forms]:
    """Return ``tensors`` with those that become smaller packed, uint8 (bytes,), and their forms."""
    packed: dict[str, NDArray[Any]] = {}
    forms: Forms = {}
    room = MAX_ELEMENTS
    for name, tensor in tensors.items():
        packed[name] = tensor
        if not 0 < tensor.size <= room:
            continue
        elements = np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<")).reshape(-1)
        row_width = tensor.shape[-1] if tensor.ndim else 1
        payload = _core.weights.pack(elements.view(np.uint8), tensor.dtype.name, row_width)
        if payload is not None and len(payload) < tensor.nbytes:
            packed[name] = np.frombuffer(payload, np.uint8)
            forms[name] = (tensor.dtype.name, tensor.shape)
            room -= tensor.size
    return packed, forms


def unpack_tensors(packed: Tensors, forms: Forms) -> dict[str, NDArray[Any]]:
    """Undo `pack_tensors`.

    Raises:
        FormatError: a tensor is damaged or missing, or there are too many elements.
    """
    if sum(math.prod(shape) for _, shape in forms.values()) > MAX_ELEMENTS:
        raise FormatError(f"more than {MAX_ELEMENTS} elements are packed")
    tensors = dict(packed)
    for name, (dtype, shape) in forms.items():
        payload = packed.get(name)
        if payload is None or payload.dtype != np.uint8:
            raise FormatError(f"tensor {quoted(name)} is not there, or not packed")
        row_width = shape[-1] if shape else 1
        num_rows = math.prod(shape) // row_width
        try:
            elements = _core.weights.unpack(payload.tobytes(), dtype, num_rows, row_width)
        except _core.weights.BadModel as error:
            raise FormatError(f"tensor {quoted(name)}: {error}") from None
        tensors[name] = elements.view(np.dtype(dtype).newbyteorder("<")).reshape(shape)
    return tensors
