"""Dictionaries: content that a model reads before each block, kept in a file like a model."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp.errors import FormatError, ModelMismatchError, ModelNotFoundError, UsageError
from neurocomp.frame.constants import DICTIONARY_HASH_BYTES, MAX_DICTIONARY_BYTES
from neurocomp.names import printable, quoted
from neurocomp.registry.lookup import DICTIONARY
from neurocomp.store.contents import ContentCache
from neurocomp.store.folder import ModelStore

if TYPE_CHECKING:
    from neurocomp.store.stored import StoredModel

ARCHITECTURE = DICTIONARY

KEPT_DICTIONARIES = 16
"""Files whose content stays in memory for the next who asks for it."""

_TENSOR = "content"


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Content to begin with.

    Attributes:
        content: 1 to MAX_DICTIONARY_BYTES bytes.
        sha256: hash of its stored form, 32 bytes.
    """

    content: bytes
    sha256: bytes

    @property
    def identity(self) -> bytes:
        """The first bytes of the hash, by which frames name it: many small files have many."""
        return self.sha256[:DICTIONARY_HASH_BYTES]

    @classmethod
    def from_stored(cls, stored: StoredModel, name: str) -> Dictionary:
        """Return the dictionary that a file holds.

        Args:
            stored: the file.
            name: name in messages.

        Raises:
            UsageError: it is a model.
            FormatError: it is not what a dictionary's file holds.
        """
        if stored.architecture != ARCHITECTURE:
            raise UsageError(
                f"{name} holds a model ({stored.architecture}), not a dictionary: use --model"
            )
        content = stored.tensors.get(_TENSOR)
        if (
            content is None
            or content.dtype != "uint8"
            or content.ndim != 1
            or len(stored.tensors) > 1
        ):
            raise FormatError(f"{name} is not a dictionary of bytes")
        if not 1 <= content.size <= MAX_DICTIONARY_BYTES:
            raise FormatError(
                f"{name} has {content.size} bytes of content, allowed are 1 to "
                f"{MAX_DICTIONARY_BYTES}"
            )
        return cls(content.tobytes(), stored.sha256)


def stored_dictionary(content: bytes) -> StoredModel:
    """Return ``content``, 1 to MAX_DICTIONARY_BYTES bytes, as the dictionary's file holds it."""
    import numpy as np

    from neurocomp.store.stored import StoredModel

    return StoredModel(ARCHITECTURE, {}, {_TENSOR: np.frombuffer(content, np.uint8)})


def open_dictionary(name: str, store: ModelStore) -> Dictionary:
    """Return the dictionary that a user calls ``name``: a file, or a name or hash in ``store``.

    Raises:
        ModelNotFoundError: there is no such model.
        UsageError: it is a model.
        FormatError, ModelMismatchError: the file is damaged or no dictionary.
    """
    # Path.is_file raises for names that are too long for the system; this one says no.
    if os.path.isfile(name):
        return _dictionaries(Path(name))
    try:
        entry = store.find(name)
    except ModelNotFoundError as error:
        raise ModelNotFoundError(
            f"no dictionary {quoted(name)}: there is no such file, and {error}"
        ) from None
    dictionary = _dictionaries(entry.path)
    if dictionary.sha256 != entry.sha256:
        raise ModelMismatchError(
            f"{printable(entry.path)} holds the dictionary {dictionary.sha256.hex()}, not "
            f"{entry.sha256.hex()}: remove it and install {quoted(name)} again with 'neurocomp "
            "models add FILE --name NAME'"
        )
    return dictionary


def open_frame_dictionary(identity: bytes, store: ModelStore) -> Dictionary:
    """Return the dictionary that a frame names by its ``identity``.

    Raises:
        ModelNotFoundError: it is neither installed nor on the search path.
        FormatError, ModelMismatchError: what is found there is damaged or no dictionary.
    """
    entry = store.find_by_hash(identity, "dictionary")
    try:
        dictionary = _dictionaries(entry.path)
    except UsageError as error:
        raise FormatError(f"the frame's dictionary is not a dictionary: {error}") from None
    if dictionary.identity != identity:
        raise ModelMismatchError(
            f"{printable(entry.path)} is not the dictionary {identity.hex()}… of the frame"
        )
    return dictionary


def _load(path: Path) -> Dictionary:
    from neurocomp.store.stored import StoredModel

    return Dictionary.from_stored(StoredModel.load(path), printable(path))


_dictionaries = ContentCache(_load, KEPT_DICTIONARIES)
