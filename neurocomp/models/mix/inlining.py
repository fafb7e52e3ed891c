"""How the model's functions are compiled: into the one kernel that calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

Integer = Any
"""A number inside a kernel: numba gives it its width, mypy has no word for that."""

_jit: Any = njit

# The model is one state of some twenty arrays: inlined, they need not be passed at every call, and
# without numba's reference counts (nothing is allocated here, the caller owns the state) the kernel
# is a tenth faster.  No floats, so no floating-point flags.
_inlined = _jit(
    forceinline=True,
    _nrt=False,
    error_model="numpy",
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
)


def inlined(function: Function) -> Function:
    """Compile ``function`` into the kernels that call it, and only there."""
    compiled: Function = _inlined(function)
    return compiled
