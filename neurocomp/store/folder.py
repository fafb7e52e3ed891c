"""The folder where imported and trained models are kept, found by name or by hash."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp.errors import FormatError, ModelMismatchError, ModelNotFoundError
from neurocomp.names import printable, quoted
from neurocomp.store.files import locked, make_folder, sync_folder, write_atomically
from neurocomp.store.headers import SHA256_BYTES, ModelHeader
from neurocomp.store.names_file import NamesFile, check_name, is_hash

if TYPE_CHECKING:
    from neurocomp.store.origins import Origin
    from neurocomp.store.stored import StoredModel

HOME_VARIABLE = "NEUROCOMP_HOME"
SUFFIX = ".safetensors"
ORIGIN_SUFFIX = ".origin.json"
MIN_HASH_PREFIX = 4
"""Hexadecimal digits that a hash prefix needs, so that short words stay names."""
MIN_HASH_BYTES = 4
"""Of a hash that stands for the whole one."""


@dataclass(frozen=True)
class Entry:
    """One model that can be found.

    Attributes:
        name: name in the store, the stem of its file on a search path, or its hash in hexadecimal
            if it has no name.
        sha256: canonical hash, 32 bytes, as the file or its name claims it.
        path: the model file.
        installed: whether it is in the store itself, not on a search path.
    """

    name: str
    sha256: bytes
    path: Path
    installed: bool


def default_home() -> Path:
    """Return $NEUROCOMP_HOME, or else the user's data folder."""
    if variable := os.environ.get(HOME_VARIABLE):
        return Path(variable)
    import platformdirs  # which imports much of the standard library

    return Path(platformdirs.user_data_dir("neurocomp"))


