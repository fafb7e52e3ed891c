"""Where a model came from, under which licence, and what can be fetched by name."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

_MAX_CARD_BYTES = 1 << 16
_LICENCE = re.compile(r"^licen[sc]e: *[\"']?([A-Za-z0-9][A-Za-z0-9.+ -]{0,63})", re.MULTILINE)
_FRONT = re.compile(r"---\s*\n(.*?)\n---", re.DOTALL)


@dataclass(frozen=True)
class Origin:
    """Where a model came from.

    Attributes:
        how: "added", "imported" or "pulled".
        source: the file, the folder, or the hub's repository.
        revision: the repository's commit, where there is one.
        licence: as its card names it.
    """

    how: str
    source: str
    revision: str | None = None
    licence: str | None = None

    def to_json(self) -> bytes:
        """Return it as the store keeps it."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()

    def __str__(self) -> str:
        at = f"@{self.revision[:12]}" if self.revision else ""
        return f"{self.how} from {self.source}{at}"


def read_origin(path: Path) -> Origin | None:
    """Return what was noted in a file; None where nothing was, or nothing that makes sense."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        origin = Origin(**fields)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts = (origin.how, origin.source, origin.revision or "", origin.licence or "")
    return origin if all(isinstance(one, str) for one in texts) else None


def read_licence(folder: Path) -> str | None:
    """Return the licence that the model card of a checkpoint's folder names, if it does."""
    try:
        with (folder / "README.md").open("rb") as file:
            text = file.read(_MAX_CARD_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return None
    front = _FRONT.match(text)
    found = _LICENCE.search(front[1]) if front else None
    return found[1].strip() if found else None


PULLED = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "distilgpt2")

_OTHER_OWNERS = {"distilgpt2": "distilbert"}


def repository(name: str) -> str:
    """Return the hub's repository of one of ``PULLED``; another name as it is."""
    if name not in PULLED:
        return name
    return f"{_OTHER_OWNERS.get(name, 'openai-community')}/{name}"
