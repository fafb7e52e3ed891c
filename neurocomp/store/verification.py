"""Model files compared with the hash that they claim, in pieces; needs no numpy."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import BinaryIO

from neurocomp.errors import FormatError, ModelMismatchError
from neurocomp.frame.constants import PACKED_VERSION
from neurocomp.names import printable
from neurocomp.store.files import replaced_file
from neurocomp.store.headers import (
    TYPE_NAMES,
    ModelHeader,
    canonical_json,
    parse_header,
    require_integers,
)
from neurocomp.store.layout import Layout, read_layout

_PIECE_BYTES = 1 << 20


def copy_verified(source: Path, target: Path, header: ModelHeader) -> None:
    """Copy a model file in place of ``target``, if the copy is the model that ``header`` names.

    Raises:
        FormatError: it is damaged, or another model than when its header was read.
        UnsupportedError: it holds floats.
        ModelMismatchError: its content doesn't have the hash that it records.
        OSError: it cannot be read, or the copy not written; ``target`` is as it was.
    """
    with source.open("rb") as original, replaced_file(target) as copy:
        shutil.copyfileobj(original, copy, _PIECE_BYTES)
        copy.flush()
        verify_file(Path(copy.name), header, source)


def verify_file(path: Path, header: ModelHeader, shown: Path) -> None:
    """Compare the model file at ``path``, which messages call ``shown``; see `copy_verified`."""
    layout = read_layout(path, shown)
    found = parse_header(shown, layout)
    if found.sha256 != header.sha256:
        raise FormatError(f"{printable(shown)} was replaced while it was read: try again")
    require_integers(shown, layout)
    if found.version == PACKED_VERSION:
        from neurocomp.store.stored import StoredModel

        sha256 = StoredModel.load(path, shown).sha256
    else:
        with path.open("rb") as file:
            sha256 = _hash(file, found, layout)
    if sha256 != header.sha256:
        raise ModelMismatchError(
            f"{printable(shown)} is damaged: its content has SHA-256 {sha256.hex()}, it records "
            f"{header.sha256.hex()}: fetch the file again"
        )


def _hash(file: BinaryIO, header: ModelHeader, layout: Layout) -> bytes:
    """Return the canonical hash of a file whose tensors lie there unpacked; see `StoredModel`."""
    digest = hashlib.sha256(canonical_json([header.architecture, header.config]).encode() + b"\0")
    for name, place in sorted(layout.tensors.items()):
        fields = [name, TYPE_NAMES[place.dtype], list(place.shape)]
        digest.update(canonical_json(fields).encode() + b"\0")
        file.seek(place.offset)
        left = place.num_bytes
        while left and (piece := file.read(min(left, _PIECE_BYTES))):
            digest.update(piece)
            left -= len(piece)
    return digest.digest()
