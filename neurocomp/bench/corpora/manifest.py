"""Manifests: what the files of a corpus are, and how each is made from its sources."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

from neurocomp.bench.corpora.errors import CorpusError

EVAL = Path(__file__).with_name("eval.json")
"""The manifest of the evaluation files."""

METHODS = ("copy", "prefix", "member", "excerpt", "concatenation", "unknown")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NEEDS: Mapping[str, frozenset[str]] = {
    "member": frozenset({"member", "limit_bytes"}),
    "excerpt": frozenset({"start", "limit_bytes"}),
    "unknown": frozenset({"missing"}),
}


@dataclass(frozen=True)
class Recipe:
    """How a file is made from its sources.

    Attributes:
        method: ``copy``: the source as it is; ``prefix``: its first bytes; ``member``: one member
            of an archive (tar, compressed or not, or zip); ``excerpt``: the bytes from the first
            occurrence of a text on; ``concatenation``: all sources, in order, nothing between;
            ``unknown``: not recorded well enough to make the file again.
        member: the member's name in the archive.
        start: the text (UTF-8) that an excerpt begins with.
        limit_bytes: the most that a source may have where that isn't the size of the file.
        missing: a note on what is not recorded.
    """

    method: str
    member: str = ""
    start: str = ""
    limit_bytes: int = 0
    missing: str = ""

    def __post_init__(self) -> None:
        """Raise CorpusError unless the fields are those of the method."""
        if self.method not in METHODS:
            raise CorpusError(f"unknown method {self.method!r}: use one of {', '.join(METHODS)}")
        optional = {field.name for field in fields(self)} - {"method"}
        given = {name for name in optional if getattr(self, name)}
        needed = _NEEDS.get(self.method, frozenset())
        if given != needed:
            raise CorpusError(
                f"a recipe with method {self.method!r} has the fields "
                f"{sorted(needed)}, not {sorted(given)}"
            )


@dataclass(frozen=True)
class CorpusFile:
    """One file of a corpus: a relative name, what it must be, and where it comes from."""

    name: str
    kind: str
    num_bytes: int
    sha256: str
    licence: str
    sources: tuple[str, ...]
    recipe: Recipe

    def __post_init__(self) -> None:
        """Raise CorpusError if a field is outside its range."""
        parts = PurePosixPath(self.name).parts
        if not parts or self.name.startswith("/") or ".." in parts or "\\" in self.name:
            raise CorpusError(f"file name {self.name!r} is not a plain relative path")
        if self.num_bytes < 1 or not _SHA256.fullmatch(self.sha256):
            raise CorpusError(f"{self.name}: size or SHA-256 is not well-formed")
        if not self.sources or (self.recipe.method != "concatenation" and len(self.sources) > 1):
            raise CorpusError(
                f"{self.name}: {len(self.sources)} sources don't go with {self.recipe.method!r}"
            )


@dataclass(frozen=True)
class Manifest:
    """The files of one set, in the order of the manifest."""

    name: str
    files: tuple[CorpusFile, ...]

    def select(self, names: tuple[str, ...]) -> tuple[CorpusFile, ...]:
        """Return the files with these names, or in folders with these names; all if none.

        Raises:
            CorpusError: a name matches nothing.
        """
        if not names:
            return self.files
        wanted = [name.rstrip("/") for name in names]
        for name in wanted:
            if not any(_matches(file, name) for file in self.files):
                raise CorpusError(
                    f"{name!r} is not in the manifest {self.name!r}: "
                    "'neurocomp corpora list' shows what is"
                )
        return tuple(file for file in self.files if any(_matches(file, name) for name in wanted))


def load(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        CorpusError: it cannot be read, or is not well-formed.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(_corpus_file(item) for item in content["files"])
        manifest = Manifest(str(content["set"]), files)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"manifest {path} cannot be read: {error!r}") from error
    if len({file.name for file in files}) < len(files):
        raise CorpusError(f"manifest {path} names a file twice")
    return manifest


def _corpus_file(item: Mapping[str, Any]) -> CorpusFile:
    return CorpusFile(
        name=item["name"],
        kind=item["kind"],
        num_bytes=int(item["bytes"]),
        sha256=item["sha256"],
        licence=item["licence"],
        sources=tuple(item["sources"]),
        recipe=Recipe(**item.get("recipe", {"method": "copy"})),
    )


def _matches(file: CorpusFile, name: str) -> bool:
    return file.name == name or file.name.startswith(f"{name}/")
