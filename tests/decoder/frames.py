"""Golden frames, and which of them the decoder has the models for."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from neurocomp.frame import constants
from neurocomp.frame.block import Method
from neurocomp.frame.index import read_index
from tests.golden import cases

VALID = sorted(cases.VALID.glob("*.ncmp"))
INVALID = sorted(cases.INVALID.glob("*.ncmp"))
DECODED_FAMILIES = {
    constants.FAMILY_MIX,
    constants.FAMILY_BYTENET,
    constants.FAMILY_ADAPTIVE,
    constants.FAMILY_NGRAM,
    constants.FAMILY_TRANSFORMER,
    constants.FAMILY_DALLE,
    constants.FAMILY_NEURAL_NGRAM,
    constants.FAMILY_RECURRENT_TOKENS,
    constants.FAMILY_LANGUAGE,
}


def is_decodable(data: bytes) -> bool:
    """Return whether all coded blocks of a file are of models that the decoder has."""
    for index in read_index(io.BytesIO(data)):
        for head in index.heads:
            if head.method is not Method.STORED:
                model = index.header.models[getattr(head, "model", 0)]
                if model.family not in DECODED_FAMILIES:
                    return False
    return True


DECODABLE = [path for path in VALID if is_decodable(path.read_bytes())]

NEED_NO_MODEL = {
    *("language-of-another", "missing-model", "other-family", "other-machine", "other-symbols")
}
"""Their blocks are stored, and only a decoder that has their models sees what is wrong."""
REFUSED = [path for path in INVALID if path.stem not in NEED_NO_MODEL]


def contents() -> dict[str, str]:
    """Return the SHA-256 of the content of each golden frame."""
    with cases.SIZES.open(newline="") as file:
        return {row["frame"]: row["content_sha256"] for row in csv.DictReader(file)}


def name_of(path: Path) -> str:
    return path.stem
