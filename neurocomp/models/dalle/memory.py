"""Learns from the images of a set while it is coded, and adjusts the prior's logits.

Each context of a code (`write_keys`) has counts n(c) of the codes c that followed it in the set.
Under the prior's probabilities p a Dirichlet distribution of weight 1 makes of them
``(n(c) + p(c)) / (n + 1)`` (D. MacKay, L. Peto, A hierarchical Dirichlet language model, 1995),
which is ``1 + n(c) / p(c)`` times p but for a constant.  The logarithms of these factors, weighted,
are added to the prior's logits; the weights, one for each kind of context, follow the gradient of
the code length (softmax regression; M. Mahoney, Adaptive weighing of context models, 2005).

All of it is integers: logarithms are to base 2 in units of 2**-10, as logits are, and weights in
units of 2**-20.  Lanes share counts and weights, which change when all lanes have read a symbol;
before that their threads only read them.

Contexts of a code: its place, the codes around it, and the caption's rarest tokens.

A context is known by a 64-bit key, the hash of its number and its parts.  A set has few contexts
beside 2**64 keys, and two that share one would merely be counted together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.tables import logarithm_table
from neurocomp.models.dalle.network import Logits
from neurocomp.models.dalle.records import RecordShape

NUM_IMAGE_CONTEXTS = 8
NUM_CAPTION_CONTEXTS = 4
NUM_CONTEXTS = NUM_IMAGE_CONTEXTS + NUM_CAPTION_CONTEXTS
NUM_RAREST = 3
"""Tokens of a caption that contexts have."""

Codes = NDArray[np.int32]
"""Codes of the images that the lanes are at, (lanes, codes)."""

Rarest = NDArray[np.int32]
"""Tokens of the lanes' captions, (lanes, NUM_RAREST), the rarest first, -1 where there is none."""

Keys = NDArray[np.uint64]
"""Keys of the lanes' contexts, (lanes, NUM_CONTEXTS); 0 for a missing context."""


def write_keys(codes: Codes, rarest: Rarest, place: int, num_columns: int, keys: Keys) -> None:
    """Write the contexts of the codes at ``place``, in raster order, to ``keys``."""
    _core.images.write_keys(codes, rarest, place, num_columns, keys)


def choose_rarest(
    tokens: NDArray[np.int32], sizes: NDArray[np.int64], counts: NDArray[np.int32], out: Rarest
) -> None:
    """Write each caption's tokens of the lowest counts to ``out``, of equal ones the earlier.

    Args:
        tokens: tokens of captions, (lanes, most tokens).
        sizes: number of tokens of each caption, (lanes,).
        counts: counts of all tokens, (tokens,).
        out: array that the tokens are written to.
    """
    _core.images.choose_rarest(tokens, sizes, counts, out)


FIRST_ENTRIES = 1 << 14
MAX_ENTRIES = 1 << 21
"""Entries of a table at most, 104 MiB with their contexts; it is emptied when more are needed."""

MAX_CODES = 64
"""Different codes of one context that are counted: so much work a context is at most."""


def empty_counts() -> _core.images.CodeCounts:
    """Return a table without contexts, which grows as it fills up."""
    return _core.images.CodeCounts(FIRST_ENTRIES, MAX_ENTRIES)


class CodeMemory:
    """Counts and weights of a set, and where its lanes are: ``core/src/images/memory.hpp``.

    At each place `mixed` comes first and then `expect`, for some lanes or others, in threads of
    their own; then `learn`, for all of them, from what both have left behind.

    Args:
        shape: shape of the set's records.
        num_lanes: lanes that read it.
        exp2: the prior's table, int32 (1024,): 2**30 * 2**(-i / 1024).
    """

    def __init__(self, shape: RecordShape, num_lanes: int, exp2: NDArray[np.int32]) -> None:
        self._memory = _core.images.CodeMemory(
            *(shape.num_tokens, shape.columns, shape.num_latents, shape.num_codes, num_lanes),
            *(logarithm_table(exp2), FIRST_ENTRIES, MAX_ENTRIES),
        )

    def mixed(self, lanes: slice, place: int, logits: Logits, priors: Frequencies) -> Logits:
        """Return the logits of the codes at ``place``, (lanes, codes), with what the set has shown.

        Args:
            lanes: lanes that the logits are of.
            place: place of the codes, in raster order.
            logits: logits of the prior.
            priors: frequency tables of those logits.
        """
        out = np.empty(logits.shape, np.int32)
        own = np.ascontiguousarray(logits)
        self._memory.mix(lanes.start, place, own, np.ascontiguousarray(priors), out)
        return out

    def expect(self, lanes: slice, tables: Frequencies) -> None:
        """Take note of what is predicted in the end, tables (lanes, codes), to learn from it."""
        self._memory.expect(lanes.start, tables)

    def learn(self, place: int, codes: Symbols, active: NDArray[np.bool_]) -> None:
        """Learn from the codes at ``place``, (lanes,), of the lanes that are ``active``."""
        self._memory.learn(place, np.ascontiguousarray(codes, np.int32), active)

    def read_captions(
        self, tokens: NDArray[np.int32], sizes: NDArray[np.int64], active: NDArray[np.bool_]
    ) -> None:
        """Take the captions of the lanes' next images.

        Args:
            tokens: tokens of the captions, (lanes, most tokens).
            sizes: number of tokens of each caption, (lanes,).
            active: lanes that have a caption.
        """
        self._memory.read_captions(tokens, sizes, active)
