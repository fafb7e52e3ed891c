"""Checks of conformance: hashes of predictions, made in several ways."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from neurocomp.exact.frequencies import Frequencies


@dataclass(frozen=True)
class Check:
    """One way to get the tables of one sample.

    Attributes:
        name: sample, route, device and way.
        digest: SHA-256 of the tables in hexadecimal, or why there are none.
        is_expected: whether it is the committed one.
    """

    name: str
    digest: str
    is_expected: bool


def digest_of(tables: Frequencies) -> str:
    """Return the SHA-256 of tables (sequences, steps, V) in hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(tables, "<i4").tobytes()).hexdigest()
