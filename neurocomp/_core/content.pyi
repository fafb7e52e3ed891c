"""Content before a model sees it: ``core/src/content``, and line ends of ``core/src/frame``."""

TRIFLE: int
"""One in so many bytes: what promises less is not worth coding."""

MIN_DENSE_BYTES: int
"""Fewer bytes are never dense."""

def is_dense(content: bytes, before: bytes | None = None) -> bool:
    """Return whether no model would make ``content`` shorter by a trifle.

    Args:
        content: the bytes.
        before: what the model has read before them, where that may come again.
    """

def count_line_ends(content: bytes) -> tuple[int, int]:
    """Return how many LF stand after exactly one CR, and how many after none."""

def exchange_line_ends(content: bytes) -> bytes:
    """Exchange the two; done twice, it gives the content again."""
