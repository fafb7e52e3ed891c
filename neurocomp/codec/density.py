"""Whether content is as dense as random bytes, so that no model would shrink it.

The core (``core/src/content/density.hpp``) says how that is told, and tells it.
"""

from __future__ import annotations

from neurocomp import _core

MIN_BYTES = _core.content.MIN_DENSE_BYTES
"""Fewer bytes are coded to see: that takes a tenth of a second."""

TRIFLE = _core.content.TRIFLE
"""One byte in this many: a block that promises less is not worth coding.  That is 0.3 %."""

is_dense = _core.content.is_dense
