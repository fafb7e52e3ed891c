"""Drawing images from a prior, in integers from the logits on: one seed, one image, everywhere.

Random numbers are SplitMix64's.

G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import UsageError
from neurocomp.exact import Symbols
from neurocomp.exact.scaling import EXP2_BITS, EXP2_TABLE_BITS
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle.shape import PriorShape

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


FRACTION_BITS = 16
"""Temperature, guidance and top-p are multiples of 2**-16."""

LANES_AT_ONCE = 32

Codes = NDArray[np.uint16]
Wide = NDArray[np.int64]


@dataclass(frozen=True)
class SamplingOptions:
    """Options of sampling.

    Attributes:
        seed: seed of the random numbers, 0 to 2**64 - 1.
        temperature: divisor of the logits; 0 takes the likeliest code.
        top_k: number of the likeliest codes to draw from; 0 for all.
        top_p: probability that the likeliest codes, from which one is drawn, have together.
        guidance: factor of the step from the logits without the caption to those with it (J. Ho,
            T. Salimans, Classifier-free diffusion guidance, 2022); 1 gives the latter.
    """

    seed: int = 0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    guidance: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 1 << 64:
            raise UsageError(f"a seed of {self.seed} is out of range: choose 0 to 2**64 - 1")
        if self.temperature != 0 and not 0.01 <= self.temperature <= 100:
            raise UsageError(
                f"a temperature of {self.temperature} is out of range: choose 0, or 0.01 to 100"
            )
        if self.top_k < 0 or not 0 < self.top_p <= 1:
            raise UsageError("top-k is 0 or more, top-p above 0 and up to 1")
        if not 0 <= self.guidance <= 100:
            raise UsageError(f"a guidance of {self.guidance} is out of range: choose 0 to 100")


def caption_rows(model: DalleModel, captions: Sequence[str]) -> Symbols:
    """Return the symbols before images, int32 (lanes, before): start and caption.

    A caption's tokens beyond the prior's length are left out.
    """
    tokens = [model.symbol_map.caption_tokens(caption) for caption in captions]
    return model.shape.text_rows(tokens)


def sample_grids(
    model: DalleModel,
    captions: Sequence[str],
    options: SamplingOptions,
    prime: Codes | None = None,
    *,
    first_image: int = 0,
    use_cache: bool = True,
) -> Codes:
    """Return an image's codes for each caption, (lanes, rows, columns).

    Args:
        model: the prior.
        captions: one caption for each image; "" for none.
        options: sampling options for the codes.
        prime: the first codes of every image in raster order, (n,).
        first_image: number of the first image, which chooses its random numbers.
        use_cache: False to read everything again at every step; only the time differs.
    """
    parts = []
    for start in range(0, len(captions), LANES_AT_ONCE):
        some = captions[start : start + LANES_AT_ONCE]
        numbers = range(first_image + start, first_image + start + len(some))
        parts.append(_sample(model, some, numbers, options, prime, use_cache))
    records = model.shape.records
    if not parts:
        return np.empty((0, records.rows, records.columns), np.uint16)
    return np.concatenate(parts).reshape(-1, records.rows, records.columns)


def _sample(
    model: DalleModel,
    captions: Sequence[str],
    numbers: range,
    options: SamplingOptions,
    prime: Codes | None,
    use_cache: bool,
) -> Codes:
    network, shape = model.network, model.shape
    is_guided = options.guidance != 1
    rows = caption_rows(model, [*captions, *([""] * len(captions) if is_guided else [])])
    codes = np.empty((len(captions), shape.records.num_latents), np.uint16)
    num_given = 0
    if prime is not None and prime.size:
        num_given = min(prime.size, codes.shape[1])
        codes[:, :num_given] = prime[:num_given]
        rows = _with_codes(shape, rows, codes[:, :num_given])
    caches = network.caches(len(rows))
    num_read = 0
    for place in range(num_given, codes.shape[1]):
        if not use_cache:
            num_read = 0
        logits = network.advance(rows[:, num_read:], caches, num_read).astype(np.int64)
        num_read = rows.shape[1]
        if is_guided:
            logits = _guided(logits, options.guidance)
        words = [word(options.seed, number, place) for number in numbers]
        codes[:, place] = draw(logits, options, words, network.exp2)
        rows = _with_codes(shape, rows, codes[:, place : place + 1])
    return codes


def _with_codes(shape: PriorShape, rows: Symbols, codes: Codes) -> Symbols:
    """Return rows with the next codes (lanes, n), of lanes with and perhaps without captions."""
    symbols = np.tile(shape.code_symbols(codes), (len(rows) // len(codes), 1))
    return np.concatenate([rows, symbols], axis=1)


def _guided(logits: Wide, guidance: float) -> Wide:
    """Return guided logits (lanes, K) of those with captions and, after them, without."""
    scale = round(guidance * (1 << FRACTION_BITS))
    given, alone = np.split(logits, 2)
    return alone + _rounded((given - alone) * scale)


def draw(
    logits: Wide, options: SamplingOptions, words: Sequence[int], exp2: NDArray[np.int32]
) -> Codes:
    """Return a code for each row of ``logits`` (lanes, K), base 2 in units of 2**-10.

    ``words`` are 64 random bits for each, ``exp2`` is the model's table of powers of 2.

    Codes are put in order of their logits, the smaller first among equals.  The weight of a code is
    2**30 times a power of 2 from the table, rounded down; the one drawn is the first whose
    cumulative weight exceeds floor(word * total / 2**64).
    """
    order = np.argsort(-logits, axis=1, kind="stable")
    if options.temperature == 0:
        return order[:, 0].astype(np.uint16)
    ranked = np.take_along_axis(logits, order, 1)
    distances = ranked[:, :1] - ranked
    if options.temperature != 1:
        distances = _rounded(distances * round((1 << FRACTION_BITS) / options.temperature))
    octaves = np.minimum(distances >> EXP2_BITS, EXP2_TABLE_BITS + 1)
    fractions = exp2.astype(np.int64)[distances & ((1 << EXP2_BITS) - 1)]
    weights = fractions >> octaves
    if options.top_k:
        weights[:, options.top_k :] = 0
    sums = np.cumsum(weights, axis=1)
    if options.top_p < 1:
        share = round(options.top_p * (1 << FRACTION_BITS))
        # A code stays if those before it do not have the share yet.
        weights[(sums - weights) << FRACTION_BITS >= sums[:, -1:] * share] = 0
        weights[:, 0] = 1 << EXP2_TABLE_BITS
        sums = np.cumsum(weights, axis=1)
    found = np.empty(len(logits), np.uint16)
    for lane, random in enumerate(words):
        place = random * int(sums[lane, -1]) >> 64
        found[lane] = order[lane, np.searchsorted(sums[lane], place, side="right")]
    return found


def _rounded(values: Wide) -> Wide:
    return (values + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS
