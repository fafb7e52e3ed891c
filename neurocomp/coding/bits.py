"""Binary arithmetic coding of whole arrays: the core's coder (core/src/coding) without a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import FormatError

PROBABILITY_BITS = 16

Bits = NDArray[np.uint8]
Probabilities = NDArray[np.uint16]
"""Probabilities of a 1 in units of 2**-16, from 1 to 65535."""


def max_payload_bytes(num_bits: int) -> int:
    """Return a size that the payload of ``num_bits`` decisions never exceeds."""
    return 2 * num_bits + 3


def encode_bits(bits: Bits, probabilities: Probabilities) -> bytes:
    """Return the payload of ``bits`` (n,), 0 or 1 each, under ``probabilities`` (n,).

    Raises:
        ValueError: shapes differ, a bit is not 0 or 1, or a probability is 0.
    """
    _check(probabilities)
    if bits.shape != probabilities.shape or (bits > 1).any():
        raise ValueError("bits are 0 or 1, one for each probability")
    payload = _core.encode_bits(bits, probabilities, max_payload_bytes(bits.size))
    assert payload is not None, "there is room for any bits"
    return payload


def decode_bits(payload: bytes, probabilities: Probabilities) -> Bits:
    """Return the bits (n,) of ``payload`` under ``probabilities`` (n,).

    Raises:
        FormatError: no encoder writes this payload for n bits.
        ValueError: a probability is 0.
    """
    _check(probabilities)
    bits, is_whole = _core.decode_bits(payload, probabilities)
    if not is_whole:
        raise FormatError(f"binary payload of {len(payload)} bytes is damaged")
    return bits


def _check(probabilities: Probabilities) -> None:
    if probabilities.dtype != np.uint16 or not probabilities.all():
        raise ValueError(f"probabilities are uint16 from 1 to {(1 << PROBABILITY_BITS) - 1}")
