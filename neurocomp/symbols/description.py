"""Describes the symbols of a block for people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
"""Numbers of symbols in a block."""


@dataclass(frozen=True, eq=False)
class Description:
    """The n symbols of a block.

    Attributes:
        sizes: int64 (n,), bytes of the content that each stands for, in its order; None where
            symbols are not pieces of the content.
        kinds: uint8 (n,), numbers of ``kind_names``; None where the bytes tell the kind.
        kind_names: names of the kinds, for people.
        captions: symbols of each text beside images, its end included.
        images: int64 (N, rows, columns), the symbol of each code of N images.
    """

    sizes: NDArray[np.int64] | None = None
    kinds: NDArray[np.uint8] | None = None
    kind_names: tuple[str, ...] = ()
    captions: tuple[Places, ...] = ()
    images: Places | None = None
