"""The forward pass of a prior: a transformer with a head for captions and one for images.

Codes' logits are damped by a factor, which the writer of a set chooses: a prior that has seen its
training images many times is too sure of itself (C. Guo et al., On calibration of modern neural
networks, 2017: temperature scaling).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.exact import TOTAL, Frequencies, Symbols
from neurocomp.exact.engine import Engine
from neurocomp.exact.layers import Linear
from neurocomp.models.dalle.record_heads import NUM_DAMPINGS
from neurocomp.models.dalle.shape import PriorShape
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.network import Caches, Network, prepare_normed
from neurocomp.models.transformer.parts import Parts

Logits = NDArray[np.int32]
"""Logarithms to base 2 in units of 2**-10, up to a constant for each row."""

IMPOSSIBLE = -(1 << 30)
"""Logit of a symbol that can't come."""


class PriorNetwork:
    """Runs a prior's parts on an engine.

    Args:
        config: configuration of the transformer.
        shape: shape of the rows that the prior reads.
        parts: integers that fit it.
        engine: engine that computes.

    Attributes:
        shape: shape of the rows that the prior reads.
        exp2: the stored table of powers of 2, int32 (1024,): 2**30 * 2**(-i / 1024).
    """

    def __init__(
        self, config: TransformerConfig, shape: PriorShape, parts: Parts, engine: Engine[Any]
    ) -> None:
        self.shape = shape
        self.exp2 = parts.exp2
        self._engine = engine
        self._trunk = Network(config, parts, engine, shape.sights)
        text, image = slice(0, shape.num_text_outputs), slice(shape.first_code, None)
        self._heads = [
            prepare_normed(engine, parts.last_norm, _columns_of(parts.head, columns))
            for columns in (text, image)
        ]
        self._frequencies = engine.prepare_frequencies(parts.exp2)

    def caches(self, num_lanes: int) -> Caches:
        """Return caches for a caption and an image in each lane."""
        return self._trunk.caches(num_lanes)

    def advance(self, symbols: Symbols, caches: Caches, start: int) -> Logits:
        """Read ``symbols`` (lanes, steps) of the vocabulary at positions from ``start`` on.

        Returns:
            Logits of what follows: (lanes, tokens and pads) within a caption, else (lanes, codes).
        """
        rows = self._trunk.last_rows(symbols, caches, start)
        is_image = start + symbols.shape[1] > self.shape.records.text_length
        return _numpy(self._heads[is_image](rows))

    def all_logits(self, symbols: Symbols) -> tuple[Logits, Logits]:
        """Return the logits after every prefix of ``symbols`` (lanes, steps), in one pass.

        Returns:
            (lanes, text_length, tokens and pads) and (lanes, steps - text_length, codes).
        """
        num_lanes, num_steps = symbols.shape
        length = self.shape.records.text_length
        caches = self.caches(num_lanes)
        rows = _numpy(self._trunk.read(symbols, caches, 0)).reshape(num_lanes, num_steps, -1)
        widths = (self.shape.num_text_outputs, self.shape.records.num_codes)
        found = []
        parts = (rows[:, :length], rows[:, length:])
        for head, part, width in zip(self._heads, parts, widths, strict=True):
            logits = np.empty((*part.shape[:2], width), np.int32)
            if part.size:
                flat = self._engine.put(np.ascontiguousarray(part.reshape(-1, rows.shape[2])))
                logits[:] = _numpy(head(flat)).reshape(logits.shape)
            found.append(logits)
        return found[0], found[1]

    def frequencies(self, logits: Logits) -> Frequencies:
        """Return the tables of logits, both (lanes, V)."""
        return self._frequencies(self._engine.put(logits))


def _columns_of(head: Linear, columns: slice) -> Linear:
    """Return some outputs of a layer, which are what they are in the whole."""
    return replace(
        head,
        weight=np.ascontiguousarray(head.weight[columns]),
        multiplier=head.multiplier[columns],
        bias=head.bias[columns],
    )


def _numpy(array: Any) -> NDArray[Any]:
    result: NDArray[Any] = np.asarray(array.cpu() if hasattr(array, "cpu") else array)
    return result


SHARE = 16
MIN_IMAGES, MAX_IMAGES = 32, 256
MAX_LOGITS = 1 << 24
"""One image of ``SHARE`` chooses the damping of a set, of so many images and logits."""

Bits = NDArray[np.float64]


def damped(logits: Logits, damping: int) -> Logits:
    """Return the logits times ``1 - damping / NUM_DAMPINGS``, rounded down."""
    factor = NUM_DAMPINGS - damping
    return (logits.astype(np.int64) * factor // NUM_DAMPINGS).astype(np.int32)


def chosen_frequencies(network: PriorNetwork, logits: Logits, symbols: Symbols) -> Symbols:
    """Return the frequencies of ``symbols`` (...) under logits (..., V)."""
    flat = np.ascontiguousarray(logits.reshape(-1, logits.shape[-1]))
    tables = network.frequencies(flat)
    return tables[np.arange(len(tables)), symbols.reshape(-1)].reshape(symbols.shape)


def code_lengths(network: PriorNetwork, logits: Logits, symbols: Symbols) -> Bits:
    """Return the code lengths of ``symbols`` (...) under logits (..., V), in bits."""
    bits: Bits = -np.log2(chosen_frequencies(network, logits, symbols) / TOTAL)
    return bits


def choose_damping(network: PriorNetwork, rows: Symbols, codes: Symbols) -> int:
    """Return the damping under which the codes of a set's images take the fewest bits.

    Floats may choose, for a set says what was chosen; a reader computes none of this.

    Args:
        network: network of the prior.
        rows: `PriorShape.text_rows` of the images.
        codes: codes of the images in raster order, int32 (images, codes).
    """
    most = max(MAX_LOGITS // (codes.shape[1] * network.shape.records.num_codes), 1)
    count = min(len(codes), max(len(codes) // SHARE, MIN_IMAGES), MAX_IMAGES, most)
    if not count:
        return 0
    numbers = np.arange(count) * len(codes) // count
    rows, codes = rows[numbers], codes[numbers]
    symbols = np.concatenate([rows, network.shape.code_symbols(codes[:, :-1])], axis=1)
    logits = network.all_logits(symbols)[1]
    best, least = 0, float("inf")
    # The length is convex in the factor, so the first that is longer ends the search.
    for damping in range(NUM_DAMPINGS):
        length = float(code_lengths(network, damped(logits, damping), codes).sum())
        if length >= least:
            break
        best, least = damping, length
    return best
