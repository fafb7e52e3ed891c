"""Where corpus files lie on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from neurocomp.bench.corpora.errors import CorpusError

VARIABLE = "NEUROCOMP_CORPORA"
"""Environment variable that names a folder with local copies."""


def cache_folder() -> Path:
    """Return the folder that ``neurocomp corpora fetch`` fills unless told another one."""
    return Path(platformdirs.user_cache_dir("neurocomp")) / "corpora"


def local_folder() -> Path | None:
    """Return the folder that $NEUROCOMP_CORPORA names; None where it is not set."""
    variable = os.environ.get(VARIABLE)
    return Path(variable) if variable else None


def find(name: str) -> Path | None:
    """Return the path of the corpus file ``name``, such as ``canterbury/alice29.txt``, or None.

    $NEUROCOMP_CORPORA is searched first, and the folders in it, then the cache.  The content is
    not checked here.
    """
    return next((path for path in _candidates(name) if path.is_file()), None)


def corpus_path(name: str) -> Path:
    """Return the path of the corpus file ``name``.

    Raises:
        CorpusError: it is not on this machine.
    """
    path = find(name)
    if path is not None:
        return path
    local = local_folder()
    searched = cache_folder() if local is None else f"{local} and {cache_folder()}"
    raise CorpusError(
        f"corpus file {name!r} is not in {searched}: 'neurocomp corpora fetch {name}' downloads "
        f"it, or set {VARIABLE} to a folder that has it"
    )


def _candidates(name: str) -> Iterator[Path]:
    local = local_folder()
    if local is not None:
        yield local / name
        folders = sorted(local.iterdir()) if local.is_dir() else []
        yield from (folder / name for folder in folders if folder.is_dir())
    yield cache_folder() / name
