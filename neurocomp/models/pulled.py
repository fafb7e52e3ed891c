"""What 'neurocomp models pull' knows, and where the Hugging Face hub keeps it."""

from __future__ import annotations

PULLED = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "distilgpt2")

_OTHER_OWNERS = {"distilgpt2": "distilbert"}


def repository(name: str) -> str:
    """Return the hub's repository of one of ``PULLED``; another name as it is."""
    if name not in PULLED:
        return name
    return f"{_OTHER_OWNERS.get(name, 'openai-community')}/{name}"
