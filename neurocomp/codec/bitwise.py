"""The lock-step loop of the context-mixing model and the binary arithmetic coder.

One compiled kernel serves both directions, so that what the encoder predicts and what the decoder
predicts are the same instructions.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numba import njit

from neurocomp.codec.base import CodedBlock, Tick, watch
from neurocomp.codec.bits import Bytes, check_end, code_byte, finished_payload, is_spent
from neurocomp.coding.binary import (
    BinaryCoder,
    max_payload_bytes,
    start_decoder,
    start_encoder,
)
from neurocomp.errors import FormatError
from neurocomp.exact import Stream
from neurocomp.models.mix import (
    NUM_PROFILES,
    TEXT,
    MixState,
    choose_profile,
    loosen,
    new_history,
    new_state,
    primer,
    table_sizes,
)

PRIMED = NUM_PROFILES + TEXT
"""Variant of a block of text before which the model has read its primer."""

_SEGMENT_BYTES = 1 << 14
"""Bytes between two looks at progress, cancellation and the payload's end."""

_TRIAL_BYTES = 1 << 14
"""A block's start, which tells whether the primer helps."""

_KEPT_ROOM = _TRIAL_BYTES
"""For blocks up to this a primed model is kept, at most 30 MB, and copied for the next one."""

_kept: dict[tuple[int, int], MixState] = {}
"""That model by its `table_sizes`: one at a time, never coded with."""


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

    The variant of a block is its profile of contexts, and `PRIMED` for text before which the model
    has read its primer.

    Args:
        dictionary: uint8 (n,), what the model reads before each block, behind the primer; None for
            nothing.
    """

    def __init__(self, dictionary: Bytes | None = None) -> None:
        self._dictionary = dictionary

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock | None:
        """Code bytes, shape (n,), n >= 1; None where the payload would not be shorter."""
        data = np.array(symbols, np.uint8)
        variant = choose_profile(data)
        payload: bytes | None = None
        if variant == TEXT:
            start = data[:_TRIAL_BYTES]
            stop = partial(watch, tick)
            trials = {one: self._encode(start, one, stop) for one in (TEXT, PRIMED)}
            variant = min(trials, key=lambda one: len(trials[one] or start))
            payload = trials[variant] if start.size == data.size else None
        if payload is None:
            payload = self._encode(data, variant, tick)
        else:
            tick(data.size)
        return None if payload is None else CodedBlock(payload, data.size, 1, variant)

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Return the bytes of ``block`` as symbols, shape (block.num_symbols,).

        Raises:
            FormatError: the payload is damaged, or the block is not one of this codec's.
        """
        if block.num_lanes != 1 or block.variant > PRIMED:
            raise FormatError(
                f"context mixing has 1 lane and {PRIMED + 1} variants, the block has "
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

    def _encode(self, data: Bytes, variant: int, tick: Tick) -> bytes | None:
        """Return the payload of ``data``; None where it would not be shorter."""
        state = self._new_state(data.size, variant)
        payload = np.zeros(data.size, np.uint8)
        coder = start_encoder()
        for segment in _segments(data):
            if not _code_bytes(state, coder, segment, payload, False):
                return None
            tick(segment.size)
        return finished_payload(coder, payload)

    def _new_state(self, block_bytes: int, variant: int) -> MixState:
        """Return the model before the first bit, which has read what goes before the block."""
        dictionary = np.zeros(0, np.uint8) if self._dictionary is None else self._dictionary
        room = dictionary.size + block_bytes
        state = _primed_state(room) if variant == PRIMED else new_state(room, variant)
        _read(state, dictionary)
        return state


def _primed_state(room: int) -> MixState:
    """Return a model of text that has read its primer and has ``room`` for so many bytes more."""
    size = primer().size + room
    sizes = table_sizes(size)
    kept = _kept.get(sizes)
    if kept is None:
        kept = new_state(size, TEXT)
        _read(kept, primer())
        loosen(kept)
        if room > _KEPT_ROOM:
            return kept
        _kept.clear()
        _kept[sizes] = kept
    state = MixState(*(array.copy() for array in kept))
    history = new_history(size)
    history[: primer().size] = primer()
    return state._replace(history=history)


def _read(state: MixState, content: Bytes) -> None:
    """Let ``state`` learn ``content``, by the coder's kernel: to compile another takes seconds."""
    unread = np.zeros(max_payload_bytes(8 * content.size), np.uint8)
    _code_bytes(state, start_encoder(), np.array(content), unread, False)  # writable, as a block


def _segments(data: Bytes) -> list[Bytes]:
    return [data[i : i + _SEGMENT_BYTES] for i in range(0, data.size, _SEGMENT_BYTES)]
