"""Packed tensors of a model file: docs/format.md, section 6.2."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence

from tests.reference.coders import need
from tests.reference.frames import Cursor

NUM_STATES = 8
LEAST = 1 << 16
"""Between two names, a state is at least this."""


def unpack(packed: bytes, letter: str, num_rows: int, width: int) -> bytes:
    """Return the elements of rows of ``width``, little-endian, their type being array's letter."""
    cursor = Cursor(packed)
    distance, group_size = number(cursor), number(cursor)
    need(1 <= group_size <= 4, "a group of a packed tensor is too large")
    lows, rest_bits = read_intervals(cursor)
    groups = read_groups(cursor, len(lows), group_size)
    num_groups = num_rows * -(-width // group_size)
    if len(groups) > 1:
        table_bits = number(cursor)
        need(8 <= table_bits <= 14, "a packed tensor's frequencies are too fine")
        frequencies = [number(cursor) for _ in groups]
        need(min(frequencies) >= 1, "a group of a packed tensor never occurs")
        need(sum(frequencies) == 1 << table_bits, "a packed tensor's frequencies don't add up")
        names = read_names(cursor.take(number(cursor)), frequencies, table_bits, num_groups)
    else:
        names = iter([0] * num_groups)
    rests = Rests(packed, cursor.at)
    elements = array(letter, bytes(array(letter).itemsize * num_rows * width))
    bits = 8 * elements.itemsize
    mask, first_negative = (1 << bits) - 1, 1 << (bits - 1) if letter.islower() else 1 << bits
    at = 0
    for _ in range(num_rows):
        for left in range(width, 0, -group_size):
            for one in groups[next(names)][:left]:
                value = lows[one] + rests.take(rest_bits[one])
                if 0 < distance <= at:
                    value += elements[at - distance]
                value &= mask
                elements[at] = value - (mask + 1) if value >= first_negative else value
                at += 1
    rests.finish()
    if sys.byteorder == "big":
        elements.byteswap()
    return elements.tobytes()


def number(cursor: Cursor) -> int:
    """Return a varint, which here may have 64 bits."""
    value = shift = 0
    while True:
        byte = cursor.u8()
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value
        need(shift < 70, "a varint is too long")


def read_intervals(cursor: Cursor) -> tuple[list[int], list[int]]:
    """Return the lowest integer of each interval, and the bits of its rests."""
    num_intervals = number(cursor)
    need(1 <= num_intervals <= 256, "a packed tensor has too many intervals")
    lows: list[int] = []
    rest_bits: list[int] = []
    for place in range(num_intervals):
        step = number(cursor)
        if place:
            lows.append(lows[-1] + (1 << rest_bits[-1]) + step)
        else:
            lows.append(-(step >> 1) - 1 if step & 1 else step >> 1)
        rest_bits.append(number(cursor))
        need(rest_bits[-1] <= 60, "an interval of a packed tensor is too long")
    return lows, rest_bits


def read_groups(cursor: Cursor, num_intervals: int, group_size: int) -> list[list[int]]:
    """Return the intervals of each group that occurs."""
    num_groups = number(cursor)
    need(1 <= num_groups <= 256, "a packed tensor has too many groups")
    groups: list[list[int]] = []
    found = -1
    for place in range(num_groups):
        found = number(cursor) if place == 0 else found + 1 + number(cursor)
        need(found < num_intervals**group_size, "a packed tensor has no such group")
        digits = [found // num_intervals**k % num_intervals for k in range(group_size)]
        groups.append(digits[::-1])
    return groups


def read_names(
    coded: bytes, frequencies: Sequence[int], table_bits: int, count: int
) -> Iterator[int]:
    """Yield the names of ``count`` groups, by eight states in turn."""
    cursor = Cursor(coded)
    states = [cursor.u32() for _ in range(NUM_STATES)]
    need(min(states) >= LEAST, "a packed tensor's states are too small")
    owners = [name for name, share in enumerate(frequencies) for _ in range(share)]
    starts = [sum(frequencies[:name]) for name in range(len(frequencies))]
    mask = (1 << table_bits) - 1
    for place in range(count):
        state = states[place % NUM_STATES]
        rest = state & mask
        name = owners[rest]
        state = frequencies[name] * (state >> table_bits) + rest - starts[name]
        if state < LEAST:
            state = state << 16 | int.from_bytes(cursor.take(2), "little")
        states[place % NUM_STATES] = state
        yield name
    need(states == [LEAST] * NUM_STATES, "a packed tensor's states don't end where they began")
    need(cursor.at == len(coded), "a packed tensor has words left over")


class Rests:
    """Bits from the least significant of each byte on."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at
        self._bits = self._num_bits = 0

    def take(self, count: int) -> int:
        while self._num_bits < count:
            need(self._at < len(self._data), "a packed tensor is cut short")
            self._bits |= self._data[self._at] << self._num_bits
            self._at += 1
            self._num_bits += 8
        value = self._bits & (1 << count) - 1
        self._bits >>= count
        self._num_bits -= count
        return value

    def finish(self) -> None:
        need(self._at == len(self._data), "a packed tensor has bytes left over")
        need(self._bits == 0, "a packed tensor does not end in zeros")
