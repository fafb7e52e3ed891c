"""Logarithms are those of the powers of 2, rounded down."""

from __future__ import annotations

import math

import numpy as np

from neurocomp.exact.tables import exp2_table, logarithm_table, logarithms

TABLE = logarithm_table(exp2_table())


def test_the_table_is_rounded_down() -> None:
    for number, found in enumerate(TABLE.tolist()):
        exact = 1024 * math.log2(1 + number / 2048)
        assert exact - 1.001 < found <= exact + 0.001


def test_logarithms_of_all_sizes() -> None:
    values = [1, 2, 3, 2**24 - 1, 2**24, 10**9, 2**47 + 12345, 2**62]
    found = logarithms(np.array(values, np.int64), TABLE)
    for value, one in zip(values, found.tolist(), strict=True):
        # Twelve binary digits of the number, then a floor.
        assert 1024 * math.log2(value) - 1.8 < one <= 1024 * math.log2(value) + 0.001
