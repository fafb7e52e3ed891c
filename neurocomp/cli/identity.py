"""Which file a path is, whatever it is called: for outputs that must not be other files."""

from __future__ import annotations

import os
import stat
import unicodedata
from functools import cache
from itertools import islice
from pathlib import Path

FileId = tuple[int, int]
"""Device and inode."""

EntryId = tuple[FileId | None, tuple[str, ...]]
"""A folder that is there, and names below it that may not be."""

_NUM_PROBED = 100


def file_id(path: Path) -> FileId | None:
    """Return which file ``path`` leads to; None where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def descriptor_id(descriptor: int) -> FileId | None:
    """Return which plain file an open descriptor is; None for pipes, devices and closed ones."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def entry_id(path: Path) -> EntryId:
    """Return the entry of a folder that ``path`` is, which need not be there yet.

    Two paths have the same one where a file that is written to one is found at the other: through
    links to folders, "./", "..", or where the file system takes A and a for the same.
    """
    folder = Path(os.path.realpath(path.parent))
    names = [path.name]
    while (found := file_id(folder)) is None and folder != folder.parent:
        names.append(folder.name)
        folder = folder.parent
    if found is not None and ignores_case(folder):
        names = [unicodedata.normalize("NFC", name).casefold() for name in names]
    return found, tuple(reversed(names))


@cache
def ignores_case(folder: Path) -> bool:
    """Return whether ``folder`` takes names for the same that differ in case only.

    It is told from a name that is there, in the folder or, where it has none with letters, above
    it: nothing is written.
    """
    while (answer := _probe(folder)) is None and folder != folder.parent:
        folder = folder.parent
    return bool(answer)


def _probe(folder: Path) -> bool | None:
    """Tell from the entries of ``folder``; None where they don't tell."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, _NUM_PROBED)]
    except OSError:
        return None
    for name in names:
        other = name.swapcase()
        if other != name and other not in names:
            return _is_same(folder / name, folder / other)
    return None


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except (OSError, ValueError):
        return False
