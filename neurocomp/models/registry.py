"""How to get hold of a model, by its name or by what a frame records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp.errors import (
    FormatError,
    ModelMismatchError,
    ModelNotFoundError,
    UnsupportedError,
    UsageError,
)
from neurocomp.models.architectures import ARCHITECTURES, EMBEDDED, HUB, Architecture
from neurocomp.models.base import BinaryModel, SymbolModel, WindowedModel
from neurocomp.models.dictionary import ARCHITECTURE as DICTIONARY
from neurocomp.models.store import ModelStore
from neurocomp.models.stored import ModelHeader, StoredModel

if TYPE_CHECKING:
    from neurocomp.models.dalle import DalleModel

HUB_PREFIX = "hf:"
DALLE_PREFIX = "dalle:"
DALLE_FILE = "prior.safetensors"


@dataclass(frozen=True)
class OpenModel:
    """A model ready to predict, and what it is.

    Attributes:
        architecture: its architecture.
        name: as it was asked for, or as the store calls it.
        model: the model itself, a ``SymbolModel`` or ``BinaryModel`` by ``architecture.kind``.
    """

    architecture: Architecture
    name: str
    model: SymbolModel | BinaryModel


def open_model(name: str, store: ModelStore) -> OpenModel:
    """Return the model that a user calls ``name``.

    Args:
        name: of an embedded model, a name or hash prefix in ``store``, a model file's path,
            "hf:" and the name or folder of a model of transformers, or "dalle:" and the folder of
            a trained prior or the name of one in the package.
        store: where stored models are looked up.

    Raises:
        ModelNotFoundError: there is none.
        FormatError: the model file is damaged or not a model.
    """
    if name.startswith(HUB_PREFIX):
        from neurocomp.models.hub import FloatModel

        return OpenModel(HUB, name, FloatModel.load(name.removeprefix(HUB_PREFIX)))
    if name.startswith(DALLE_PREFIX):
        return _open_stored(dalle_file(name), name)
    architecture = EMBEDDED.get(name)
    if architecture is not None and architecture.embedded is not None:
        return OpenModel(architecture, name, architecture.embedded())
    path = Path(name)
    if path.suffix and path.is_file():
        return _open_stored(path, path.name)
    try:
        return _open_stored(store.find(name).path, name)
    except ModelNotFoundError as error:
        raise ModelNotFoundError(f"{error}; in the package are: {', '.join(EMBEDDED)}") from None


def dalle_file(name: str) -> Path:
    """Return the prior in the folder ``name``, or the one of that name in the package.

    Raises:
        ModelNotFoundError: there is none.
    """
    name = name.removeprefix(DALLE_PREFIX)
    packaged = packaged_folder("dalle") / name
    for folder in (Path(name), packaged):
        if name and (folder / DALLE_FILE).is_file():
            return folder / DALLE_FILE
    names = ", ".join(one.removeprefix(DALLE_PREFIX) for one in packaged_priors()) or "none"
    raise ModelNotFoundError(
        f"{name!r} is no folder with a {DALLE_FILE}: name the folder of a run of 'neurocomp dalle "
        f"train-prior', or one of those in the package: {names}"
    )


def open_dalle(name: str) -> DalleModel:
    """Return the prior in the folder ``name``, or the one of that name in the package.

    Raises:
        ModelNotFoundError: there is none.
        FormatError: it is damaged, or another model.
    """
    from neurocomp.models.dalle import DalleModel

    model = _open_stored(dalle_file(name), name).model
    if not isinstance(model, DalleModel):
        raise FormatError(f"{name} holds another model than a prior of images")
    return model


def packaged_folder(room: str) -> Path:
    """Return where a room of the package keeps its stored models."""
    return Path(__file__).parents[1] / room / "weights"


def packaged_priors() -> dict[str, Path]:
    """Return the files of the priors in the package, by the names that `open_model` knows."""
    files = sorted(packaged_folder("dalle").glob(f"*/{DALLE_FILE}"))
    return {f"{DALLE_PREFIX}{path.parent.name}": path for path in files}


def with_overlap(opened: OpenModel, overlap: int) -> OpenModel:
    """Return ``opened`` with windows of context that overlap by that many symbols.

    Raises:
        UsageError: the overlap is out of range, or the model has no window.
    """
    model = opened.model
    if not isinstance(model, WindowedModel):
        raise UsageError(f"model {opened.name!r} has no window of context that could overlap")
    return replace(opened, model=model.with_overlap(overlap))


def open_frame_model(
    model_id: int,
    identity: bytes,
    store: ModelStore,
    parameters: bytes = b"",
    environment: bytes = b"",
) -> OpenModel:
    """Return the model that a frame names.

    Raises:
        UnsupportedError: this version has no such architecture.
        ModelMismatchError: the embedded model is of another version than the frame's.
        ModelNotFoundError: the store has no model of that hash.
        FormatError: the model has no such parameters.
    """
    by_id = {one.id: one for one in ARCHITECTURES}
    architecture = by_id.get(model_id)
    if architecture is None:
        raise UnsupportedError(
            f"the frame needs model architecture {model_id}, which this neurocomp does not have: "
            "install a newer one (pip install -U neurocomp)"
        )
    if architecture.embedded is not None:
        model = architecture.embedded()
        if model.identity != identity:
            raise ModelMismatchError(
                f"the frame was written with model {architecture.name!r} of fingerprint "
                f"{identity.hex()}, this neurocomp has {model.identity.hex()}: install the "
                "neurocomp that wrote it"
            )
        return OpenModel(architecture, architecture.name, model)
    if architecture.by_name is not None:
        return OpenModel(
            architecture, architecture.name, architecture.by_name(identity, parameters, environment)
        )
    path, name = _find_stored(identity, store)
    try:
        opened = _open_stored(path, name)
    except UsageError as error:
        raise ModelMismatchError(f"the frame's model is none: {error}") from None
    if parameters:
        if not isinstance(opened.model, WindowedModel):
            raise FormatError(f"the frame has parameters for the {architecture.name} model")
        opened = replace(opened, model=opened.model.with_parameters(parameters))
    if opened.architecture is not architecture or opened.model.identity != identity:
        raise ModelMismatchError(
            f"{path} is not the {architecture.name} model {identity.hex()} of the frame"
        )
    return opened


def _find_stored(identity: bytes, store: ModelStore) -> tuple[Path, str]:
    """Return file and name of the stored model of that hash, from the store or the package."""
    try:
        entry = store.find_by_hash(identity)
    except ModelNotFoundError:
        for name, path in packaged_priors().items():
            if ModelHeader.read(path).sha256 == identity:
                return path, name
        raise
    return entry.path, entry.name


@cache
def _open_stored(path: Path, name: str) -> OpenModel:
    stored = StoredModel.load(path)
    if stored.architecture == DICTIONARY:
        raise UsageError(f"{path} holds a dictionary, not a model: give it as --dict")
    for architecture in ARCHITECTURES:
        if architecture.name == stored.architecture and architecture.from_stored is not None:
            return OpenModel(architecture, name, architecture.from_stored(stored))
    raise UnsupportedError(
        f"{path} holds a model of architecture {stored.architecture!r}, which this neurocomp does "
        "not have: install a newer one (pip install -U neurocomp)"
    )
