"""The places of tensors in a safetensors file, read without numpy and checked.

The format: 8 bytes, little-endian, with the header's length; the header, JSON; the tensors, one
after the other without gaps (https://github.com/huggingface/safetensors).  What the header claims
is compared with the file's size before anything is allocated.
"""

from __future__ import annotations

import json
import math
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame.constants import MAX_DIMENSIONS, MAX_LAYOUT_BYTES
from neurocomp.names import printable, quoted

TYPE_BYTES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "F8_E8M0": 1,
    "U16": 2,
    "I16": 2,
    "F16": 2,
    "BF16": 2,
    "U32": 4,
    "I32": 4,
    "F32": 4,
    "U64": 8,
    "I64": 8,
    "F64": 8,
    "C64": 8,
}
"""Bytes of an element, by the format's name of its type."""

LENGTH_BYTES = 8
_METADATA = "__metadata__"


@dataclass(frozen=True)
class TensorPlace:
    """One tensor: its type in the format's words, its shape, and its bytes in the file."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    num_bytes: int


@dataclass(frozen=True)
class Layout:
    """A whole file.

    Attributes:
        metadata: free texts by name.
        tensors: places by name, in the order in which they lie.
    """

    metadata: dict[str, str]
    tensors: dict[str, TensorPlace]


def read_layout(path: Path, shown: Path | None = None) -> Layout:
    """Return the header of the file at ``path``, if its tensors fill the file exactly.

    Args:
        path: the file.
        shown: name in messages.

    Raises:
        FormatError: it is not a safetensors file, cut short or damaged.
        UnsupportedError: a tensor's type is none of ``TYPE_BYTES``.
        OSError: it cannot be read.
    """
    shown = shown or path
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise FormatError(f"{printable(shown)} is not a regular file, as a model's must be")
    with path.open("rb") as file:
        header, start = _read_header(shown, file, status.st_size)
    try:
        return _parse(header, start, status.st_size)
    except UnsupportedError as error:
        raise UnsupportedError(f"{printable(shown)}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{printable(shown)} is not a safetensors file, or damaged: {error}"
        ) from None


def _read_header(shown: Path, file: BinaryIO, size: int) -> tuple[bytes, int]:
    """Return the header, and where it ends."""
    start = file.read(LENGTH_BYTES)
    length = int.from_bytes(start, "little")
    if len(start) < LENGTH_BYTES or length > size - LENGTH_BYTES:
        raise FormatError(f"{printable(shown)} is not a safetensors file, or cut short")
    if length > MAX_LAYOUT_BYTES:
        raise FormatError(
            f"the header of {printable(shown)} has {length} bytes, more than {MAX_LAYOUT_BYTES}"
        )
    header = file.read(length)
    if len(header) < length:
        raise FormatError(f"{printable(shown)} is not a safetensors file, or cut short")
    return header, LENGTH_BYTES + length


def _parse(header: bytes, start: int, size: int) -> Layout:
    fields = json.loads(header.decode("utf-8"), object_pairs_hook=_without_doubles)
    if not isinstance(fields, dict):
        raise ValueError("its header is not a JSON object")
    metadata = fields.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(one, str) for one in metadata.values()):
        raise ValueError("its metadata are not texts")
    places = {name: _place(name, entry, start) for name, entry in fields.items()}
    tensors = dict(sorted(places.items(), key=lambda item: (item[1].offset, item[1].num_bytes)))
    end = start
    for name, place in tensors.items():
        if place.offset != end:
            what = "overlaps the tensor before it" if place.offset < end else "comes after a gap"
            raise ValueError(f"tensor {quoted(name)} {what}")
        end += place.num_bytes
    if end != size:
        raise ValueError(f"its tensors end at byte {end}, the file at {size}")
    return Layout(metadata, tensors)


def _place(name: str, entry: Any, start: int) -> TensorPlace:
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [begin, end]} if all(
            type(one) is int and one >= 0 for one in (*shape, begin, end)
        ):
            pass
        case _:
            raise ValueError(f"tensor {quoted(name)} has no type, shape and place")
    if dtype not in TYPE_BYTES:
        raise UnsupportedError(
            f"tensor {quoted(name)} is of type {quoted(dtype)}, which this neurocomp does not know"
        )
    if len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"tensor {quoted(name)} has {len(shape)} dimensions")
    # Of Python's integers, which have no end: a product of huge sizes is huge, and no small one.
    if end - begin != math.prod(shape) * TYPE_BYTES[dtype]:
        raise ValueError(
            f"tensor {quoted(name)} of shape {printable(str(shape), 80)} has {end - begin} bytes"
        )
    return TensorPlace(dtype, tuple(shape), start + begin, end - begin)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a name is in its header twice")
    return fields
