"""Stored models in plain files: docs/format.md, section 6.2."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.reference.coders import need

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
    """A model file whose tensors aren't packed.

    Attributes:
        architecture, config: what it says of itself.
        tensors: by name.
        sha256: of all this.
    """

    def __init__(self, content: bytes) -> None:
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size])
        fields = json.loads(header.pop("__metadata__")["neurocomp"])
        need(not fields.get("packed"), "the tensors of the model file are packed")
        self.architecture: str = fields["architecture"]
        self.config: dict[str, Any] = fields["config"]
        self.tensors: dict[str, Tensor] = {}
        for name, place in header.items():
            first, last = place["data_offsets"]
            data = content[8 + size + first : 8 + size + last]
            self.tensors[name] = Tensor(place["dtype"], place["shape"], data)
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
