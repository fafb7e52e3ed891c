"""Headers of model files, read without their tensors and without numpy.

The file is safetensors (no code, no pickle).  Its only metadata key, "neurocomp", holds canonical
JSON with the file's version, the architecture, the configuration and the hash.  Version 3 also has
"packed": type and shape of the tensors that are entropy-coded (``packing``); its last tensor is the
CRC-32 of all that comes before it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame.constants import (
    FILE_VERSION,
    MAX_ELEMENTS,
    MAX_METADATA_BYTES,
    PACKED_VERSION,
)
from neurocomp.names import printable, quoted
from neurocomp.store.layout import Layout, read_layout

CHECKSUM = "crc32"
"""Name of a packed file's last tensor, which is none of the model's."""

METADATA_KEY = "neurocomp"
SHA256_BYTES = 32

TYPE_NAMES = {
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
}
"""Names in numpy, which are hashed, of the allowed types of safetensors."""

TYPES = tuple(TYPE_NAMES.values())
"""Types that tensors of a stored model may have."""

Json = Any
"""A value that ``json`` reads and writes."""

Forms = dict[str, tuple[str, tuple[int, ...]]]
"""Type and shape of each packed tensor, by name."""


def canonical_json(value: Json) -> str:
    """Return ``value`` as the one JSON text that is hashed and stored.

    Raises:
        TypeError, ValueError: it isn't JSON, or holds NaN or an infinity.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class ModelHeader:
    """The header of a model file.

    Attributes:
        architecture: name in the registry.
        config: JSON values by name.
        sha256: canonical hash that the file claims, 32 bytes; ``StoredModel.load`` verifies it.
        packed: form of each tensor that is entropy-coded in the file.
        version: version of the file.
    """

    architecture: str
    config: dict[str, Json]
    sha256: bytes
    packed: Forms = field(default_factory=dict)
    version: int = FILE_VERSION

    @classmethod
    def read(cls, path: Path) -> ModelHeader:
        """Read the header of the model file at ``path``.

        Raises:
            FormatError: the file is not a neurocomp model, or damaged.
            UnsupportedError: it was written by a newer version.
            OSError: it cannot be read.
        """
        return parse_header(path, read_layout(path))


def parse_header(path: Path, layout: Layout) -> ModelHeader:
    """Return the metadata of a safetensors file.

    Raises:
        FormatError: they are not those of a neurocomp model, or damaged.
        UnsupportedError: they were written by a newer version.
    """
    shown = printable(path)
    text = layout.metadata.get(METADATA_KEY)
    if text is None:
        raise FormatError(f"{shown} is a safetensors file, but not a neurocomp model")
    if len(text) > MAX_METADATA_BYTES:
        raise FormatError(f"the metadata of {shown} exceed {MAX_METADATA_BYTES} bytes")
    try:
        fields = json.loads(text)
        version = fields["version"]
        if isinstance(version, int) and version > PACKED_VERSION:
            raise UnsupportedError(
                f"{shown} is a model file of version {version}, this neurocomp reads up to "
                f"{PACKED_VERSION}: install a newer one (pip install -U neurocomp)"
            )
        header = ModelHeader(
            fields["architecture"],
            fields["config"],
            bytes.fromhex(fields["sha256"]),
            read_forms(fields["packed"]) if version == PACKED_VERSION else {},
            version,
        )
        # Everything that json.loads takes and canonical_json doesn't is damage.
        canonical_json(header.config)
    except (KeyError, TypeError, RecursionError, ValueError) as error:
        if isinstance(error, UnsupportedError):
            raise
        raise FormatError(f"the metadata of {shown} are damaged: {error!r}") from None
    well_formed = (
        version in (FILE_VERSION, PACKED_VERSION)
        and isinstance(header.architecture, str)
        and isinstance(header.config, dict)
        and len(header.sha256) == SHA256_BYTES
    )
    if not well_formed:
        raise FormatError(f"the metadata of {shown} are damaged")
    return header


def require_integers(shown: Path, layout: Layout) -> None:
    """Raise UnsupportedError where a tensor of a model file holds anything else."""
    for name, place in layout.tensors.items():
        if place.dtype not in TYPE_NAMES:
            raise UnsupportedError(
                f"tensor {quoted(name)} of {printable(shown)} is {place.dtype}: a stored model "
                "holds integers only, so that it predicts the same everywhere"
            )


def read_forms(value: Any) -> Forms:
    """Return the forms that JSON ``value`` says: [type, shape] by name.

    Raises:
        FormatError: it says something else.
    """
    if not isinstance(value, dict):
        raise FormatError("the forms of packed tensors are not a table")
    forms: Forms = {}
    for name, form in value.items():
        match form:
            case [str(dtype), [*shape]] if dtype in TYPES and all(
                type(size) is int and 0 < size <= MAX_ELEMENTS for size in shape
            ):
                forms[name] = (dtype, tuple(shape))
            case _:
                raise FormatError(
                    f"tensor {quoted(name)} is packed in an unknown form: "
                    f"{printable(repr(form), 80)}"
                )
    return forms
