"""Whether a network is worth its time on a block, told from samples of it."""

from __future__ import annotations

from dataclasses import dataclass

from neurocomp.codec.bits import Bytes

SAMPLE_BYTES = 1 << 13
SAMPLE_GAP = 1 << 19
"""Bytes of a block for each sample; there are two at least."""

MIN_GAIN = 100
"""The network is used where it saves a hundredth and more: it takes most of the time."""

CLEAR_GAIN = 16
"""Where it saves a sixteenth of the bytes, half a bit a byte, in each sample, contexts alone are
not tried: only text has so much left for it (docs/experiments.md)."""


@dataclass(frozen=True)
class Samples:
    """Bytes of the payloads of a block's samples, by contexts alone and with the network."""

    sizes: list[tuple[int, int]]

    @property
    def pay(self) -> bool:
        """Whether the network saves a hundredth of them all."""
        plain = sum(size for size, _ in self.sizes)
        mixed = sum(size for _, size in self.sizes)
        return mixed * MIN_GAIN < plain * (MIN_GAIN - 1)

    @property
    def are_clear(self) -> bool:
        """Whether there are any, and it saves much in each."""
        gains = [plain - mixed for plain, mixed in self.sizes]
        return bool(gains) and min(gains) * CLEAR_GAIN >= SAMPLE_BYTES


def cut_samples(data: Bytes) -> list[Bytes]:
    """Return samples of a block of more bytes than two of them have, evenly spread."""
    num_samples = max(data.size // SAMPLE_GAP, 2)
    gap = (data.size - SAMPLE_BYTES) // num_samples
    starts = range(gap // 2, data.size - SAMPLE_BYTES, gap)
    return [data[start : start + SAMPLE_BYTES] for start in starts]
