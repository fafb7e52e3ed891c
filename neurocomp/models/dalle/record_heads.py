"""The first symbols of a stream of records: their kind, a damping, and the slots left empty."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from neurocomp.errors import FormatError

MAX_DIGITS = 5
BASE = 16
NUM_DAMPINGS = 16
HEAD_SYMBOLS = 3 + MAX_DIGITS


class Kind(enum.IntEnum):
    """The content of a record."""

    BOTH = 0
    IMAGES = 1
    CAPTIONS = 2


@dataclass(frozen=True)
class Head:
    """The head of lane 0.

    Attributes:
        kind: kind of the records.
        damping: damping of the logits of codes, below NUM_DAMPINGS; 0 if there are no codes.
        num_empty: number of slots left empty at the start.
    """

    kind: Kind
    damping: int
    num_empty: int

    def symbols(self) -> list[int]:
        """Return its ``HEAD_SYMBOLS`` symbols."""
        digits, rest = [], self.num_empty
        while rest:
            digits.append(rest % BASE)
            rest //= BASE
        zeros = [0] * (MAX_DIGITS - len(digits))
        return [self.kind, self.damping, len(digits), *digits, *zeros]


def head_choices(before: Sequence[int], num_lanes: int) -> int:
    """Return the number of equally likely next symbols in the head of lane 0.

    Args:
        before: symbols of the head so far, fewer than ``HEAD_SYMBOLS``.
        num_lanes: number of lanes of the stream.
    """
    place = len(before)
    if place == 0:
        return len(Kind)
    if place == 1:
        return 1 if before[0] == Kind.CAPTIONS else NUM_DAMPINGS
    if place == 2:
        return MAX_DIGITS + 1 if num_lanes > 1 else 1  # a single lane has no empty slots
    return BASE if place - 3 < before[2] else 1


def read_head(symbols: Sequence[int]) -> Head:
    """Return the head of lane 0; raises FormatError if no writer would write it."""
    kind, damping, num_digits, *digits = (int(one) for one in symbols)
    number = sum(digit * BASE**place for place, digit in enumerate(digits[:num_digits]))
    is_right = kind in tuple(Kind) and 0 <= damping < NUM_DAMPINGS
    if is_right and not (kind == Kind.CAPTIONS and damping):
        head = Head(Kind(kind), damping, number)
        if head.symbols() == [*symbols]:
            return head
    raise FormatError("the head of token records is damaged")
