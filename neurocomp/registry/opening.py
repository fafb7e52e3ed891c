"""Opens models by name, or by a frame's record."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp.codec.contract import Model
from neurocomp.errors import (
    FormatError,
    ModelMismatchError,
    ModelNotFoundError,
    UnsupportedError,
    UsageError,
)
from neurocomp.names import printable, quoted
from neurocomp.registry.catalogue import FAMILIES, HUB, Family, family_named
from neurocomp.registry.dictionary import ARCHITECTURE as DICTIONARY
from neurocomp.registry.lookup import find_stored, missing_model, packaged_of
from neurocomp.registry.packaged import EMBEDDED, PackagedModel
from neurocomp.store.contents import ContentCache
from neurocomp.store.folder import ModelStore
from neurocomp.store.shipped import DALLE_PREFIX, dalle_file

if TYPE_CHECKING:
    from neurocomp.models.dalle import DalleModel

HUB_PREFIX = "hf:"
KEPT_MODELS = 8
"""Files whose models stay in memory for the next who asks for them."""


@dataclass(frozen=True)
class OpenModel:
    """A model ready to predict, and what it is.

    Attributes:
        family: family of the model.
        name: name that the user gave, or the name in the store.
        model: the model itself, a ``SymbolModel`` or ``BinaryModel`` by ``family.kind``.
    """

    family: Family
    name: str
    model: Model


def open_model(name: str, store: ModelStore) -> OpenModel:
    """Return the model that a user calls ``name``.

    Args:
        name: name of an embedded model, a name or hash prefix in ``store``, a model file's path,
            "hf:" and the name or folder of a model of transformers, or "dalle:" and the folder of a
            trained prior or the name of one in the package.
        store: the store to search for stored models.

    Raises:
        ModelNotFoundError: there is no such model.
        FormatError: the model file is damaged or not a model.
    """
    if name.startswith(HUB_PREFIX):
        from neurocomp.models.hub.float_model import FloatModel

        return OpenModel(HUB, name, FloatModel.load(name.removeprefix(HUB_PREFIX)))
    if name.startswith(DALLE_PREFIX):
        return _open_stored(dalle_file(name), name)
    packaged = EMBEDDED.get(name)
    if packaged is not None:
        return _open_packaged(packaged)
    path = Path(name)
    if path.suffix and os.path.isfile(path):
        return _open_stored(path, path.name)
    try:
        entry = store.find(name)
    except ModelNotFoundError as error:
        raise missing_model(name, error, store) from None
    return _open_stored(entry.path, name, entry.sha256)


def find_mixed(opened: OpenModel) -> OpenModel | None:
    """Return a model of tokens as one that is mixed with contexts; None where it can't be."""
    for family in FAMILIES:
        if family.mix is not None and family.stored_family == opened.family.id:
            mixed = family.mix(opened.model)
            return None if mixed is None else OpenModel(family, opened.name, mixed)
    return None


def as_mixed(opened: OpenModel) -> OpenModel:
    """Return a model of tokens as one that is mixed with contexts.

    Raises:
        ModelMismatchError: it can't be.
    """
    mixed = find_mixed(opened)
    if mixed is None:
        raise ModelMismatchError(
            f"model {quoted(opened.name)} is not a language model of bytes: its window does not "
            "slide, or its vocabulary is not one of bytes"
        )
    return mixed


def open_dalle(name: str) -> DalleModel:
    """Return the prior in the folder ``name``, or the one of that name in the package.

    Raises:
        ModelNotFoundError: there is no such model.
        FormatError: it is damaged, or another model.
    """
    from neurocomp.models.dalle import DalleModel

    model = _open_stored(dalle_file(name), name).model
    if not isinstance(model, DalleModel):
        raise FormatError(f"{name} holds another model than a prior of images")
    return model


def with_overlap(opened: OpenModel, overlap: int) -> OpenModel:
    """Return ``opened`` with windows of context that overlap by that many symbols.

    Raises:
        UsageError: the overlap is out of range, or the model has no window.
    """
    if not opened.family.has_window:
        raise UsageError(f"model {quoted(opened.name)} has no window of context that could overlap")
    return replace(opened, model=opened.model.with_overlap(overlap))


def with_window(opened: OpenModel, window: int) -> OpenModel:
    """Return ``opened`` with a sliding window of context of that many symbols.

    Raises:
        UsageError: the length is out of range, or the model has no window that slides.
    """
    if not opened.family.has_window:
        raise UsageError(f"model {quoted(opened.name)} has no window of context that slides")
    return replace(opened, model=opened.model.with_window(window))


def open_frame_model(
    family: Family,
    identity: bytes,
    store: ModelStore,
    parameters: bytes = b"",
    environment: bytes = b"",
) -> OpenModel:
    """Return the model of ``family`` that a frame names by its hash, short or whole.

    Raises:
        ModelMismatchError: the package's model is another than the frame's.
        ModelNotFoundError: the store has no model of that hash.
        FormatError: the model has no such parameters.
    """
    packaged = packaged_of(family, identity)
    if packaged is not None:
        return _with_parameters(_open_packaged(packaged), parameters)
    if family.by_name is not None:
        return OpenModel(family, family.name, family.by_name(identity, parameters, environment))
    path, name = find_stored(identity, store)
    try:
        opened = _open_stored(path, name)
    except UsageError as error:
        raise ModelMismatchError(f"the frame's model is invalid: {error}") from None
    opened = _with_parameters(opened, parameters)
    if family.stored_family is not None:
        opened = as_mixed(opened)
    if opened.family is not family or not opened.model.identity.startswith(identity):
        raise ModelMismatchError(
            f"{printable(path)} is not the {family.name} model {identity.hex()} of the frame"
        )
    return opened


def _with_parameters(opened: OpenModel, parameters: bytes) -> OpenModel:
    """Return the model with what a frame tells it; raises FormatError where it takes nothing."""
    if not parameters:
        return opened
    if not opened.family.has_window:
        raise FormatError(f"the frame has parameters for the {opened.family.name} model")
    return replace(opened, model=opened.model.with_parameters(parameters))


def _open_packaged(packaged: PackagedModel) -> OpenModel:
    if packaged.load is not None:
        return OpenModel(packaged.family, packaged.name, packaged.load())
    assert packaged.file is not None, "a model of the package is made of something"
    return _open_stored(packaged.file, packaged.name)


def _open_stored(path: Path, name: str, sha256: bytes | None = None) -> OpenModel:
    """Return the model in a file, which must be the one of that hash where one is given."""
    family, model = _models(path)
    if sha256 is not None and model.identity != sha256:
        raise ModelMismatchError(
            f"{printable(path)} holds the model {model.identity.hex()}, not {sha256.hex()}: remove "
            f"it and install {quoted(name)} again with 'neurocomp models add FILE --name NAME'"
        )
    return OpenModel(family, name, model)


def _load(path: Path) -> tuple[Family, Model]:
    from neurocomp.store.stored import StoredModel

    stored = StoredModel.load(path)
    if stored.architecture == DICTIONARY:
        raise UsageError(f"{printable(path)} holds a dictionary, not a model: give it as --dict")
    family = family_named(stored.architecture)
    if family is not None and family.from_stored is not None:
        return family, family.from_stored(stored)
    raise UnsupportedError(
        f"{printable(path)} holds a model of architecture {quoted(stored.architecture)}, which "
        "this neurocomp does not have: install a newer one (pip install -U neurocomp)"
    )


_models = ContentCache(_load, KEPT_MODELS)
