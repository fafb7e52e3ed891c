"""Corpus files fetched into a folder, and files there compared with the manifest."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from neurocomp.bench.corpora.build import Builder, is_right
from neurocomp.bench.corpora.errors import CorpusError
from neurocomp.bench.corpora.manifest import CorpusFile
from neurocomp.bench.corpora.paths import find
from neurocomp.store.files import write_atomically

PARTIALS = ".partial"
"""Folder, beside the files, of downloads under way."""


@dataclass
class Outcome:
    """The outcome of a download, by file name.

    Attributes:
        failed: could not be made or written.
        unavailable: have no complete recipe, and were not asked for by name.
    """

    failed: list[str] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)


def fetch_all(
    files: Iterable[CorpusFile], folder: Path, asked: frozenset[str], tell: Callable[[str], None]
) -> Outcome:
    """Fetch files into ``folder``; one that fails does not keep the others from being fetched.

    Args:
        files: entries of the manifest.
        folder: is made where it is missing.
        asked: names that the user gave; a file of these without a complete recipe is a failure.
        tell: is given a line for each file.
    """
    builder = Builder(folder / PARTIALS)
    outcome = Outcome()
    for file in files:
        try:
            written = fetch(file, folder, builder)
        except (CorpusError, OSError) as error:
            tell(f"{file.name}: {error}")
            optional = file.recipe.method == "unknown" and file.name not in asked
            (outcome.unavailable if optional else outcome.failed).append(file.name)
        else:
            tell(f"{file.name}: {'fetched' if written else 'already there'}")
    partials = folder / PARTIALS
    if partials.is_dir() and not any(partials.iterdir()):
        partials.rmdir()
    return outcome


def fetch(file: CorpusFile, folder: Path, builder: Builder) -> bool:
    """Make ``file`` under ``folder`` unless it is there and right; return whether it was made.

    The file appears under its name only when it is complete and checked.

    Raises:
        CorpusError: it cannot be made.
        OSError: it cannot be written.
    """
    path = folder / file.name
    if is_right(path, file):
        return False
    content = builder.build(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)
    return True


class State(enum.StrEnum):
    """The state of a file on this machine."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"


def verify(file: CorpusFile) -> tuple[State, Path | None]:
    """Compare size and SHA-256 of the file that would be used, and say which one that is."""
    path = find(file.name)
    if path is None:
        return State.MISSING, None
    return (State.RIGHT if is_right(path, file) else State.WRONG), path
