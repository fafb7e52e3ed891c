"""Matches with earlier bytes: docs/spec/mix.md, section 6."""

from __future__ import annotations

from tests.reference.shared import Tables
from tests.reference.tables import GOLDEN, MASK

SHORTEST = (6, 14)


class Match:
    """An earlier place where the last bytes stood, if there is one.

    Attributes:
        pointer: position of the byte that is expected.
        length: bytes before it that are the same; 0 for no match.
        expected: 256 and the byte, or 0 for none.
        prediction: twice the step and the bit that is expected, or -1 for none.
    """

    def __init__(self) -> None:
        self.pointer = self.length = self.expected = 0
        self.prediction = -1

    @property
    def step(self) -> int:
        return step_of(self.length)

    def predict(self, num_bits: int, partial: int) -> None:
        """Say which bit is next after the known ones, unless these are others than expected."""
        self.prediction = -1
        if self.expected and self.expected >> 8 - num_bits != partial:
            self.expected = self.length = 0
        if self.expected:
            self.prediction = 2 * self.step + (self.expected >> 7 - num_bits & 1)


def step_of(length: int) -> int:
    if length < 16:
        return length
    if length < 32:
        return 16 + (length - 16 >> 2)
    return min(20 + (length - 32 >> 5), 31)


def find_matches(matches: list[Match], tables: Tables, position: int) -> None:
    """Follow the matches, and look for others, when the byte before ``position`` has ended."""
    history = tables.history
    for m, (match, shortest) in enumerate(zip(matches, SHORTEST, strict=True)):
        if match.length:
            if history[match.pointer] == history[position - 1]:
                match.length = min(match.length + 1, 65535)
                match.pointer += 1
            else:
                match.length = 0
        if position >= shortest:
            value = 0
            for back in range(1, shortest + 1):
                value = (value + history[position - back] + 1) * GOLDEN & MASK
            head = value >> 40 & tables.head_mask
            place = tables.heads[m][head]
            if not match.length:
                length = common_length(history, place, position)
                if length >= shortest:
                    match.length, match.pointer = length, place
            tables.heads[m][head] = position
        match.expected = 256 + history[match.pointer] if match.length else 0


def common_length(history: bytearray, one: int, other: int) -> int:
    """Return how many bytes before two positions are the same, at most 32."""
    length, most = 0, min(32, one, other)
    while length < most and history[one - 1 - length] == history[other - 1 - length]:
        length += 1
    return length
