"""Reversible rewritings of content before it becomes symbols, by their numbers in the format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame.constants import MAX_BLOCK_BYTES, TRANSFORM_NAMES
from neurocomp.transforms.base import Transform
from neurocomp.transforms.line_ends import LineEnds

__all__ = ["LINE_ENDS", "TRANSFORMS", "Step", "Transform", "check_known", "undo"]

Step = tuple[int, bytes]
"""A transform's number, and the properties that it was applied with."""

LINE_ENDS = LineEnds()

TRANSFORMS: dict[int, Transform] = {one.id: one for one in (LINE_ENDS,)}


def check_known(steps: Iterable[Step]) -> None:
    """Raise UnsupportedError where one of the transforms is unknown."""
    for number, _ in steps:
        if number not in TRANSFORMS:
            raise UnsupportedError(
                f"a block needs transform {number}, which this neurocomp does not have: install a "
                "newer one (pip install -U neurocomp)"
            )


def undo(steps: Sequence[Step], rewritten: bytes, content_bytes: int) -> bytes:
    """Return the content of which ``steps``, in this order, made ``rewritten``.

    Raises:
        UnsupportedError: one of them is unknown.
        FormatError: they made it of no content of that size, or what is between is too large.
    """
    check_known(steps)
    for left, (number, properties) in reversed(list(enumerate(steps))):
        limit = MAX_BLOCK_BYTES if left else content_bytes
        rewritten = TRANSFORMS[number].undo(rewritten, properties, limit)
    if steps and len(rewritten) != content_bytes:
        raise FormatError(f"undoing the block's {_names(steps)} doesn't give its size")
    return rewritten


def _names(steps: Sequence[Step]) -> str:
    return ", ".join(TRANSFORM_NAMES[number] for number, _ in steps)
