"""Random numbers that are the same everywhere: SplitMix64.

G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, 2014.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def splitmix64(seed: int, number: int) -> int:
    """Return output ``number`` (from 0) of the generator that starts with ``seed``, 64 bits."""
    z = (seed + (number + 1) * _STEP) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def word(seed: int, image: int, place: int) -> int:
    """Return the 64 bits that decide the code at ``place`` of an image.

    Every image has a generator of its own, whose seed is the output of that number of the
    generator of ``seed``: what is drawn doesn't depend on how many images are made at once.
    """
    return splitmix64(splitmix64(seed & _MASK, image), place)
