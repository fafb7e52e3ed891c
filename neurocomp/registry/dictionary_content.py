"""Choosing what a dictionary holds: the segments of samples that say most about the others.

The method is that of COVER (Liao, Petri, Moffat, Wirth, "Effective construction of relative
Lempel-Ziv dictionaries", WWW 2016), as zstd uses it: the samples are cut into as many epochs as
the dictionary has segments, and of each epoch the segment is taken whose k-mers occur in most
samples; what is taken counts no more in the epochs after it.  Two things differ, because contexts
learn from whole lines: a segment begins at the start of a line where it can, and a k-mer counts in
proportion to the number of *samples* that hold it, whatever its number of occurrences.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import UsageError
from neurocomp.frame.constants import MAX_DICTIONARY_BYTES
from neurocomp.transforms.line_ends import shorten

KMER_BYTES = 8
SEGMENT_BYTES = 1024
_HASH_BITS = 22
_MIN_SHARED = 16  # one k-mer of so many must be in another sample; fewer are hash collisions
_MAX_SAMPLE_BYTES = 1 << 26  # at 40 bytes of memory for each byte
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def select_content(
    samples: Sequence[bytes], dictionary_bytes: int, segment_bytes: int = SEGMENT_BYTES
) -> bytes:
    """Return at most ``dictionary_bytes`` of ``samples``, the most telling segments last.

    Samples that fit as a whole are all taken.  Line ends are made LF, as they are where blocks
    are coded.

    Args:
        samples: files like those that will be compressed.
        dictionary_bytes: 1 to ``MAX_DICTIONARY_BYTES``.
        segment_bytes: size of a segment, at least 16.

    Raises:
        UsageError: there are no bytes to choose from, or too many, or nothing that two samples
            share, or a size is out of range.
    """
    if not 1 <= dictionary_bytes <= MAX_DICTIONARY_BYTES:
        raise UsageError(
            f"a dictionary has 1 to {MAX_DICTIONARY_BYTES} bytes, not {dictionary_bytes}"
        )
    if segment_bytes < 16:
        raise UsageError(f"a segment has at least 16 bytes, not {segment_bytes}")
    samples = [shorten(sample) or sample for sample in samples if sample]
    num_bytes = sum(map(len, samples))
    if not 1 <= num_bytes <= _MAX_SAMPLE_BYTES:
        raise UsageError(
            f"the samples have {num_bytes} bytes, not 1 to {_MAX_SAMPLE_BYTES}: name other files"
        )
    if num_bytes <= dictionary_bytes:
        return b"".join(samples)
    data = np.frombuffer(b"".join(samples), np.uint8)
    kmers = _kmers(data)
    scores = _sample_counts(kmers, np.cumsum([len(sample) for sample in samples]))
    num_segments = max(1, dictionary_bytes // segment_bytes)
    chosen: list[tuple[float, bytes]] = []
    room = dictionary_bytes
    bounds = np.linspace(0, len(data), num_segments + 1).astype(np.int64)
    for start, stop in pairwise(bounds.tolist()):
        piece = _best_segment(data, kmers, scores, start, stop, min(segment_bytes, room))
        if piece is None:
            continue
        score, first, last = piece
        scores[kmers[first:last]] = 0
        chosen.append((score, data[first:last].tobytes()))
        room -= last - first
    if not chosen:
        raise UsageError(
            "the samples have nothing in common: name more files that are alike, or cut "
            "one of many records with --lines or --split"
        )
    chosen.sort(key=lambda one: one[0])
    return b"".join(content for _, content in chosen)


def _kmers(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the hash of the KMER_BYTES bytes from each position on, int64 (n,)."""
    padded = np.concatenate((data, np.zeros(KMER_BYTES, np.uint8)))
    value = np.zeros(len(data), np.uint64)
    for k in range(KMER_BYTES):
        value = value << np.uint64(8) | padded[k : k + len(data)]
    return (value * _MULTIPLIER >> np.uint64(64 - _HASH_BITS)).astype(np.int64)


def _sample_counts(kmers: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return in how many samples but the first a k-mer occurs, float64 (2**_HASH_BITS,).

    What occurs in one sample only tells nothing about others.
    """
    counts = np.zeros(1 << _HASH_BITS)
    start = 0
    for end in ends.tolist():
        # Those over the sample's end are of two samples.
        counts[np.unique(kmers[start : max(start, end - KMER_BYTES + 1)])] += 1
        start = end
    return np.maximum(counts - 1, 0)


def _best_segment(
    data: NDArray[np.uint8],
    kmers: NDArray[np.int64],
    scores: NDArray[np.float64],
    start: int,
    stop: int,
    segment_bytes: int,
) -> tuple[float, int, int] | None:
    """Return score, first and last position of the best segment of an epoch, if any tells."""
    epoch = kmers[start:stop]
    if not len(epoch) or segment_bytes < 1:
        return None
    gains = scores[epoch]
    # A k-mer that is repeated within a segment's length counts once.
    order = np.argsort(epoch, kind="stable")
    near = np.diff(order, prepend=-segment_bytes) < segment_bytes
    near &= np.diff(epoch[order], prepend=-1) == 0
    gains[order[near]] = 0
    sums = np.concatenate((np.zeros(1), np.cumsum(gains)))
    width = min(segment_bytes, len(epoch))
    windows = sums[width:] - sums[:-width]
    line_starts = np.flatnonzero(data[start : stop - width] == 10) + 1
    candidates = line_starts if len(line_starts) else np.arange(len(windows))
    best = int(candidates[int(np.argmax(windows[candidates]))])
    if windows[best] * _MIN_SHARED < width:
        return None
    return float(windows[best]), start + best, start + best + width


def cut_lines(data: bytes, num_lines: int) -> list[bytes]:
    """Return ``data`` in pieces of ``num_lines`` >= 1 lines, the last one perhaps shorter."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    pieces = [b"".join(lines[i : i + num_lines]) for i in range(0, len(lines), num_lines)]
    return [piece for piece in pieces if piece]
