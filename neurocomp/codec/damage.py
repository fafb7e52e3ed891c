"""What the codecs of bytes share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import FormatError

Bytes = NDArray[np.uint8]


@contextmanager
def damage_as_format_errors() -> Iterator[None]:
    """Raise FormatError where the core finds a payload damaged."""
    try:
        yield
    except _core.DamagedPayload as error:
        raise FormatError(str(error)) from None
