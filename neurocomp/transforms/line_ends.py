"""Line ends of CR LF as LF: a reversible rewriting of bytes before they become symbols.

Networks and tokenizers learn from text whose lines end in LF; a CR before each would cost more than
its own bits, because nothing was ever foreseen from a context that holds one.

The rewriting exchanges two line ends: an LF after exactly one CR loses it, an LF after no CR is
given one, an LF after two and more stays.  It is its own inverse on any bytes, so lines that end
otherwise need no list: each of them costs a CR, which the model learns to expect there or not.
"""

from __future__ import annotations

from neurocomp import _core
from neurocomp.errors import FormatError
from neurocomp.frame.constants import TRANSFORM_LINE_ENDS, TRANSFORM_NAMES
from neurocomp.transforms.base import refuse_properties

_MIN_SAVED = 3  # the block's head grows by a byte or two
_MAX_LONE_SHARE = 8  # of lines that end in CR LF, one for so many may end in LF


class LineEnds:
    """The rewriting as a transform.  It must make the content shorter."""

    id = TRANSFORM_LINE_ENDS
    name = TRANSFORM_NAMES[TRANSFORM_LINE_ENDS]
    makes_line_feeds = True

    def apply(self, content: bytes) -> tuple[bytes, bytes] | None:
        """Return ``content`` with LF for CR LF where nearly all of its lines end so."""
        shortened = shorten(content)
        return None if shortened is None else (shortened, b"")

    def undo(self, rewritten: bytes, properties: bytes, limit: int) -> bytes:
        """Return the content; raises FormatError where it is not longer, or beyond ``limit``."""
        refuse_properties(self, properties)
        size = rewritten_bytes(rewritten)
        if not len(rewritten) < size <= limit:
            raise FormatError("the block's line ends don't make its size")
        return rewrite(rewritten)


def shorten(data: bytes) -> bytes | None:
    """Rewrite ``data`` where that pays: where nearly all of its lines end in CR LF.

    Returns:
        The rewritten bytes, always fewer; None where the bytes should stay as they are.
    """
    if b"\r\n" not in data:
        return None
    num_single, num_lone = count(data)
    if num_single - num_lone < _MIN_SAVED or num_lone * _MAX_LONE_SHARE > num_single:
        return None
    return rewrite(data)


def rewritten_bytes(data: bytes) -> int:
    """Return the size of what ``rewrite`` makes of ``data``."""
    num_single, num_lone = count(data)
    return len(data) - num_single + num_lone


def count(data: bytes) -> tuple[int, int]:
    """Return the number of LFs after exactly one CR, and of those after none."""
    return _core.content.count_line_ends(data)


def rewrite(data: bytes) -> bytes:
    """Exchange the two line ends; ``rewrite(rewrite(data)) == data``."""
    return _core.content.exchange_line_ends(data)
