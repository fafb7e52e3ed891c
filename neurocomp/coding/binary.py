"""Binary arithmetic coder for binary models: numba functions for other kernels to inline.

A model kernel holds one coder, an array of three uint64 registers, for a block and calls, per bit,

    encode_bit(coder, payload, p, bit)      bit = decode_bit(coder, payload, p)

with ``p`` the probability of a 1 in units of 2**-16, 1 <= p <= 65535.  Once a byte it asks
``encoder_is_full`` or ``decoder_is_overrun`` and stops on True.  No call ever reads or writes
outside ``payload``, whatever the bits.

The interval [low, low + width) splits at ``width * p >> 16``, ones below.  As width stays in
[2**32, 2**48] the product fits 64 bits and the split is off by less than 2**-32 of the width, so
that even decisions of probability 65535/65536 cost what they should.  Two bytes are shifted out
at a time, and a carry goes straight back into the bytes already written, as nothing else has seen
them yet.

Payload: the number as a big-endian byte string, cut to the fewest bytes all of whose
continuations lie in the interval.  For a given number of decisions no payload is a prefix of
another.

G. N. N. Martin, Range encoding, 1979; I. H. Witten, R. M. Neal, J. G. Cleary, Arithmetic coding
for data compression, 1987.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

PROBABILITY_BITS = 16

BinaryCoder = NDArray[np.uint64]
"""Registers: low (encoder) or number - low (decoder), width, position in the payload.

Between decisions 2**32 <= width <= 2**48.  Encoder: low + width <= 2**49, where bit 48 is a carry
not yet passed on.  Decoder: 0 <= number - low < width.
"""

Integer = int | np.integer[Any]
"""What a kernel's integers are to a type checker; compiled, they are 64 bits wide."""

Payload = NDArray[np.uint8]
"""The payload's bytes, shape (n,): all of them when decoding, room for them when encoding.

A kernel compiled for both directions needs an array that can be written to in both.
"""

_LOW, _WIDTH, _POSITION = 0, 1, 2
_NUM_REGISTERS = 3
_WINDOW_BITS = 48
_WINDOW_BYTES = 6

_INITIAL_WIDTH = np.uint64(1 << _WINDOW_BITS)
_WINDOW_MASK = np.uint64((1 << _WINDOW_BITS) - 1)
_MIN_WIDTH = np.uint64(1 << 32)
_KEPT_MASK = np.uint64((1 << 32) - 1)
_SHIFT = np.uint64(16)
_WINDOW_SHIFT = np.uint64(_WINDOW_BITS)
_FIRST_SHIFT = np.uint64(40)
_SECOND_SHIFT = np.uint64(32)
_BYTE_MASK = np.uint64(255)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_EIGHT = np.uint64(8)


def max_payload_bytes(num_bits: int) -> int:
    """Return a size that the payload of ``num_bits`` decisions never exceeds."""
    return 2 * num_bits + 3


@njit(cache=True, nogil=True)
def start_encoder() -> BinaryCoder:
    """Return the registers of an encoder before the first bit."""
    coder = np.zeros(_NUM_REGISTERS, np.uint64)
    coder[_WIDTH] = _INITIAL_WIDTH
    return coder


@njit(cache=True, nogil=True)
def encode_bit(coder: BinaryCoder, payload: Payload, p: Integer, bit: Integer) -> None:
    """Append ``bit`` to ``payload`` (capacity,); ``p`` is the probability of a 1 in 2**-16.

    What doesn't fit is dropped: see ``encoder_is_full``.
    """
    width = coder[_WIDTH]
    ones = (width * np.uint64(p)) >> _SHIFT
    # Data decide the bit, so no branch would be foreseen: both sides are selections.
    coder[_LOW] += _ZERO if bit else ones
    width = ones if bit else width - ones
    if width < _MIN_WIDTH:
        # width >= 2**32 / 2**16 here: one shift restores the invariant.
        width <<= _SHIFT
        _shift_out(coder, payload)
    coder[_WIDTH] = width


@njit(cache=True, nogil=True)
def _shift_out(coder: BinaryCoder, payload: Payload) -> None:
    low = coder[_LOW]
    position = coder[_POSITION]
    capacity = np.uint64(payload.shape[0])
    if position + _TWO <= capacity:
        if low >> _WINDOW_SHIFT:
            _carry(payload, position)
        payload[position] = np.uint8((low >> _FIRST_SHIFT) & _BYTE_MASK)
        payload[position + _ONE] = np.uint8((low >> _SECOND_SHIFT) & _BYTE_MASK)
        coder[_POSITION] = position + _TWO
    else:
        coder[_POSITION] = capacity + _ONE
    coder[_LOW] = (low & _KEPT_MASK) << _SHIFT


