"""Tables of integers that context mixing computes with: docs/spec/mix.md, section 1."""

from __future__ import annotations

from collections.abc import Sequence

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
OTHER = 0xD6E8FEB86659FD93


def clamp(value: int, limit: int) -> int:
    return limit if value > limit else -limit if value < -limit else value


def _exponentials() -> list[int]:
    """Return floor(2**128 exp(k / 256)), nearly, for k up to 3071."""
    one = 1 << 128
    ratio = term = one
    divisor = 1
    while term:
        term //= 256 * divisor
        ratio += term
        divisor += 1
    powers = [one]
    for _ in range(3071):
        powers.append(powers[-1] * ratio >> 128)
    return powers


def _logistic_tables(powers: list[int]) -> tuple[list[int], list[int]]:
    """Return squash, by x + 3071, and stretch."""
    below = [(1 << 168) // ((1 << 128) + power) for power in powers]
    fine = below[:0:-1] + [(1 << 40) - value for value in below]
    coarse = [value >> 24 for value in below]
    squash = coarse[:0:-1] + [65536 - value for value in coarse]
    stretch = []
    x = 0
    for p in range(4096):
        while x < len(fine) and fine[x] < (2 * p + 1) << 27:
            x += 1
        stretch.append(clamp(x - 3071, 2047))
    return [max(1, min(65535, value)) for value in squash], stretch


def _logarithms(powers: list[int]) -> list[int]:
    scaled = [power >> 88 for power in powers[:360]]
    table = []
    k = 0
    for i in range(2048):
        while scaled[k] <= (2048 + i) ** 2 << 18:
            k += 1
        table.append(k // 2)
    return table


History = tuple[int, int, int]
"""Zeros, ones, and the bits or the last one."""

_LARGEST = (48, 36, 14, 9, 7, 6, 6)
_KEPT = (0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 6)


def _history_after(history: History, bit: int) -> History:
    zeros, ones, recent = history
    if zeros + ones < 4:
        return zeros + 1 - bit, ones + bit, 2 * recent + bit
    same = (ones if bit else zeros) + 1
    other = _KEPT[min(zeros if bit else ones, 13)]
    smaller = min(same, other, 6)
    larger = min(max(same, other), _LARGEST[smaller])
    if same > other or (same == other and bit == 0):
        same, other = larger, smaller
    else:
        same, other = smaller, larger
    zeros, ones = (other, same) if bit else (same, other)
    recent = bit
    if zeros + ones <= 4:
        recent = (1 << ones) - 1 if bit else ((1 << ones) - 1) << zeros
    return zeros, ones, recent


def _history_tables() -> tuple[list[tuple[int, int]], list[int]]:
    """Return the numbers of the histories after a 0 and a 1, and first guesses."""
    found = {(0, 0, 0)}
    queue = [(0, 0, 0)]
    for history in queue:
        for bit in (0, 1):
            after = _history_after(history, bit)
            if after not in found:
                found.add(after)
                queue.append(after)
    ordered = sorted(found, key=lambda one: (one[0] + one[1], *one))
    number = {history: place for place, history in enumerate(ordered)}
    following = [
        (number[_history_after(one, 0)], number[_history_after(one, 1)]) for one in ordered
    ]
    guesses = [65536 * (5 * ones + 2) // (5 * (zeros + ones) + 4) for zeros, ones, _ in ordered]
    return following, guesses


_POWERS = _exponentials()
SQUASH, STRETCH = _logistic_tables(_POWERS)
LOGARITHM = _logarithms(_POWERS)
NEXT, GUESS = _history_tables()
RATE = [(2 << 16) // (2 * n + 3) for n in range(1024)]


def squash(log_odds: int) -> int:
    return SQUASH[log_odds + 3071]


def learned(entry: int, bit: int, limit: int = 1023) -> int:
    """Return an adaptive probability after a bit."""
    p, count = entry >> 10, entry & 1023
    p += ((bit << 22) - p) * RATE[count] >> 16
    return p << 10 | (count + 1 if count < limit else limit)


def combine(a: int, b: int) -> int:
    mixed = (a ^ b * OTHER & MASK) * GOLDEN & MASK
    return mixed ^ mixed >> 31


def logarithm(value: int) -> int:
    """Return the natural logarithm in units of 1/256, less a constant."""
    octaves = value.bit_length() - 1
    place = value << 62 - octaves >> 51
    return octaves * 2839 // 16 + LOGARITHM[place - 2048]


def sums_of(weights: Sequence[int]) -> list[int]:
    """Return the sums of the weights of bytes that begin alike, by a one and these bits."""
    tree = [0] * 256 + list(weights)
    for node in range(255, 0, -1):
        tree[node] = tree[2 * node] + tree[2 * node + 1]
    return tree
