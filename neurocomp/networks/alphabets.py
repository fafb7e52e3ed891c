"""What the symbols of a network that is trained on text are."""

from __future__ import annotations

from typing import Any

from neurocomp.errors import UsageError

ALPHABETS = ("bytes", "gpt2")
"""The 256 bytes, or the byte pairs of GPT-2."""


def check_alphabet(name: str) -> None:
    """Raise UsageError where ``name`` is not one of `ALPHABETS`."""
    if name not in ALPHABETS:
        raise UsageError(f"model.alphabet is {name!r}, not 'bytes' or 'gpt2'")


def check_positive(config: Any, *names: str) -> None:
    """Raise UsageError where one of these values of ``config`` is not positive."""
    for name in names:
        if getattr(config, name) < 1:
            raise UsageError(f"model.{name} is {getattr(config, name)}, not positive")
