"""What the symbols of a network that is trained on text are."""

from __future__ import annotations

from typing import Any

from neurocomp.errors import UsageError

ALPHABETS = ("bytes", "gpt2")
"""The 256 bytes, or the byte pairs of GPT-2."""

_LIMIT = 1 << 20
_LIMITS = {"width": 1 << 16, "num_blocks": 1 << 10, "num_heads": 1 << 10, "expansion": 64}
"""What a network of tokens has at most: above it no machine has the memory."""


def check_alphabet(name: str) -> None:
    """Raise UsageError where ``name`` is not one of `ALPHABETS`."""
    if name not in ALPHABETS:
        raise UsageError(f"model.alphabet is {name!r}, not 'bytes' or 'gpt2'")


def check_positive(config: Any, *names: str) -> None:
    """Raise UsageError where one of these values of ``config`` is not positive, or absurd."""
    for name in names:
        value, limit = getattr(config, name), _LIMITS.get(name, _LIMIT)
        if value < 1:
            raise UsageError(f"model.{name} is {value}, not positive")
        if value > limit:
            raise UsageError(f"model.{name} is {value}, above {limit}")
