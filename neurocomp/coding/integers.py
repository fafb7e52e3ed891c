"""Arrays of integers, such as a model's weights, under one frequency table for each array.

An integer is a sign, a number of bits, up to three more of its leading bits, and the rest: the
first three are its *class*, coded arithmetically; the rest is stored as it is, for it has hardly
any form to exploit.  Where that is shorter, differences are coded in place of the integers.

Little-endian, in this order:

    u32  distance: integers are coded less those so many places before; 0 for as they are
    u16  number of classes, C
    u16  C classes, rising
    u16  C weights, of which ``exact.quantise`` makes the frequency table
    u32  number of words, W
    u32  W words of constriction's range coder (none where C is 1)
         the rests: bit i of all integers that have one, from the highest i to 0, each from a whole
         byte on, most significant bit first
    u32  CRC-32 of all this
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import FormatError
from neurocomp.exact import quantise

Integers = NDArray[np.int64]

MAX_MAGNITUDE = 1 << 60

_EXACT_BITS = 4
"""Leading bits of an integer that its class tells."""

_CHECKSUM_BYTES = 4

_SMALL = 1 << _EXACT_BITS
_STEPS = _SMALL >> 1
_NUM_CLASSES = 2 * (_SMALL + 60 * _STEPS)
_MAX_WEIGHT = (1 << 16) - 1


def encode_integers(values: Integers, distances: Sequence[int] = (0,)) -> bytes:
    """Return ``values`` (n,), of magnitudes below 2**60, as bytes.

    Args:
        values: what to code, n >= 1.
        distances: the ones to try.
    """
    return min((_encode(values, distance) for distance in distances), key=len)


def decode_integers(payload: bytes, size: int, dtype: str = "int64") -> NDArray[Any]:
    """Return the integers (size,) that ``payload`` holds.

    Args:
        payload: what `encode_integers` returned.
        size: how many they are.
        dtype: their type, which must hold them.

    Raises:
        FormatError: it is damaged.
    """
    content, checksum = payload[:-_CHECKSUM_BYTES], payload[-_CHECKSUM_BYTES:]
    if _checksum(content) != checksum:
        raise FormatError("coded integers are damaged: their checksum is another")
    reader = _Reader(content)
    distance = int(reader.take(1, "<u4")[0])
    num_classes = int(reader.take(1, "<u2")[0])
    classes = reader.take(num_classes, "<u2").astype(np.int64)
    weights = reader.take(num_classes, "<u2").astype(np.int64)
    words = reader.take(int(reader.take(1, "<u4")[0]), "<u4")
    if not num_classes or not weights.all() or (np.diff(classes) <= 0).any():
        raise FormatError("coded integers are damaged: their table has no form")
    if distance > size:
        raise FormatError("coded integers are damaged: they are less far apart")
    if int(classes[-1]) >= _NUM_CLASSES:
        raise FormatError("coded integers are damaged: they are too large")
    lowest, num_bits = _ranges(classes)
    widths = num_bits.astype(np.uint8)
    signed = np.where(classes & 1, -lowest, lowest)
    reach = int(lowest[-1]) + (1 << int(num_bits[-1]))
    kind = np.min_scalar_type(-reach)
    if num_classes > 1:
        frequencies = quantise(weights[None])[0]
        parts = words.astype(np.uint32), frequencies, signed, widths
        try:
            values, rest_bits = _core.decode_classes(*parts, size, kind.itemsize)
        except _core.DamagedPayload as error:
            raise FormatError(str(error)) from None
    else:
        values = np.full(size, signed[0], kind)
        rest_bits = np.full(size if widths.any() else 0, widths[0], np.uint8)
    for place in range(int(widths.max()) - 1, -1, -1):
        members = np.flatnonzero(rest_bits > place)
        packed = reader.take(-(-members.size // 8), "u1")
        bits = np.unpackbits(packed, count=members.size).astype(values.dtype) << place
        values[members] += np.where(values[members] < 0, -bits, bits)
    reader.finish()
    # Differences may be out of the type's range; sums of them wrap around and come back into it.
    return _undo_difference(values.astype(dtype, copy=False), distance)


def _encode(values: Integers, distance: int) -> bytes:
    differences = values.copy()
    if distance:
        differences[distance:] -= values[:-distance]
    magnitudes = np.abs(differences)
    if int(magnitudes.max()) >= MAX_MAGNITUDE:
        raise ValueError(f"integers are coded below {MAX_MAGNITUDE} only")
    kinds_found = _classes(magnitudes) * 2 + (differences < 0)
    classes, kinds, counts = np.unique(kinds_found, return_inverse=True, return_counts=True)
    weights = np.maximum(counts * _MAX_WEIGHT // counts.max(), 1)
    words = np.zeros(0, np.uint32)
    if classes.size > 1:
        import constriction  # to read integers needs none

        encoder = constriction.stream.queue.RangeEncoder()
        encoder.encode(kinds.astype(np.int32), _table(weights))
        words = encoder.get_compressed()
    num_bits = _ranges(classes)[1][kinds]
    rests = [
        np.packbits(magnitudes[num_bits > place] >> place & 1).tobytes()
        for place in range(int(num_bits.max()) - 1, -1, -1)
    ]
    head = np.array([distance], "<u4").tobytes() + np.array([classes.size], "<u2").tobytes()
    tables = classes.astype("<u2").tobytes() + weights.astype("<u2").tobytes()
    coded = np.array([words.size], "<u4").tobytes() + words.astype("<u4").tobytes()
    content: bytes = head + tables + coded + b"".join(rests)
    return content + _checksum(content)


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "little")


def _undo_difference(values: NDArray[Any], distance: int) -> NDArray[Any]:
    if not distance:
        return values
    padding = -values.size % distance
    padded = np.pad(values, (0, padding)) if padding else values
    table = padded.reshape(-1, distance)
    np.cumsum(table, axis=0, dtype=table.dtype, out=table)
    return padded[: values.size]


def _classes(magnitudes: Integers) -> Integers:
    """Return the classes of ``magnitudes`` (n,), without their signs."""
    num_bits = np.zeros(magnitudes.shape, np.int64)
    left = magnitudes >> _EXACT_BITS
    while left.any():
        num_bits += left > 0
        left >>= 1
    classes: Integers = num_bits * _STEPS + (magnitudes >> num_bits)
    return classes


def _ranges(classes: Integers) -> tuple[Integers, Integers]:
    """Return the least magnitude of each class, and how many bits tell its members apart."""
    plain = classes >> 1
    num_bits = np.maximum(plain // _STEPS - 1, 0)
    return (plain - num_bits * _STEPS) << num_bits, num_bits


def _table(weights: Integers) -> Any:
    """Return the model of constriction that has our frequency table: see ``arithmetic``."""
    import constriction

    frequencies = quantise(weights[None])[0]
    return constriction.stream.model.Categorical(
        frequencies.astype(np.float32) - np.float32(1), lazy=False, perfect=False
    )


class _Reader:
    """Takes arrays from a payload; raises FormatError where it ends too early or too late."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._position = 0

    def take(self, number: int, dtype: str) -> NDArray[Any]:
        size = number * np.dtype(dtype).itemsize
        start, self._position = self._position, self._position + size
        if self._position > len(self._payload):
            raise FormatError("coded integers are damaged: they are cut short")
        return np.frombuffer(self._payload, dtype, number, start)

    def finish(self) -> None:
        if self._position != len(self._payload):
            raise FormatError("coded integers are damaged: bytes are left over")
