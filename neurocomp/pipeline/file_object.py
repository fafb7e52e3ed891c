"""Where programs written for earlier versions find what is in ``neurocomp.library`` now."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    for module in ("file_object", "opening"):
        found = getattr(import_module(f"neurocomp.library.{module}"), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
