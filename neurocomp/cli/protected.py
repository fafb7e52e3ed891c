"""Files that decoding needs: models and dictionaries, which no output may take the place of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neurocomp.cli.identity import FileId, file_id

_MODEL_FILES = "*.safetensors"


@dataclass(frozen=True)
class InUse:
    """What a run reads models and dictionaries from.

    Attributes:
        model: as the user calls it, or None.
        dictionary: as the user calls it, or None.
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
        yield from ((path, "a model of the package") for path in _package_files())


def _model_files(name: str) -> Iterator[Path]:
    """Yield the files of a model that is named by its place: a file, dalle:FOLDER, hf:FOLDER."""
    from neurocomp.models.packaged import DALLE_PREFIX
    from neurocomp.models.registry import HUB_PREFIX

    for prefix in (DALLE_PREFIX, HUB_PREFIX):
        if name.startswith(prefix):
            yield from Path(name.removeprefix(prefix) or "-").rglob("*")
            return
    yield Path(name)


def store_files() -> Iterator[Path]:
    """Yield what is in the store."""
    from neurocomp.models.store import ModelStore

    home = ModelStore().home
    yield from home.glob("*")
    yield from (home / "models").glob("*")


def _package_files() -> Iterator[Path]:
    from neurocomp.models.packaged import packaged_folder

    package = packaged_folder("models").parents[1]
    yield from package.glob("*/weights/**/*")
    yield from package.glob("models/*/weights/*")
    yield from package.glob("models/*/primer.txt")
