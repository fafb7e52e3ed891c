"""Folders that commands write images into."""

from __future__ import annotations

from pathlib import Path

from neurocomp.cli.report import display


def require_empty(folder: Path, *, force: bool) -> None:
    """Refuse a folder that has files in it, unless they may be overwritten.

    Raises:
        FileExistsError: there are some.
    """
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise FileExistsError(f"{display(folder)} is not empty: give -f to overwrite files in it")
