"""How functions are compiled that allocate nothing and are called for every byte."""

from __future__ import annotations

from typing import Any

from numba import njit

_jit: Any = njit

# Views of their arguments' arrays are all they make, so numba need not count references, which are
# a tenth of a network's step; divisors are never zero, and there are no floats.
lean = _jit(cache=True, nogil=True, _nrt=False, error_model="numpy")
"""``numba.njit`` for such a function: its arrays belong to the caller, who keeps them alive."""
