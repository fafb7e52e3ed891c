"""Checkpoints from the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

from neurocomp.errors import ModelNotFoundError

_FILES = [
    "config.json",
    "*.safetensors",
    "model.safetensors.index.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
]


def fetch_checkpoint(name: str) -> Path:
    """Return the folder of a hub's checkpoint, downloaded where it is not in its cache yet.

    Raises:
        ModelNotFoundError: it can't be had: no network, or no such name; says what to do.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    repository = name if "/" in name else _owner(name) + name
    try:
        return Path(snapshot_download(repository, allow_patterns=_FILES))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelNotFoundError(
            f"{repository} could not be downloaded from the Hugging Face hub "
            f"({type(error).__name__}): on a machine with a network run 'hf download {repository} "
            f"--local-dir {name}', copy that folder here, and run 'neurocomp models import {name} "
            f"--name {name}'"
        ) from error


def _owner(name: str) -> str:
    return "distilbert/" if name == "distilgpt2" else "openai-community/"
