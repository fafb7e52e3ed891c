"""How a block that a network codes is cut, and how the payloads of its parts lie in its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from neurocomp.coding.bounds import BINARY, min_payload_bytes
from neurocomp.errors import FormatError

MIN_SECTION_BYTES = 500_000
MAX_SECTIONS = 4
"""Smaller or more sections would forget more than another core is worth."""

MAX_TOGETHER = 4
"""The most sections that a thread codes together."""

_SIZE_BYTES = 4

Part = TypeVar("Part", memoryview, bytes)


def num_lanes_for(num_bytes: int, section_lanes: int) -> int:
    """Return the lanes of a block: each beyond the first costs ratio and saves time."""
    num_sections = min(num_bytes // MIN_SECTION_BYTES, MAX_SECTIONS)
    return 1 if num_sections < 2 else section_lanes * num_sections


def lane_starts(num_bytes: int, num_lanes: int) -> list[int]:
    """Return the starts of lanes: the first n % L of them hold one byte more than the others."""
    size, num_long = divmod(num_bytes, num_lanes)
    return [number * size + min(number, num_long) for number in range(num_lanes)]


def sections_of(data: memoryview, num_lanes: int, section_lanes: int) -> list[memoryview]:
    """Return the sections of ``data``: one lane alone, or every ``section_lanes``."""
    return [data[first:last] for first, last in _bounds(len(data), num_lanes, section_lanes)]


def _bounds(num_bytes: int, num_lanes: int, section_lanes: int) -> list[tuple[int, int]]:
    return list(pairwise([*lane_starts(num_bytes, num_lanes)[::section_lanes], num_bytes]))


def group(sections: Sequence[Part], threads: int) -> list[list[Part]]:
    """Return the sections of a block in groups that are coded together, a few for each thread.

    Sections of a group share the reading of weights, but each has tables of its own: 145 MB for
    1 MiB.  Where a group is damaged those after it are never begun.
    """
    num_rounds = -(-len(sections) // (threads * MAX_TOGETHER))
    num_groups = min(len(sections), threads * num_rounds)
    bounds = [len(sections) * number // num_groups for number in range(num_groups + 1)]
    return [list(sections[first:last]) for first, last in pairwise(bounds)]


def split_block(payload: bytes, num_bytes: int, num_lanes: int, section_lanes: int) -> list[bytes]:
    """Return the payloads of a block's sections.

    Raises:
        FormatError: they don't make up the block's, or one is too short for its bytes.
    """
    bounds = _bounds(num_bytes, num_lanes, section_lanes)
    payloads = split(payload, len(bounds))
    for (first, last), one in zip(bounds, payloads, strict=True):
        if len(one) < min_payload_bytes(BINARY, last - first, 256):
            raise FormatError(
                f"a section's payload of {len(one)} bytes is too short for {last - first} bytes"
            )
    return payloads


def join(payloads: list[bytes]) -> bytes:
    """Return payloads one after the other, after the sizes of all but the last."""
    sizes = [len(one).to_bytes(_SIZE_BYTES, "little") for one in payloads[:-1]]
    return b"".join([*sizes, *payloads])


def split(payload: bytes, num_sections: int) -> list[bytes]:
    """Do the reverse; raises FormatError where the sizes are not of this payload."""
    first = _SIZE_BYTES * (num_sections - 1)
    bounds = [first]
    for at in range(0, first, _SIZE_BYTES):
        bounds.append(bounds[-1] + int.from_bytes(payload[at : at + _SIZE_BYTES], "little"))
    if bounds[-1] > len(payload):
        raise FormatError("the payloads of the block's sections are longer than the block's")
    return [payload[a:b] for a, b in pairwise([*bounds, len(payload)])]


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


def cut_samples(data: memoryview) -> list[memoryview]:
    """Return samples of a block of more bytes than two of them have, evenly spread."""
    num_samples = max(len(data) // SAMPLE_GAP, 2)
    gap = (len(data) - SAMPLE_BYTES) // num_samples
    starts = range(gap // 2, len(data) - SAMPLE_BYTES, gap)
    return [data[start : start + SAMPLE_BYTES] for start in starts]
