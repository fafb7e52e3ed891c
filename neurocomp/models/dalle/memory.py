"""What the images of a set have shown so far, beside what the prior has learnt.

Each context of a code (`contexts`) has counts n(c) of the codes c that followed it in the set.
Under the prior's probabilities p a Dirichlet distribution of weight 1 makes of them
``(n(c) + p(c)) / (n + 1)`` (D. MacKay, L. Peto, A hierarchical Dirichlet language model, 1995),
which is ``1 + n(c) / p(c)`` times p but for a constant.  The logarithms of these factors, weighted,
are added to the prior's logits; the weights, one for each kind of context, follow the gradient of
the code length (softmax regression; M. Mahoney, Adaptive weighing of context models, 2005).

All of it is integers: logarithms are to base 2 in units of 2**-10, as logits are, and weights in
units of 2**-20.  Lanes share counts and weights, which change when all lanes have read a symbol;
before that their threads only read them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.exact import TOTAL, Frequencies, Symbols
from neurocomp.exact.logarithms import Logarithms, logarithm, logarithm_table
from neurocomp.models.dalle.contexts import (
    NUM_CONTEXTS,
    NUM_RAREST,
    Keys,
    choose_rarest,
    write_keys,
)
from neurocomp.models.dalle.counts import (
    CODE,
    COUNT,
    FIRST,
    MAX_CODES,
    NEXT,
    NUMBER,
    TIMES,
    CodeCounts,
    Contexts,
    Entries,
    TableKeys,
    find,
    find_entry,
)
from neurocomp.models.dalle.network import Logits
from neurocomp.symbols.records import RecordShape

WEIGHT_BITS = 20
FIRST_WEIGHT = 1 << (WEIGHT_BITS - 4)
MAX_WEIGHT = 1 << (WEIGHT_BITS + 1)
MAX_LOGIT = 1 << 29
"""Of the prior, before anything is added: sums stay within 32 bits."""

MAX_STEP = 1 << (WEIGHT_BITS - 5)
"""A weight moves by so much in one step of the lanes at most."""

NUM_LEVELS = 8
NUM_KINDS = NUM_LEVELS * NUM_LEVELS
"""Kinds of a context: by how often it was there, and by how many codes followed it."""

Weights = NDArray[np.int32]
"""(NUM_CONTEXTS, NUM_KINDS)."""

Gains = NDArray[np.int32]
"""Of what followed contexts, in the order of their lists, (lanes, NUM_CONTEXTS, MAX_CODES)."""


class CodeMemory:
    """Counts and weights of a set, and where its lanes are.

    At each place `mixed` comes first and then `expect`, for some lanes or others, in threads of
    their own; then `learn`, for all of them, from what both have left behind.

    Args:
        shape: of the set's records.
        num_lanes: lanes that read it.
        exp2: the prior's table, int32 (1024,): 2**30 * 2**(-i / 1024).
    """

    def __init__(self, shape: RecordShape, num_lanes: int, exp2: NDArray[np.int32]) -> None:
        self._shape = shape
        self._counts = CodeCounts()
        self._weights = np.full((NUM_CONTEXTS, NUM_KINDS), FIRST_WEIGHT, np.int32)
        self._logarithms = logarithm_table(exp2)
        self._num_seen = np.zeros(shape.num_tokens, np.int32)
        self._rarest = np.full((num_lanes, NUM_RAREST), -1, np.int32)
        self._codes = np.zeros((num_lanes, shape.num_latents), np.int32)
        # Of the step that lanes are at:
        self._priors = np.empty((num_lanes, shape.num_codes), np.int32)
        self._keys = np.zeros((num_lanes, NUM_CONTEXTS), np.uint64)
        self._rows = np.full((num_lanes, NUM_CONTEXTS), -1, np.int64)
        self._kinds = np.zeros((num_lanes, NUM_CONTEXTS), np.int64)
        self._gains = np.zeros((num_lanes, NUM_CONTEXTS, MAX_CODES), np.int32)
        self._expected = np.zeros((num_lanes, NUM_CONTEXTS), np.int64)

    def mixed(self, lanes: slice, place: int, logits: Logits, priors: Frequencies) -> Logits:
        """Return the logits of the codes at ``place``, (lanes, codes), with what the set has shown.

        Args:
            lanes: whose they are.
            place: of the codes, in raster order.
            logits: of the prior.
            priors: their tables.
        """
        out = np.clip(logits, -MAX_LOGIT, MAX_LOGIT)
        self._priors[lanes] = priors
        keys, rows, kinds = self._keys[lanes], self._rows[lanes], self._kinds[lanes]
        columns = self._shape.columns
        write_keys(self._codes[lanes], self._rarest[lanes], place, columns, keys)
        counts = self._counts
        _add_gains(
            *(counts.keys, counts.contexts, counts.entries, keys, self._weights, priors),
            *(self._logarithms, rows, kinds, self._gains[lanes], out),
        )
        return out

    def expect(self, lanes: slice, tables: Frequencies) -> None:
        """Take note of what is predicted in the end, tables (lanes, codes), to learn from it."""
        counts, rows, gains = self._counts, self._rows[lanes], self._gains[lanes]
        _expect(counts.contexts, counts.entries, rows, gains, tables, self._expected[lanes])

    def learn(self, place: int, codes: Symbols, active: NDArray[np.bool_]) -> None:
        """Learn from the codes at ``place``, (lanes,), of the lanes that are ``active``."""
        self._codes[active, place] = codes[active]
        counts = self._counts
        errors = np.zeros(self._weights.shape, np.int64)
        _add_errors(
            *(counts.contexts, counts.entries, self._rows, self._kinds, self._priors),
            *(self._logarithms, self._expected, codes, active, errors),
        )
        steps = np.clip(errors, -MAX_STEP, MAX_STEP)
        self._weights = np.clip(self._weights + steps, 0, MAX_WEIGHT).astype(np.int32)
        counts.add(self._keys[active], codes[active])

    def read_captions(
        self, tokens: NDArray[np.int32], sizes: NDArray[np.int64], active: NDArray[np.bool_]
    ) -> None:
        """Take the captions of the lanes' next images.

        Args:
            tokens: (lanes, most tokens).
            sizes: how many tokens each has, (lanes,).
            active: lanes that have a caption.
        """
        choose_rarest(tokens, sizes, self._num_seen, self._rarest)
        is_token = (np.arange(tokens.shape[1]) < sizes[:, None]) & active[:, None]
        self._num_seen += np.bincount(tokens[is_token], minlength=self._num_seen.size).astype(
            np.int32
        )


@njit(cache=True, nogil=True)
def _gain(count: Any, frequency: Any, table: Logarithms) -> Any:
    """Return log2(1 + count / probability)."""
    one = np.int64(frequency)
    return logarithm(one + np.int64(count) * TOTAL, table) - logarithm(one, table)


@njit(cache=True, nogil=True)
def _level(number: Any) -> Any:
    """Return 0 to 7 for 0, 1, 2, 3, up to 5, up to 9, up to 20, more."""
    level = min(number, 3)
    for step in (3, 5, 9, 20):
        level += number > step
    return level


@njit(cache=True, nogil=True)
def _add_gains(
    table: TableKeys,
    contexts: Contexts,
    entries: Entries,
    keys: Keys,
    weights: Weights,
    priors: Frequencies,
    logarithms: Logarithms,
    rows: NDArray[np.int64],
    kinds: NDArray[np.int64],
    gains: Gains,
    logits: Logits,
) -> None:
    for lane in range(keys.shape[0]):
        for number in range(NUM_CONTEXTS):
            rows[lane, number] = -1
            if keys[lane, number] == 0:
                continue
            row = find(table, keys[lane, number])
            if table[row] == 0:
                continue
            kind = NUM_LEVELS * _level(contexts[row, TIMES]) + _level(contexts[row, NUMBER])
            rows[lane, number], kinds[lane, number] = row, kind
            weight = np.int64(weights[number, kind])
            entry, place = contexts[row, FIRST], 0
            while entry >= 0:
                code = entries[entry, CODE]
                gain = _gain(entries[entry, COUNT], priors[lane, code], logarithms)
                gains[lane, number, place] = gain
                logits[lane, code] += np.int32(weight * gain >> WEIGHT_BITS)
                entry, place = entries[entry, NEXT], place + 1


@njit(cache=True, nogil=True)
def _expect(
    contexts: Contexts,
    entries: Entries,
    rows: NDArray[np.int64],
    gains: Gains,
    tables: Frequencies,
    expected: NDArray[np.int64],
) -> None:
    for lane in range(rows.shape[0]):
        for number in range(NUM_CONTEXTS):
            if rows[lane, number] < 0:
                continue
            total = np.int64(0)
            entry, place = contexts[rows[lane, number], FIRST], 0
            while entry >= 0:
                frequency = np.int64(tables[lane, entries[entry, CODE]])
                total += np.int64(gains[lane, number, place]) * frequency
                entry, place = entries[entry, NEXT], place + 1
            expected[lane, number] = total // TOTAL


@njit(cache=True, nogil=True)
def _add_errors(
    contexts: Contexts,
    entries: Entries,
    rows: NDArray[np.int64],
    kinds: NDArray[np.int64],
    priors: Frequencies,
    logarithms: Logarithms,
    expected: NDArray[np.int64],
    codes: Symbols,
    active: NDArray[np.bool_],
    errors: NDArray[np.int64],
) -> None:
    for lane in range(rows.shape[0]):
        if not active[lane]:
            continue
        for number in range(NUM_CONTEXTS):
            row = rows[lane, number]
            if row < 0:
                continue
            gain = np.int64(0)
            entry = find_entry(entries, contexts[row, FIRST], codes[lane])
            if entry >= 0:
                gain = _gain(entries[entry, COUNT], priors[lane, codes[lane]], logarithms)
            errors[number, kinds[lane, number]] += gain - expected[lane, number]
