"""The lock-step loop of the context-mixing model and the binary arithmetic coder.

One compiled kernel serves both directions, so that what the encoder predicts and what the decoder
predicts are the same instructions.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from neurocomp.codec.base import CodedBlock, Tick
from neurocomp.codec.bits import Bytes, check_end, code_byte, finished_payload, is_spent
from neurocomp.coding.binary import BinaryCoder, start_decoder, start_encoder
from neurocomp.errors import FormatError
from neurocomp.exact import Stream
from neurocomp.models.mix import (
    NUM_PROFILES,
    MixState,
    choose_profile,
    new_state,
    prime,
)

_SEGMENT_BYTES = 1 << 14
"""Bytes between two looks at progress, cancellation and the payload's end."""


@njit(cache=True, nogil=True)
def _code_bytes(
    state: MixState, coder: BinaryCoder, data: Bytes, payload: Bytes, decoding: bool
) -> bool:
    """Code ``data`` (n,) into ``payload``, or decode ``payload`` into ``data``.

    Returns:
        False where the payload is full (encoding) or used up (decoding): then stop.
    """
    for i in range(data.shape[0]):
        byte = code_byte(state, coder, payload, np.int64(data[i]), decoding)
        if decoding:
            data[i] = np.uint8(byte & 255)
        if is_spent(coder, payload, decoding):
            return False
    return True


class BitCodec:
    """Codes the bytes of a block under the context-mixing model.

    Args:
        dictionary: uint8 (n,), what the model reads before each block; None for nothing.
    """

    def __init__(self, dictionary: Bytes | None = None) -> None:
        self._dictionary = dictionary

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock | None:
        """Code bytes, shape (n,), n >= 1; None where the payload would not be shorter."""
        data = np.array(symbols, np.uint8)
        profile = choose_profile(data)
        state = self._new_state(data.size, profile)
        payload = np.zeros(data.size, np.uint8)
        coder = start_encoder()
        for segment in _segments(data):
            if not _code_bytes(state, coder, segment, payload, False):
                return None
            tick(segment.size)
        finished = finished_payload(coder, payload)
        return None if finished is None else CodedBlock(finished, data.size, 1, profile)

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Return the bytes of ``block`` as symbols, shape (block.num_symbols,).

        Raises:
            FormatError: the payload is damaged, or the block is not one of this codec's.
        """
        if block.num_lanes != 1 or block.variant >= NUM_PROFILES:
            raise FormatError(
                f"context mixing has 1 lane and {NUM_PROFILES} variants, the block has "
                f"{block.num_lanes} and variant {block.variant}"
            )
        data = np.zeros(block.num_symbols, np.uint8)
        payload = np.frombuffer(bytearray(block.payload), np.uint8)
        state = self._new_state(data.size, block.variant)
        coder = start_decoder(payload)
        for segment in _segments(data):
            if not _code_bytes(state, coder, segment, payload, True):
                raise FormatError("the payload ends before the block does")
            tick(segment.size)
        check_end(coder, payload)
        return data

    def _new_state(self, block_bytes: int, profile: int) -> MixState:
        if self._dictionary is None:
            return new_state(block_bytes, profile)
        state = new_state(self._dictionary.size + block_bytes, profile)
        prime(state, self._dictionary)
        return state


def _segments(data: Bytes) -> list[Bytes]:
    return [data[i : i + _SEGMENT_BYTES] for i in range(0, data.size, _SEGMENT_BYTES)]