class ModelStore:
    """Models in a home folder, and those on extra search paths.

    The home folder holds ``models/<sha256>.safetensors``, beside each ``<sha256>.origin.json`` with
    where it came from, and ``names.json``.  All are replaced whole and synced to disk; changes hold
    the lock file ``lock``, so that two processes can change names at the same moment.
    """

    def __init__(self, home: Path | None = None, search_path: Sequence[str | Path] = ()) -> None:
        """Describe a store; nothing is read or created yet.

        Args:
            home: the folder; by default $NEUROCOMP_HOME, or the user's data folder.
            search_path: model files, or folders of them, searched after the home folder.
        """
        self._home = home
        self.search_path = tuple(Path(path) for path in search_path)

    @cached_property
    def home(self) -> Path:
        """The folder; what the environment says counts when it is first asked for."""
        return default_home() if self._home is None else self._home

    @property
    def _folder(self) -> Path:
        return self.home / "models"

    @property
    def names_path(self) -> Path:
        """Where the names of the installed models are kept."""
        return self.home / "names.json"

    @property
    def _names(self) -> NamesFile:
        return NamesFile(self.names_path)

    @property
    def _lock_path(self) -> Path:
        return self.home / "lock"

    def add(self, path: Path, name: str, origin: Origin | None = None) -> Entry:
        """Verify the model file at ``path``, copy it in, and call it ``name``.

        A name that is taken is moved to the new model; the other model stays, under its hash.

        Args:
            path: the file.
            name: a name of a-z, 0-9, ".", "_" and "-".
            origin: source of the model; by default the file.

        Raises:
            UsageError: ``name`` is not a valid name.
            FormatError, ModelMismatchError: the file is not a model, or damaged.
            OSError: it cannot be read, or the store not written.
        """
        from neurocomp.store.origins import Origin
        from neurocomp.store.verification import copy_verified

        self.check_name(name)
        header = ModelHeader.read(path)
        make_folder(self._folder)
        with locked(self._lock_path):
            target = self._file(header.sha256.hex())
            # What is verified is the copy, which nobody else writes to.
            copy_verified(path, target, header)
            return self._enter(name, header.sha256, origin or Origin("added", str(path.absolute())))

    def install(self, model: StoredModel, name: str, origin: Origin) -> Entry:
        """Write ``model`` into the store and call it ``name``; see `add`.

        Raises:
            UsageError: ``name`` is not a valid name.
            OSError: the store cannot be written.
        """
        self.check_name(name)
        make_folder(self._folder)
        with locked(self._lock_path):
            model.save(self._file(model.sha256.hex()))
            return self._enter(name, model.sha256, origin)

    @staticmethod
    def check_name(name: str) -> None:
        """Raise UsageError where ``name`` can't name a model."""
        check_name(name)

    def _enter(self, name: str, sha256: bytes, origin: Origin) -> Entry:
        """Note origin and name of a model whose file is there."""
        write_atomically(self._origin_file(sha256.hex()), origin.to_json())
        self._names.write({**self._names.read(), name: sha256.hex()})
        return Entry(name, sha256, self._file(sha256.hex()), installed=True)

    def remove(self, name: str) -> None:
        """Forget the installed model ``name``; its file goes with its last name.

        A hash prefix removes the model with all of its names.

        Raises:
            ModelNotFoundError: there is none in the store itself.
        """
        if not self._folder.is_dir():
            self._choose(name, [])
        with locked(self._lock_path):
            key = self._choose(name, list(self._installed())).sha256.hex()
            names = self._names.read()
            if name in names:
                del names[name]
            else:
                names = {one: sha256 for one, sha256 in names.items() if sha256 != key}
            self._names.write(names)
            if key not in names.values():
                self._file(key).unlink()
                self._origin_file(key).unlink(missing_ok=True)
                sync_folder(self._folder)

    def origin(self, entry: Entry) -> Origin | None:
        """Return where an installed model came from; None where nobody noted it."""
        from neurocomp.store.origins import read_origin

        if not entry.installed:
            return None
        return read_origin(self._origin_file(entry.sha256.hex()))

    def entries(self) -> list[Entry]:
        """Return all models: installed ones by name, then those without a name, then the others.

        Raises:
            FormatError: the names file is damaged, or a file of the search path is not a model.
            ModelNotFoundError: a search path doesn't exist.
        """
        return [*self._installed(), *self._searched()]

    def find(self, name: str) -> Entry:
        """Return the model of that name, or else the one whose hash begins with it.

        Raises:
            ModelNotFoundError: there is none, or the prefix fits several.
        """
        return self._choose(name, self.entries())

    def find_by_hash(self, sha256: bytes, what: str = "model") -> Entry:
        """Return the model, or ``what`` it is, whose canonical hash is ``sha256``, 32 bytes.

        Args:
            sha256: the hash, or at least its first 4 bytes.
            what: noun for messages.

        Raises:
            ModelNotFoundError: there is none; the message says how to get it.
        """
        from neurocomp.store.origins import name_of, pull_command

        known = None
        if len(sha256) >= MIN_HASH_BYTES:
            for entry in self.entries():
                if entry.sha256.startswith(sha256):
                    return entry
            known = name_of(sha256)
        rest = "" if len(sha256) == SHA256_BYTES else "…"
        how = "get its file from whoever wrote the data"
        if known is not None:
            how = f"it is {quoted(known)}, which '{pull_command(known)}' downloads; or {how}"
        raise ModelNotFoundError(
            f"no {what} with SHA-256 {sha256.hex()}{rest} is installed: {how} and install it with "
            "'neurocomp models add FILE --name NAME', or name it with --model-path FILE"
        )

    def verify(self, entry: Entry) -> StoredModel:
        """Read an entry's file, compare it with the hash the entry claims, and return the model.

        Raises:
            FormatError, ModelMismatchError: the file is damaged or another model.
            OSError: it cannot be read.
        """
        from neurocomp.store.stored import StoredModel

        model = StoredModel.load(entry.path)
        if model.sha256 != entry.sha256:
            raise ModelMismatchError(
                f"{printable(entry.path)} holds the model {model.sha256.hex()}, not "
                f"{entry.sha256.hex()}: remove it and install {quoted(entry.name)} again with "
                "'neurocomp models add FILE --name NAME'"
            )
        return model

    def _origin_file(self, sha256: str) -> Path:
        return self._folder / f"{sha256}{ORIGIN_SUFFIX}"

    def _file(self, sha256: str) -> Path:
        return self._folder / f"{sha256}{SUFFIX}"

    def _installed(self) -> Iterator[Entry]:
        names = self._names.read()
        # A link could lead out of the folder.
        files = {
            path.stem: path
            for path in sorted(self._folder.glob(f"*{SUFFIX}"))
            if is_hash(path.stem) and path.is_file() and not path.is_symlink()
        }
        for name, sha256 in sorted(names.items()):
            if sha256 in files:
                yield Entry(name, bytes.fromhex(sha256), files[sha256], installed=True)
        for sha256, path in files.items():
            if sha256 not in names.values():
                yield Entry(sha256, bytes.fromhex(sha256), path, installed=True)

    def _searched(self) -> Iterator[Entry]:
        for path in self.search_path:
            if os.path.isdir(path):
                for file in sorted(path.glob(f"*{SUFFIX}")):
                    try:
                        header = ModelHeader.read(file)
                    except FormatError:
                        continue  # a folder may hold other people's safetensors
                    yield Entry(file.stem, header.sha256, file, installed=False)
            elif os.path.isfile(path):
                header = ModelHeader.read(path)
                yield Entry(path.stem, header.sha256, path, installed=False)
            else:
                raise ModelNotFoundError(f"model path {printable(path)} does not exist")

    def _choose(self, name: str, entries: list[Entry]) -> Entry:
        for entry in entries:
            if entry.name == name:
                return entry
        fitting = {}
        if len(name) >= MIN_HASH_PREFIX:
            fitting = {one.sha256: one for one in entries if one.sha256.hex().startswith(name)}
        if len(fitting) == 1:
            return next(iter(fitting.values()))
        if fitting:
            raise ModelNotFoundError(
                f"{quoted(name)} begins the hashes of {len(fitting)} models: "
                + ", ".join(sha256.hex() for sha256 in sorted(fitting))
            )
        known = (
            ", ".join(printable(one) for one in dict.fromkeys(e.name for e in entries)) or "none"
        )
        raise ModelNotFoundError(
            f"no model named {quoted(name)} is installed; installed are: {known}; "
            "neurocomp models add FILE --name NAME"
        )
