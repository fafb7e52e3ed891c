"""The error of a corpus file."""

from __future__ import annotations

from neurocomp.errors import NeurocompError


class CorpusError(NeurocompError):
    """A corpus file, its source or its manifest is missing or not what it should be."""
