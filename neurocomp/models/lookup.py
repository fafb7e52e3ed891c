"""Which model a name or a frame means, without loading it."""

from __future__ import annotations

import difflib
from pathlib import Path

from neurocomp.errors import (
    FormatError,
    ModelMismatchError,
    ModelNotFoundError,
    NeurocompError,
    UnsupportedError,
)
from neurocomp.models.architectures import BY_ID, EMBEDDED, HUB, Architecture
from neurocomp.models.headers import ModelHeader
from neurocomp.models.packaged import DALLE_PREFIX, packaged_priors
from neurocomp.models.pulled import PULLED, repository
from neurocomp.models.store import ModelStore
from neurocomp.names import printable, quoted

DICTIONARY = "dictionary"
"""What a dictionary's file says that it is."""

WINDOWED = ("transformer",)
"""Architectures whose models see a window of context; see ``base.WindowedModel``."""


def missing_model(name: str, error: ModelNotFoundError, store: ModelStore) -> ModelNotFoundError:
    """Return the error that tells how to get the model ``name``, or what else was meant.

    Args:
        name: that no model has.
        error: what the store says.
        store: whose names are compared.
    """
    pulled = {repository(one): one for one in PULLED}
    wanted = pulled.get(name, name)
    if wanted in PULLED:
        return ModelNotFoundError(
            f"model {quoted(name)} is not installed: 'neurocomp models pull {wanted}' downloads "
            f"it, and 'neurocomp models import FOLDER --name {wanted}' takes a copy of yours"
        )
    if Path(name).suffix == ".safetensors" or "/" in name:
        return ModelNotFoundError(f"there is no model file {quoted(name)}, and {error}")
    nearest = _nearest(name, store)
    if nearest is not None:
        return ModelNotFoundError(f"no model is named {quoted(name)}: did you mean {nearest}?")
    return ModelNotFoundError(f"{error}; in the package are: {', '.join(EMBEDDED)}")


def architecture_of(model_id: int) -> Architecture:
    """Return the architecture that a frame names; raises UnsupportedError where there is none."""
    architecture = BY_ID.get(model_id)
    if architecture is None:
        raise UnsupportedError(
            f"the frame needs model architecture {model_id}, which this neurocomp does not have: "
            "install a newer one (pip install -U neurocomp)"
        )
    return architecture


def check_fingerprint(architecture: Architecture, here: bytes, wanted: bytes) -> None:
    """Raise ModelMismatchError where a model of the package is not the one of a frame."""
    if here != wanted:
        raise ModelMismatchError(
            f"the frame was written with model {architecture.name!r} of fingerprint "
            f"{wanted.hex()}, this neurocomp has {here.hex()}: install the neurocomp that wrote it"
        )


def find_stored(identity: bytes, store: ModelStore) -> tuple[Path, str]:
    """Return file and name of the stored model of that hash, from the store or the package.

    Raises:
        ModelNotFoundError: there is none.
    """
    try:
        entry = store.find_by_hash(identity)
    except ModelNotFoundError:
        for name, path in packaged_priors().items():
            if ModelHeader.read(path).sha256 == identity:
                return path, name
        raise
    return entry.path, entry.name


def name_frame_model(
    model_id: int, identity: bytes, store: ModelStore, parameters: bytes, environment: bytes
) -> str:
    """Return what the model of a frame is called here, as far as headers tell: none is loaded.

    Raises:
        UnsupportedError, ModelMismatchError, ModelNotFoundError, FormatError: the frame can't be
            decoded here; see ``registry.open_frame_model``.
    """
    architecture = architecture_of(model_id)
    if architecture.fingerprint is not None:
        check_fingerprint(architecture, architecture.fingerprint(), identity)
        return architecture.name
    if architecture is HUB:
        from neurocomp.models.hub import environment as machine
        from neurocomp.models.hub.places import Place

        machine.check(environment, without_torch=True)
        return str(Place.from_bytes(parameters))
    path, name = find_stored(identity, store)
    found = ModelHeader.read(path).architecture
    if found != architecture.name:
        raise ModelMismatchError(
            f"{printable(path)} is not the {architecture.name} model {identity.hex()} of the "
            f"frame, but of architecture {quoted(found)}"
        )
    if parameters and architecture.name not in WINDOWED:
        raise FormatError(f"the frame has parameters for the {architecture.name} model")
    return name


def name_frame_dictionary(identity: bytes, store: ModelStore) -> str:
    """Return what the dictionary of a frame is called here, as far as headers tell.

    Raises:
        ModelNotFoundError, FormatError: there is none; see ``dictionary.open_frame_dictionary``.
    """
    entry = store.find_by_hash(identity, "dictionary")
    found = ModelHeader.read(entry.path).architecture
    if found != DICTIONARY:
        raise FormatError(
            f"the frame's dictionary is none: {printable(entry.path)} holds a model "
            f"({printable(found)})"
        )
    return entry.name


def _nearest(name: str, store: ModelStore) -> str | None:
    try:
        installed = [entry.name for entry in store.entries()]
    except (NeurocompError, OSError):
        installed = []
    known = [*EMBEDDED, *PULLED, *packaged_priors(), *installed]
    found = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    if not found:
        prior = f"{DALLE_PREFIX}{name}"
        return prior if prior in packaged_priors() else None
    return printable(found[0])
