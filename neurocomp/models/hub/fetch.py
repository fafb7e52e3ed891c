"""Checkpoints from the Hugging Face hub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from neurocomp import extras
from neurocomp.errors import ModelNotFoundError
from neurocomp.models.hub.loading import without_noise
from neurocomp.store.origins import repository

_FILES = [
    "config.json",
    "*.safetensors",
    "model.safetensors.index.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
    "README.md",
]
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Fetched(NamedTuple):
    """A checkpoint in the hub's cache: its folder, and what it is there."""

    folder: Path
    repository: str
    revision: str | None


def fetch_checkpoint(name: str) -> Fetched:
    """Return the folder of a hub's checkpoint, downloaded where it is not in its cache yet.

    Raises:
        MissingPackageError: huggingface_hub is not installed.
        ModelNotFoundError: it can't be had: no network, or no such name; says what to do.
    """
    extras.require("downloading from the Hugging Face hub", "hub", "huggingface_hub")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    place = repository(name)
    try:
        with without_noise(keep_bars=True):
            folder = Path(snapshot_download(place, allow_patterns=_FILES))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelNotFoundError(
            f"{place} could not be downloaded from the Hugging Face hub "
            f"({type(error).__name__}): on a machine with a network run 'hf download {place} "
            f"--local-dir {name}', copy that folder here, and run 'neurocomp models import {name} "
            f"--name {name}'"
        ) from error
    return Fetched(folder, place, revision_of(folder))


def revision_of(folder: Path) -> str | None:
    """Return the commit whose files a folder of the hub's cache holds; None for other folders."""
    is_snapshot = folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name)
    return folder.name if is_snapshot else None
