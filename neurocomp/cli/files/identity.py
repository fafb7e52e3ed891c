"""Which file a path is, and which files no output may take the place of."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

FileId = tuple[int, int]
"""Device and inode."""

EntryId = tuple[FileId | None, tuple[str, ...]]
"""A folder that is there, and names below it that may not be."""

_NUM_PROBED = 100


def file_id(path: Path) -> FileId | None:
    """Return which file ``path`` leads to; None if there is none."""
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
    """Find out from the entries of ``folder``; None if unknown."""
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


_MODEL_FILES = "*.safetensors"


@dataclass(frozen=True)
class InUse:
    """The files that a run reads models and dictionaries from.

    Attributes:
        model: name or path that the user gave, or None.
        dictionary: name or path that the user gave, or None.
        model_path: files and folders that are searched.
    """

    model: str | None = None
    dictionary: str | None = None
    model_path: tuple[Path, ...] = ()

    def files(self) -> dict[FileId, str]:
        """Return the files, and what each of them is, to be said in messages.

        Those of the store and of the package are among them: any archive may need them.
        """
        found: dict[FileId, str] = {}
        for path, what in self._paths():
            one = file_id(path)
            if one is not None and path.is_file():
                found.setdefault(one, what)
        return found

    def _paths(self) -> Iterator[tuple[Path, str]]:
        if self.dictionary is not None:
            yield Path(self.dictionary), "the dictionary in use"
        if self.model is not None:
            yield from ((path, "the model in use") for path in _model_files(self.model))
        for searched in self.model_path:
            files = searched.glob(_MODEL_FILES) if searched.is_dir() else (searched,)
            yield from ((path, "a model on --model-path") for path in files)
        yield from ((path, "a file of the installed models") for path in store_files())
        yield from ((path, "a model of the package") for path in package_files())


def _model_files(name: str) -> Iterator[Path]:
    """Yield the files of a model that is named by its place: a file, dalle:FOLDER, hf:FOLDER."""
    from neurocomp.registry.opening import HUB_PREFIX
    from neurocomp.store.shipped import DALLE_PREFIX

    for prefix in (DALLE_PREFIX, HUB_PREFIX):
        if name.startswith(prefix):
            yield from Path(name.removeprefix(prefix) or "-").rglob("*")
            return
    yield Path(name)


def store_files() -> Iterator[Path]:
    """Yield the files in the store."""
    from neurocomp.store.folder import ModelStore

    home = ModelStore().home
    yield from home.glob("*")
    yield from (home / "models").glob("*")


def package_files() -> Iterator[Path]:
    """Yield the files of the models that are part of the package."""
    from neurocomp.store.shipped import packaged_folder

    models = packaged_folder("mix").parents[1]
    yield from models.glob("*/weights/**/*")
    yield from models.glob("*/primer.txt")
