"""Bit histories: what happened in one context, in one byte.

A state stands for the bits seen so far in a context: up to four bits exactly, beyond that a pair of
counts and the last bit.  Counts are bounded so that all states fit a byte, and a bit that
contradicts a long run discards part of the run (Mahoney, "Adaptive weighing of context models for
lossless data compression", 2005).  States are numbered by the number of bits they stand for, so a
smaller state is one that is cheaper to forget; state 0 is the empty history.
"""

from __future__ import annotations

import numpy as np

_EXACT_BITS = 4
# largest count of the more frequent bit, given the count of the rarer one
_LARGEST = (48, 36, 14, 9, 7, 6, 6)
# what is left of a count when a bit contradicts it: a long run is less relevant than it seemed
_KEPT = (0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 6)

History = tuple[int, int, int]  # number of zeros, number of ones, exact bits or last bit


def _bounded(zeros: int, ones: int) -> tuple[int, int]:
    """The largest pair of counts within bounds below (zeros, ones)."""
    larger, smaller = max(zeros, ones), min(zeros, ones)
    smaller = min(smaller, len(_LARGEST) - 1)
    larger = min(larger, max(_LARGEST[smaller], smaller))
    return (larger, smaller) if zeros >= ones else (smaller, larger)


def _after(history: History, bit: int) -> History:
    """The history after one more bit."""
    zeros, ones, recent = history
    if zeros + ones < _EXACT_BITS:
        return (zeros + (bit == 0), ones + bit, recent << 1 | bit)
    same, opposite = (ones, zeros) if bit else (zeros, ones)
    opposite = _KEPT[min(opposite, len(_KEPT) - 1)]
    zeros, ones = _bounded(*((opposite, same + 1) if bit else (same + 1, opposite)))
    if zeros + ones <= _EXACT_BITS:  # as if the kept bits had come first
        return (zeros, ones, (1 << ones) - 1 if bit else ((1 << ones) - 1) << zeros)
    return (zeros, ones, bit)


def _reachable() -> list[History]:
    """All histories, shortest first."""
    found = {(0, 0, 0)}
    queue = [(0, 0, 0)]
    for history in queue:
        for bit in (0, 1):
            successor = _after(history, bit)
            if successor not in found:
                found.add(successor)
                queue.append(successor)
    return sorted(found, key=lambda h: (h[0] + h[1], h))


def history_tables() -> tuple[np.ndarray, np.ndarray]:
    """Next state: uint8 (512,), of 2 * state + bit; first guess of P(1): int32 (256,), 16 bits."""
    histories = _reachable()
    number = {history: state for state, history in enumerate(histories)}
    successors = np.zeros(512, np.uint8)
    probability = np.full(256, 32768, np.int32)
    for state, history in enumerate(histories):
        zeros, ones, _ = history
        probability[state] = 65536 * (5 * ones + 2) // (5 * (zeros + ones) + 4)
        for bit in (0, 1):
            successors[2 * state + bit] = number[_after(history, bit)]
    return successors, probability


NEXT_STATE, FIRST_GUESS = history_tables()
