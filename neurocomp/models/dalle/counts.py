"""Which codes followed contexts, and how often: the bounds of ``core/src/images/counts.hpp``."""

from __future__ import annotations

from neurocomp import _core

FIRST_ENTRIES = 1 << 14
MAX_ENTRIES = 1 << 21
"""Entries of a table at most, 104 MiB with their contexts; it is emptied when more are needed."""

MAX_CODES = 64
"""Different codes of one context that are counted: so much work a context is at most."""


def empty_counts() -> _core.images.CodeCounts:
    """Return a table without contexts, which grows as it fills up."""
    return _core.images.CodeCounts(FIRST_ENTRIES, MAX_ENTRIES)
