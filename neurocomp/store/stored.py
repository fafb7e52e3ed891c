"""Models as files: named integer tensors and a configuration, under one canonical hash.

``headers`` says how the file is laid out.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, ModelMismatchError, UnsupportedError
from neurocomp.frame.constants import (
    CHECKSUM_BYTES,
    FILE_VERSION,
    MAX_METADATA_BYTES,
    MAX_TENSORS,
    PACKED_VERSION,
)
from neurocomp.names import printable, quoted
from neurocomp.store.files import replaced_file
from neurocomp.store.headers import (
    CHECKSUM,
    METADATA_KEY,
    TYPE_NAMES,
    TYPES,
    Forms,
    Json,
    canonical_json,
    parse_header,
    require_integers,
)
from neurocomp.store.layout import Layout, read_layout
from neurocomp.store.memory import ReadAgain
from neurocomp.store.packing import pack_tensors, unpack_tensors
from neurocomp.store.writer import pieces

MAX_FILE_BYTES = 1 << 33
_ALIGNMENT = 64
_LARGE_BYTES = 1 << 26

_PIECE_BYTES = 1 << 20


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
                    f"tensor {quoted(name)} is {tensor.dtype.name}: a stored model holds integers "
                    "only, so that it predicts the same everywhere"
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
        # Before the file is begun: what can't be written leaves none.
        whole = self._pieces(packed=packed)
        with replaced_file(path) as file:
            for piece in whole:
                file.write(piece)

    def to_bytes(self) -> bytes:
        """Return the file that `save` writes, for unpacked tensors; raises ValueError like it."""
        return b"".join(self._pieces(packed=False))

    def _pieces(self, *, packed: bool) -> Iterator[bytes]:
        fields: dict[str, Json] = {
            "version": FILE_VERSION,
            "architecture": self.architecture,
            "config": dict(self.config),
            "sha256": self.sha256.hex(),
        }
        tensors = dict(self.tensors)
        if packed:
            if CHECKSUM in tensors:
                raise ValueError(f"a packed model has no tensor of the name {CHECKSUM!r}")
            tensors, forms = pack_tensors(self.tensors)
            tensors[CHECKSUM] = np.zeros(CHECKSUM_BYTES, np.uint8)
            fields |= {"version": PACKED_VERSION, "packed": forms}
        metadata = canonical_json(fields)
        if len(metadata) > MAX_METADATA_BYTES:
            raise ValueError(f"the configuration takes more than {MAX_METADATA_BYTES} bytes")
        written = pieces(tensors, {METADATA_KEY: metadata})
        return _with_checksum(written) if packed else written

    @classmethod
    def load(cls, path: Path, shown: Path | None = None) -> StoredModel:
        """Read the model file at ``path`` and verify its hash.

        Args:
            path: the file.
            shown: name in messages.

        Raises:
            FormatError: the file is not a neurocomp model, damaged or too large.
            UnsupportedError: it was written by a newer version, or holds floats.
            ModelMismatchError: its content doesn't have the hash that it records.
            OSError: it cannot be read.
        """
        shown = shown or path
        layout = read_layout(path, shown)
        header = parse_header(shown, layout)
        tensors = _read_tensors(path, shown, layout)
        if header.version == PACKED_VERSION:
            _verify_checksum(path, shown, layout)
            del tensors[CHECKSUM]
            tensors = _unpack(shown, tensors, header.packed)
        model = cls(header.architecture, header.config, tensors)
        del tensors  # which could not be let go while this function holds them
        if model.sha256 != header.sha256:
            raise ModelMismatchError(
                f"{printable(shown)} is damaged: its content has SHA-256 {model.sha256.hex()}, it "
                f"records {header.sha256.hex()}: fetch the file again"
            )
        again = ReadAgain(model.tensors, partial(_load_again, path.absolute(), header.sha256))
        object.__setattr__(model, "tensors", again)
        return model

    def let_go(self) -> None:
        """Forget large tensors of a model that was read from a file: they are read again if needed.

        Whoever has made something of them in the meantime needs them once only, and they are most
        of what a model takes.
        """
        if isinstance(self.tensors, ReadAgain):
            self.tensors.let_go()


def _load_again(path: Path, sha256: bytes) -> Mapping[str, NDArray[Any]]:
    model = StoredModel.load(path)
    if model.sha256 != sha256:
        raise ModelMismatchError(
            f"{printable(path)} was replaced by another model while it was in use: start again"
        )
    return model.tensors


def _with_checksum(written: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces of a file, of whose last one the end is replaced by the checksum of the rest."""
    last, checksum = next(written), 0
    for piece in written:
        yield last
        checksum, last = zlib.crc32(last, checksum), piece
    last = last[:-CHECKSUM_BYTES]
    yield last + zlib.crc32(last, checksum).to_bytes(CHECKSUM_BYTES, "little")


def _verify_checksum(path: Path, shown: Path, layout: Layout) -> None:
    """Raise FormatError where a packed file doesn't end with the checksum of what comes before."""
    checksum = 0
    name, place = next(reversed(layout.tensors.items()), ("", None))
    if place is None or (name, place.dtype, place.shape) != (CHECKSUM, "U8", (CHECKSUM_BYTES,)):
        raise FormatError(f"{printable(shown)} is damaged: it lacks its checksum")
    with path.open("rb") as file:
        left = place.offset
        while left and (piece := file.read(min(left, _PIECE_BYTES))):
            checksum = zlib.crc32(piece, checksum)
            left -= len(piece)
        if file.read() != checksum.to_bytes(CHECKSUM_BYTES, "little"):
            raise FormatError(f"{printable(shown)} is damaged: its checksum does not match")


def _read_tensors(path: Path, shown: Path, layout: Layout) -> dict[str, NDArray[Any]]:
    """Return the tensors of a file, whose size bounds what is read."""
    tensors = layout.tensors
    if (size := sum(place.num_bytes for place in tensors.values())) > MAX_FILE_BYTES:
        raise FormatError(f"{printable(shown)} has {size} bytes, more than {MAX_FILE_BYTES}")
    if len(tensors) > MAX_TENSORS:
        raise FormatError(
            f"{printable(shown)} holds {len(tensors)} tensors, more than {MAX_TENSORS}"
        )
    require_integers(shown, layout)
    arrays = {}
    # All in one piece, which the system can give large pages: weights are read as they lie.
    # Those of large models are packed soon, one after the other, and let go.
    pieces = {name: -(-place.num_bytes // _ALIGNMENT) for name, place in tensors.items()}
    in_one = sum(pieces.values()) * _ALIGNMENT < _LARGE_BYTES
    room = np.empty((sum(pieces.values()) if in_one else 0, _ALIGNMENT), np.uint8)
    start = 0
    with path.open("rb") as file:
        for name, place in tensors.items():
            file.seek(place.offset)
            # Read, not mapped: a file that is cut short meanwhile would end the process.
            if in_one:
                content = room[start : start + pieces[name]].reshape(-1)[: place.num_bytes]
                start += pieces[name]
            else:
                content = np.empty(place.num_bytes, np.uint8)
            if file.readinto(content.data) < place.num_bytes:
                raise FormatError(f"{printable(shown)} was cut short while it was read")
            dtype = np.dtype(TYPE_NAMES[place.dtype]).newbyteorder("<")
            arrays[name] = content.view(dtype).reshape(place.shape)
    return arrays


def _unpack(path: Path, tensors: Mapping[str, NDArray[Any]], forms: Forms) -> Any:
    try:
        return unpack_tensors(tensors, forms)
    except FormatError as error:
        raise FormatError(f"{printable(path)} is damaged: {error}: fetch the file again") from None
