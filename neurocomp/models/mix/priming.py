"""What a block of text may begin with."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from neurocomp import _core

PRIMER = Path(__file__).with_name("primer.txt")


@cache
def primer() -> _core.Primer:
    """Return the text that the model may read before a block: docs/models.md."""
    return _core.Primer(PRIMER.read_bytes())


@cache
def primer_sha256() -> bytes:
    """Return the hash of that text: all that is stored of the model."""
    return hashlib.sha256(PRIMER.read_bytes()).digest()
