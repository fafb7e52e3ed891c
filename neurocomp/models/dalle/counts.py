"""Which codes followed contexts, and how often.

Contexts are in a hash table of open addressing (linear probing); each has a list of entries, one
for each code that followed it, up to `MAX_CODES`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.models.dalle.contexts import Keys

FIRST_ENTRIES = 1 << 14
MAX_ENTRIES = 1 << 21
"""Entries of a table at most, 104 MiB with their contexts; it is emptied when more are needed."""

MAX_COUNT = (1 << 15) - 1

MAX_CODES = 64
"""Different codes of one context that are counted: so much work a context is at most."""

# Columns of a context, and of an entry.
FIRST, TIMES, NUMBER = 0, 1, 2
CODE, COUNT, NEXT = 0, 1, 2

TableKeys = NDArray[np.uint64]
"""(2 capacity,): the contexts' keys, 0 where there is none."""

Contexts = NDArray[np.int32]
"""(2 capacity, 3): first entry, how often the context was there, how many entries it has."""

Entries = NDArray[np.int32]
"""(capacity, 3): a code, how often it followed, the next entry of the context or -1."""


class CodeCounts:
    """The table, which grows as it fills up.

    Attributes:
        keys, contexts, entries: see above.
    """

    def __init__(self) -> None:
        self._used = 0
        self._allocate(FIRST_ENTRIES)

    def add(self, keys: Keys, codes: NDArray[np.int32]) -> None:
        """Count that each context of ``keys`` (n, contexts) was followed by a code of (n,)."""
        needed = self._used + keys.size
        if needed > MAX_ENTRIES:
            self._used = 0
            self._allocate(max(FIRST_ENTRIES, _power_of_two(keys.size)))
        elif needed > len(self.entries):
            old_keys, old_contexts, old_entries = self.keys, self.contexts, self.entries
            self._allocate(_power_of_two(needed))
            self.entries[: len(old_entries)] = old_entries
            _move(old_keys, old_contexts, self.keys, self.contexts)
        self._used = _add(self.keys, self.contexts, self.entries, self._used, keys, codes)

    def _allocate(self, capacity: int) -> None:
        self.keys = np.zeros(2 * capacity, np.uint64)
        self.contexts = np.zeros((2 * capacity, 3), np.int32)
        self.entries = np.empty((capacity, 3), np.int32)


@njit(cache=True, nogil=True)
def find(table: TableKeys, key: Any) -> Any:
    """Return the row of the context ``key``, or the free row where it belongs."""
    mask = np.uint64(table.shape[0] - 1)
    row = key & mask
    while table[row] != 0 and table[row] != key:
        row = (row + np.uint64(1)) & mask
    return np.int64(row)


@njit(cache=True, nogil=True)
def find_entry(entries: Entries, first: Any, code: Any) -> Any:
    """Return the entry of ``code`` in the list from ``first`` on, or -1."""
    entry = np.int64(first)
    while entry >= 0 and entries[entry, CODE] != code:
        entry = np.int64(entries[entry, NEXT])
    return entry


@njit(cache=True, nogil=True)
def _add(
    table: TableKeys,
    contexts: Contexts,
    entries: Entries,
    used: int,
    keys: Keys,
    codes: NDArray[np.int32],
) -> int:
    """Return how many entries are in use afterwards."""
    for lane in range(keys.shape[0]):
        for number in range(keys.shape[1]):
            key = keys[lane, number]
            if key == 0:
                continue
            row = find(table, key)
            if table[row] == 0:
                table[row] = key
                contexts[row, FIRST] = -1
            contexts[row, TIMES] += 1
            entry = find_entry(entries, contexts[row, FIRST], codes[lane])
            if entry < 0:
                if contexts[row, NUMBER] == MAX_CODES:
                    continue
                entry = np.int64(used)
                used += 1
                entries[entry, CODE] = codes[lane]
                entries[entry, COUNT] = 0
                entries[entry, NEXT] = contexts[row, FIRST]
                contexts[row, FIRST] = entry
                contexts[row, NUMBER] += 1
            entries[entry, COUNT] = min(entries[entry, COUNT] + 1, MAX_COUNT)
    return used


@njit(cache=True, nogil=True)
def _move(old_keys: TableKeys, old_contexts: Contexts, keys: TableKeys, contexts: Contexts) -> None:
    for old in range(old_keys.shape[0]):
        if old_keys[old] != 0:
            row = find(keys, old_keys[old])
            keys[row] = old_keys[old]
            contexts[row] = old_contexts[old]


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length()
