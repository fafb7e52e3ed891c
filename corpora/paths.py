"""Where the corpus files are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from corpora.errors import CorpusError

VARIABLE = "NEUROCOMP_CORPORA"
"""Environment variable that names a folder with a copy of the corpora."""

SET = "eval"
"""The set that benchmarks use, and the name of its folder."""


def default_folder() -> Path:
    """Return the folder that the fetcher fills when it isn't told another one."""
    return Path(platformdirs.user_cache_dir("neurocomp")) / "corpora"


def corpus_path(name: str) -> Path:
    """Return the path of the evaluation file ``name``, such as ``canterbury/alice29.txt``.

    The folder is $NEUROCOMP_CORPORA, or else the fetcher's default.  Either the folder with
    ``eval/`` in it or ``eval/`` itself is accepted.  The content isn't checked here.

    Raises:
        CorpusError: there is no such file.
    """
    variable = os.environ.get(VARIABLE)
    root = Path(variable) if variable else default_folder()
    for path in (root / SET / name, root / name):
        if path.is_file():
            return path
    raise CorpusError(
        f"corpus file {name!r} is not in {root}: fetch it with "
        f"`python -m corpora.fetch {name} --to {root}`, or set {VARIABLE} to a folder that has it"
    )
