"""Models as files: named integer tensors and a configuration, under one canonical hash.

The file is safetensors (no code, no pickle).  Its only metadata key, "neurocomp", holds canonical
JSON with the file's version, the architecture, the configuration and the hash.  Version 2 also has
"packed": type and shape of the tensors that are entropy-coded (``packing``).
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from neurocomp.errors import FormatError, ModelMismatchError, UnsupportedError
from neurocomp.models.files import write_atomically
from neurocomp.models.packing import TYPES, Forms, pack_tensors, read_forms, unpack_tensors

FILE_VERSION, PACKED_VERSION = 1, 2
METADATA_KEY = "neurocomp"
MAX_FILE_BYTES = 1 << 33
MAX_TENSORS = 1 << 14
MAX_METADATA_BYTES = 1 << 20
SHA256_BYTES = 32

_TYPES = {"I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64"}
"""Names of the allowed types in safetensors; in numpy they are ``TYPES``."""

Json = Any
"""What ``json`` reads and writes."""


def canonical_json(value: Json) -> str:
    """Return ``value`` as the one JSON text that is hashed and stored.

    Raises:
        TypeError, ValueError: it isn't JSON, or holds NaN or an infinity.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class ModelHeader:
    """What a model file says about itself before its tensors are read.

    Attributes:
        architecture: name in the registry.
        config: JSON values by name.
        sha256: canonical hash that the file claims, 32 bytes; ``StoredModel.load`` verifies it.
        packed: form of each tensor that is entropy-coded in the file.
    """

    architecture: str
    config: dict[str, Json]
    sha256: bytes
    packed: Forms = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> ModelHeader:
        """Read the header of the model file at ``path``.

        Raises:
            FormatError: the file is no neurocomp model, or damaged.
            UnsupportedError: it was written by a newer version.
            OSError: it cannot be read.
        """
        try:
            with _open(path) as file:
                return _parse_metadata(path, file.metadata())
        except SafetensorError as error:
            raise FormatError(f"{path} is not a safetensors file, or damaged: {error}") from None


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A model as integers, ready to be hashed, written and read.

    Attributes:
        architecture: name in the registry.
        config: JSON values by name.
        tensors: arrays of 8- to 64-bit integers by name; they become read-only.
    """

    architecture: str
    config: Mapping[str, Json]
    tensors: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        """Check the types and freeze the tensors.

        Raises:
            UnsupportedError: a tensor is not of integers.
            ValueError: there are too many tensors.
        """
        if len(self.tensors) > MAX_TENSORS:
            raise ValueError(f"{len(self.tensors)} tensors are more than {MAX_TENSORS}")
        frozen = {}
        for name, tensor in sorted(self.tensors.items()):
            if tensor.dtype.name not in TYPES:
                raise UnsupportedError(
                    f"tensor {name!r} is {tensor.dtype.name}: a stored model holds integers only, "
                    "so that it predicts the same everywhere"
                )
            little = np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<"))
            frozen[name] = little.reshape(tensor.shape).view()
            frozen[name].flags.writeable = False
        object.__setattr__(self, "tensors", frozen)

    @cached_property
    def sha256(self) -> bytes:
        """Canonical hash, 32 bytes: of architecture, configuration and tensors.

        Hashed are the canonical JSON of [architecture, config], a zero byte, then for each tensor
        by name the canonical JSON of [name, dtype, shape], a zero byte, and its elements,
        little-endian, in C order.  How the file is laid out doesn't matter.
        """
        digest = hashlib.sha256()
        head = canonical_json([self.architecture, dict(self.config)])
        digest.update(head.encode() + b"\0")
        for name, tensor in self.tensors.items():
            shape = [int(size) for size in tensor.shape]
            digest.update(canonical_json([name, tensor.dtype.name, shape]).encode() + b"\0")
            digest.update(tensor.data if tensor.size else b"")
        return digest.digest()

    def save(self, path: Path, *, packed: bool = False) -> None:
        """Write the model to ``path``, whole or not at all.

        Args:
            path: the file.
            packed: entropy-code the tensors; the hash is the same.

        Raises:
            ValueError: the configuration is not JSON, or larger than a file may hold.
            OSError: the file cannot be written.
        """
        fields: dict[str, Json] = {
            "version": FILE_VERSION,
            "architecture": self.architecture,
            "config": dict(self.config),
            "sha256": self.sha256.hex(),
        }
        tensors = dict(self.tensors)
        if packed:
            tensors, forms = pack_tensors(self.tensors)
            fields |= {"version": PACKED_VERSION, "packed": forms}
        metadata = canonical_json(fields)
        if len(metadata) > MAX_METADATA_BYTES:
            raise ValueError(f"the configuration takes more than {MAX_METADATA_BYTES} bytes")
        write_atomically(path, save(tensors, {METADATA_KEY: metadata}))

    @classmethod
    def load(cls, path: Path) -> StoredModel:
        """Read the model file at ``path`` and verify its hash.

        Raises:
            FormatError: the file is no neurocomp model, damaged or too large.
            UnsupportedError: it was written by a newer version, or holds floats.
            ModelMismatchError: its content doesn't have the hash that it records.
            OSError: it cannot be read.
        """
        try:
            with _open(path) as file:
                header = _parse_metadata(path, file.metadata())
                names = list(file.keys())
                if len(names) > MAX_TENSORS:
                    raise FormatError(f"{path} holds {len(names)} tensors, more than {MAX_TENSORS}")
                for name in names:
                    dtype = file.get_slice(name).get_dtype()
                    if dtype not in _TYPES:
                        raise UnsupportedError(
                            f"tensor {name!r} of {path} is {dtype}: a stored model holds integers "
                            "only, so that it predicts the same everywhere"
                        )
                tensors = {name: file.get_tensor(name) for name in names}
        except SafetensorError as error:
            raise FormatError(f"{path} is not a safetensors file, or damaged: {error}") from None
        if header.packed:
            tensors = _unpack(path, tensors, header.packed)
        model = cls(header.architecture, header.config, tensors)
        if model.sha256 != header.sha256:
            raise ModelMismatchError(
                f"{path} is damaged: its content has SHA-256 {model.sha256.hex()}, it records "
                f"{header.sha256.hex()}: fetch the file again"
            )
        return model


def _unpack(path: Path, tensors: Mapping[str, NDArray[Any]], forms: Forms) -> Any:
    try:
        return unpack_tensors(tensors, forms)
    except FormatError as error:
        raise FormatError(f"{path} is damaged: {error}: fetch the file again") from None


def _open(path: Path) -> Any:
    with path.open("rb") as file:
        start = file.read(8)
        size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise FormatError(f"{path} has {size} bytes, more than {MAX_FILE_BYTES}")
    if len(start) < 8 or struct.unpack("<Q", start)[0] > size - 8:
        raise FormatError(f"{path} is not a safetensors file, or cut short")
    return safe_open(path, framework="numpy")


def _parse_metadata(path: Path, metadata: dict[str, str] | None) -> ModelHeader:
    text = (metadata or {}).get(METADATA_KEY)
    if text is None:
        raise FormatError(f"{path} is a safetensors file, but not a neurocomp model")
    if len(text) > MAX_METADATA_BYTES:
        raise FormatError(f"the metadata of {path} exceed {MAX_METADATA_BYTES} bytes")
    try:
        fields = json.loads(text)
        version = fields["version"]
        if isinstance(version, int) and version > PACKED_VERSION:
            raise UnsupportedError(
                f"{path} is a model file of version {version}, this neurocomp reads up to "
                f"{PACKED_VERSION}: install a newer one (pip install -U neurocomp)"
            )
        header = ModelHeader(
            fields["architecture"],
            fields["config"],
            bytes.fromhex(fields["sha256"]),
            read_forms(fields["packed"]) if version == PACKED_VERSION else {},
        )
        # Everything that json.loads takes and canonical_json doesn't is damage.
        canonical_json(header.config)
    except (KeyError, TypeError, RecursionError, ValueError) as error:
        if isinstance(error, UnsupportedError):
            raise
        raise FormatError(f"the metadata of {path} are damaged: {error!r}") from None
    well_formed = (
        version in (FILE_VERSION, PACKED_VERSION)
        and isinstance(header.architecture, str)
        and isinstance(header.config, dict)
        and len(header.sha256) == SHA256_BYTES
    )
    if not well_formed:
        raise FormatError(f"the metadata of {path} are damaged")
    return header
