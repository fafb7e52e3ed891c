"""Stored models: docs/format.md, section 6.2."""

from __future__ import annotations

import hashlib
import json
import math
import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.reference.coders import need
from tests.reference.packing import unpack

TYPES = {
    "I8": ("int8", "b"),
    "I16": ("int16", "h"),
    "I32": ("int32", "i"),
    "I64": ("int64", "q"),
    "U8": ("uint8", "B"),
    "U16": ("uint16", "H"),
    "U32": ("uint32", "I"),
    "U64": ("uint64", "Q"),
}
"""Types of safetensors: their names in the hash, and struct's letters."""


class Tensor(NamedTuple):
    kind: str
    shape: list[int]
    data: bytes

    def numbers(self) -> tuple[int, ...]:
        return self.row(0, math.prod(self.shape))

    def row(self, number: int, width: int) -> tuple[int, ...]:
        """Return ``width`` elements, after ``number`` times as many."""
        letter = TYPES[self.kind][1]
        start = number * width * struct.calcsize(f"<{letter}")
        return struct.unpack_from(f"<{width}{letter}", self.data, start)


class StoredModel:
    """A model file.

    Attributes:
        architecture, config: what it says of itself.
        tensors: by name.
        sha256: of all this.
    """

    def __init__(self, content: bytes) -> None:
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size])
        fields = json.loads(header.pop("__metadata__")["neurocomp"])
        version = fields["version"]
        need(version in (1, 3), "the model file is of an unknown version")
        packed = fields.get("packed", {}) if version == 3 else {}
        if version == 3:
            checksum = int.from_bytes(content[-4:], "little")
            need(header.pop("crc32")["shape"] == [4], "the model file has no checksum")
            need(zlib.crc32(content[:-4]) == checksum, "the model file is damaged")
        self.architecture: str = fields["architecture"]
        self.config: dict[str, Any] = fields["config"]
        self.tensors: dict[str, Tensor] = {}
        for name, place in header.items():
            first, last = place["data_offsets"]
            data = content[8 + size + first : 8 + size + last]
            kind, shape = place["dtype"], place["shape"]
            if name in packed:
                long_name, shape = packed[name]
                kind = next(one for one in TYPES if TYPES[one][0] == long_name)
                width = shape[-1] if shape else 1
                data = unpack(data, TYPES[kind][1], math.prod(shape) // width, width)
            self.tensors[name] = Tensor(kind, shape, data)
        self.sha256 = self._hash()
        need(self.sha256.hex() == fields["sha256"], "the model file is damaged")

    def _hash(self) -> bytes:
        digest = hashlib.sha256(_canonical([self.architecture, self.config]))
        for name, tensor in sorted(self.tensors.items()):
            digest.update(_canonical([name, TYPES[tensor.kind][0], tensor.shape]))
            digest.update(tensor.data)
        return digest.digest()

    def numbers(self, name: str) -> Sequence[int]:
        need(name in self.tensors, f"the model file lacks {name}")
        return self.tensors[name].numbers()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\0"
