"""What the two loops of binary models share: a byte bit by bit, and a payload's two ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp.coding.binary import (
    BinaryCoder,
    decode_bit,
    decoder_is_overrun,
    encode_bit,
    encoder_is_full,
    finish_decoder,
    finish_encoder,
)
from neurocomp.errors import FormatError
from neurocomp.models.mix import MixState, predict, update
from neurocomp.models.mix.inlining import Integer, inlined

Bytes = NDArray[np.uint8]


@inlined
def code_byte(
    state: MixState, coder: BinaryCoder, payload: Bytes, byte: Integer, decoding: bool
) -> Integer:
    """Code ``byte``, or decode one (``byte`` is then 0), most significant bit first; return it.

    Both directions are the same instructions, so that they predict the same.
    """
    for shift in range(7, -1, -1):
        p = predict(state)
        if decoding:
            bit = np.int64(decode_bit(coder, payload, p))
            byte = byte << 1 | bit
        else:
            bit = byte >> shift & 1
            encode_bit(coder, payload, p, bit)
        update(state, bit)
    return byte


@inlined
def is_spent(coder: BinaryCoder, payload: Bytes, decoding: bool) -> bool:
    """Tell whether the payload is full (encoding) or used up (decoding): then stop."""
    return decoder_is_overrun(coder, payload) if decoding else encoder_is_full(coder, payload)


def finished_payload(coder: BinaryCoder, payload: Bytes) -> bytes | None:
    """Return what was encoded; None where ``payload`` has no room for its end."""
    payload_bytes = finish_encoder(coder, payload)
    return None if payload_bytes < 0 else payload[:payload_bytes].tobytes()


def check_end(coder: BinaryCoder, payload: Bytes) -> None:
    """Raise FormatError unless ``payload`` is, to its end, what the decoded bytes are coded as."""
    if not finish_decoder(coder, payload):
        raise FormatError("the payload is not what its content is coded as")
