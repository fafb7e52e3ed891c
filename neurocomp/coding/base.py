"""The interface of entropy coders: from tables of frequencies to bits and back.

Both directions take *frequency tables*: integer arrays of shape (lanes, alphabet size), every
entry at least 1, every row summing to ``neurocomp.exact.TOTAL`` = 2**24.  A coder never sees a
float and never looks at a model.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import Frequencies, Symbols

Bits = NDArray[np.float64]
"""Code lengths, (lanes,)."""


class Encoder(Protocol):
    """Turns symbols into one payload."""

    def encode(self, symbols: Symbols, frequencies: Frequencies) -> None:
        """Append ``symbols`` (shape (lanes,)), each under its row of ``frequencies`` (lanes, V)."""

    def finish(self) -> bytes:
        """Return the whole payload; the encoder is spent afterwards."""


class Decoder(Protocol):
    """Turns one payload back into symbols."""

    def decode(self, frequencies: Frequencies) -> Symbols:
        """Return the next symbols, one for each row of ``frequencies`` (lanes, V).

        Raises:
            FormatError: the payload is too short, or holds what no encoder writes.
        """

    def finish(self) -> None:
        """Check that the payload is used up, to the last byte.

        Raises:
            FormatError: bytes are left over or were missing.
        """


class Meter(Protocol):
    """Tells what an encoder spends.  Nothing is coded by its floats."""

    def measure(self, symbols: Symbols, frequencies: Frequencies) -> Bits:
        """Return the bits of the next ``symbols`` (lanes,) under their rows (lanes, V).

        float64 (lanes,).  The sum of all that were measured is the payload's size, within a byte.
        """


class EntropyCoder(Protocol):
    """An encoder, its decoder and its meter under one name."""

    @property
    def name(self) -> str:
        """Name on the command line."""

    def encoder(self) -> Encoder:
        """Return a fresh encoder."""

    def decoder(self, payload: bytes) -> Decoder:
        """Return a decoder at the start of ``payload``."""

    def meter(self) -> Meter:
        """Return a meter before the first symbol."""
