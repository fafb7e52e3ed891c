"""Safetensors files, written piece by piece; ``layout`` says what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.store.headers import TYPE_NAMES
from neurocomp.store.layout import LENGTH_BYTES

_ALIGNMENT = 8
_NAMES = {ours: theirs for theirs, ours in TYPE_NAMES.items()}


def pieces(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> Iterator[bytes]:
    """Yield a file of integer tensors: its header, then each of them, those of wide types first.

    Tensors of equally wide types keep their order, so that the last of the narrowest ends the file.
    """
    ordered = sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize)
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    end = 0
    for name, tensor in ordered:
        begin, end = end, end + tensor.nbytes
        header[name] = {
            "dtype": _NAMES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    yield len(text).to_bytes(LENGTH_BYTES, "little") + text
    for _, tensor in ordered:
        yield np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<")).tobytes()
