"""What a block of text may begin with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from neurocomp import _core


@cache
def primer() -> _core.Primer:
    """Return the text that the model may read before a block: docs/models.md."""
    return _core.Primer(Path(__file__).with_name("primer.txt").read_bytes())