@njit(cache=True, nogil=True)
def _carry(payload: Payload, position: np.uint64) -> None:
    """Add one to the number in ``payload[:position]``, which isn't all 0xff: it stays below 1."""
    i = position
    while i > _ZERO:
        i -= _ONE
        payload[i] = np.uint8(np.uint64(payload[i]) + _ONE)
        if payload[i]:
            break


@njit(cache=True, nogil=True)
def encoder_is_full(coder: BinaryCoder, payload: Payload) -> bool:
    """Tell whether bytes were dropped for want of room: the payload is lost, stop."""
    return bool(coder[_POSITION] > np.uint64(payload.shape[0]))


@njit(cache=True, nogil=True)
def finish_encoder(coder: BinaryCoder, payload: Payload) -> int:
    """Write the last 0 to 3 bytes.

    Returns:
        The payload's size in bytes, or -1 where ``payload`` has no room for it.
    """
    position = coder[_POSITION]
    low = coder[_LOW]
    num_bytes, distance = _ending(low, coder[_WIDTH])
    if position + num_bytes > np.uint64(payload.shape[0]):
        return -1
    number = low + distance
    if number >> _WINDOW_SHIFT:
        _carry(payload, position)
    for i in range(num_bytes):
        shift = _FIRST_SHIFT - _EIGHT * np.uint64(i)
        payload[position + np.uint64(i)] = np.uint8((number >> shift) & _BYTE_MASK)
    return int(np.int64(position + num_bytes))


@njit(cache=True, nogil=True)
def start_decoder(payload: Payload) -> BinaryCoder:
    """Return the registers of a decoder before the first bit of ``payload`` (n,)."""
    coder = np.zeros(_NUM_REGISTERS, np.uint64)
    coder[_WIDTH] = _INITIAL_WIDTH
    coder[_LOW] = _window(payload, _ZERO)
    coder[_POSITION] = np.uint64(_WINDOW_BYTES)
    return coder


@njit(cache=True, nogil=True)
def decode_bit(coder: BinaryCoder, payload: Payload, p: Integer) -> int:
    """Return the next bit of ``payload`` (n,); ``p`` is the probability of a 1 in 2**-16.

    Past the end it reads zeros: see ``decoder_is_overrun``.
    """
    width = coder[_WIDTH]
    ones = (width * np.uint64(p)) >> _SHIFT
    number = coder[_LOW]
    if number < ones:
        bit = 1
        width = ones
    else:
        bit = 0
        number -= ones
        width -= ones
    if width < _MIN_WIDTH:
        width <<= _SHIFT
        position = coder[_POSITION]
        size = np.uint64(payload.shape[0])
        number <<= _SHIFT
        if position < size:
            number |= np.uint64(payload[position]) << _EIGHT
        if position + _ONE < size:
            number |= np.uint64(payload[position + _ONE])
        coder[_POSITION] = position + _TWO
    coder[_LOW] = number
    coder[_WIDTH] = width
    return bit


@njit(cache=True, nogil=True)
def decoder_is_overrun(coder: BinaryCoder, payload: Payload) -> bool:
    """Tell whether more bytes were read than any end of a payload implies: it is damaged, stop."""
    return bool(coder[_POSITION] > np.uint64(payload.shape[0] + _WINDOW_BYTES))


@njit(cache=True, nogil=True)
def finish_decoder(coder: BinaryCoder, payload: Payload) -> bool:
    """Tell whether ``payload`` is, byte for byte, what the encoder writes for the bits decoded."""
    start = coder[_POSITION] - np.uint64(_WINDOW_BYTES)
    # The decoder keeps number - low only; the number itself is still in the payload.
    low = (_window(payload, start) - coder[_LOW]) & _WINDOW_MASK
    num_bytes, distance = _ending(low, coder[_WIDTH])
    complete = start + num_bytes == np.uint64(payload.shape[0])
    return bool(complete and coder[_LOW] == distance)


@njit(cache=True, nogil=True)
def _window(payload: Payload, start: np.uint64) -> np.uint64:
    """Return the six bytes from ``start`` on as a number; past the end there are zeros."""
    number = _ZERO
    size = np.uint64(payload.shape[0])
    for i in range(_WINDOW_BYTES):
        position = start + np.uint64(i)
        number <<= _EIGHT
        if position < size:
            number |= np.uint64(payload[position])
    return number


@njit(cache=True, nogil=True)
def _ending(low: np.uint64, width: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return (num_bytes, distance): the fewest bytes that name numbers of the interval only.

    The payload's number is low + distance, a multiple of unit = 2**(48 - 8 * num_bytes), and
    low + distance + unit <= low + width.  As width >= 2**32, three bytes are always enough.
    """
    unit = _INITIAL_WIDTH
    num_bytes = _ZERO
    while True:
        distance = (_ZERO - low) & (unit - _ONE)
        if distance + unit <= width:
            return num_bytes, distance
        unit >>= _EIGHT
        num_bytes += _ONE
