"""The errors of corpus files."""

from __future__ import annotations

from neurocomp.errors import NeurocompError


class CorpusError(NeurocompError):
    """A corpus file, its source or its manifest is missing or not what it should be."""


class DownloadError(CorpusError):
    """A source could not be reached, or broke off: another try may go on from there."""
