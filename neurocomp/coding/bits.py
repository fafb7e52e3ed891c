"""Binary arithmetic coding of whole arrays, for tests, benchmarks and models that see far ahead."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.coding.binary import (
    PROBABILITY_BITS,
    Payload,
    decode_bit,
    decoder_is_overrun,
    encode_bit,
    finish_decoder,
    finish_encoder,
    max_payload_bytes,
    start_decoder,
    start_encoder,
)
from neurocomp.errors import FormatError

Bits = NDArray[np.uint8]
Probabilities = NDArray[np.uint16]
"""Probabilities of a 1 in units of 2**-16, from 1 to 65535."""


def encode_bits(bits: Bits, probabilities: Probabilities) -> bytes:
    """Return the payload of ``bits`` (n,), 0 or 1 each, under ``probabilities`` (n,).

    Raises:
        ValueError: shapes differ, a bit is not 0 or 1, or a probability is 0.
    """
    _check(probabilities)
    if bits.shape != probabilities.shape or (bits > 1).any():
        raise ValueError("bits are 0 or 1, one for each probability")
    payload = np.zeros(max_payload_bytes(bits.size), np.uint8)
    size = _encode(bits, probabilities, payload)
    return payload[:size].tobytes()


def decode_bits(payload: bytes, probabilities: Probabilities) -> Bits:
    """Return the bits (n,) of ``payload`` under ``probabilities`` (n,).

    Raises:
        FormatError: no encoder writes this payload for n bits.
        ValueError: a probability is 0.
    """
    _check(probabilities)
    bits = np.zeros(probabilities.shape, np.uint8)
    if not _decode(np.frombuffer(payload, np.uint8), probabilities, bits):
        raise FormatError(f"binary payload of {len(payload)} bytes is damaged")
    return bits


def _check(probabilities: Probabilities) -> None:
    if probabilities.dtype != np.uint16 or not probabilities.all():
        raise ValueError(f"probabilities are uint16 from 1 to {(1 << PROBABILITY_BITS) - 1}")


@njit(cache=True, nogil=True)
def _encode(bits: Bits, probabilities: Probabilities, payload: Payload) -> int:
    coder = start_encoder()
    for i in range(bits.shape[0]):
        encode_bit(coder, payload, probabilities[i], bits[i])
    return finish_encoder(coder, payload)


@njit(cache=True, nogil=True)
def _decode(payload: Payload, probabilities: Probabilities, bits: Bits) -> bool:
    coder = start_decoder(payload)
    for i in range(bits.shape[0]):
        bits[i] = decode_bit(coder, payload, probabilities[i])
        if decoder_is_overrun(coder, payload):
            return False
    return finish_decoder(coder, payload)
