"""The place of a transformers model: a folder, or a revision in the hub's cache."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import FormatError, ModelNotFoundError
from neurocomp.models.hub.fetch import revision_of
from neurocomp.models.hub.loading import without_noise
from neurocomp.names import printable, quoted

MAX_RECORDED_BYTES = 1024
"""Most bytes of a frame's parameters."""

_REPOSITORY = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]


@dataclass(frozen=True)
class Place:
    """The record of a model's place in a frame, beside the hash of its weights.

    Attributes:
        name: folder, or name at the hub, as the user gave it.
        origin: the folder's whole path, or the hub's commit; empty in frames of older versions.
    """

    name: str
    origin: str = ""

    def to_bytes(self) -> bytes:
        """Return it as a frame has it: the name, and after a zero byte the origin, if it fits."""
        name, origin = (one.encode("utf-8", "surrogateescape") for one in (self.name, self.origin))
        whole = name + b"\0" + origin
        return whole if origin and len(whole) <= MAX_RECORDED_BYTES else name

    @classmethod
    def from_bytes(cls, recorded: bytes) -> Place:
        """Return the place in a frame; raises FormatError if it is damaged."""
        name, _, origin = recorded.partition(b"\0")
        try:
            place = cls(*(one.decode("utf-8", "surrogateescape") for one in (name, origin)))
        except UnicodeDecodeError:
            raise FormatError("the name of the frame's model is damaged") from None
        if not place.name or "\0" in place.origin:
            raise FormatError("the name of the frame's model is damaged")
        return place

    def __str__(self) -> str:
        """Return it as messages call it."""
        shown = printable(self.name, 200)
        if not self.origin or self.origin == self.name:
            return f"hf:{shown}"
        kind = "revision" if _COMMIT.fullmatch(self.origin) else "folder"
        return f"hf:{shown} ({kind} {printable(self.origin, 200)})"


def find_folder(place: Place, *, may_fetch: bool) -> tuple[Path, Place]:
    """Return the folder of a model, and its place with the origin that it has now.

    Args:
        place: name and former origin of the model; the origin is looked at first.
        may_fetch: whether to download a model that is not in the hub's cache.

    Raises:
        ModelNotFoundError: it can't be had.
    """
    for candidate in (place.origin, place.name):
        if candidate and not _COMMIT.fullmatch(candidate) and os.path.isdir(candidate):
            return Path(candidate), Place(place.name, str(Path(candidate).resolve()))
    if not _REPOSITORY.fullmatch(place.name) or os.path.exists(place.name):
        raise ModelNotFoundError(
            f"model {quoted(str(place))} does not exist: name one that "
            "save_pretrained wrote, or a model of the hub"
        )
    revision = place.origin if _COMMIT.fullmatch(place.origin) else None

    from huggingface_hub import snapshot_download

    try:
        with without_noise(keep_bars=True):
            folder = Path(
                snapshot_download(
                    place.name,
                    revision=revision,
                    local_files_only=not may_fetch,
                    allow_patterns=_FILES,
                )
            )
    except Exception as error:  # of the hub, of its client and of the network: many kinds
        at = f" at revision {revision}" if revision else ""
        raise ModelNotFoundError(
            f"model 'hf:{printable(place.name)}'{at} was not found at the Hugging Face hub or in "
            f"its cache ({type(error).__name__}): give a folder that save_pretrained wrote, or run "
            f"'hf download {printable(place.name)}' where there is a network"
        ) from error
    return folder, Place(place.name, revision_of(folder) or "")
