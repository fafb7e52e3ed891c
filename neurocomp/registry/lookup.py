"""Which model a name or a frame means, without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import (
    FormatError,
    ModelMismatchError,
    ModelNotFoundError,
    NeurocompError,
    UnsupportedError,
)
from neurocomp.frame import constants
from neurocomp.names import printable, quoted
from neurocomp.registry.catalogue import BY_ID, Family, family_named
from neurocomp.registry.packaged import (
    EMBEDDED,
    PackagedModel,
    find_packaged,
    packaged_models,
    section_lanes,
)
from neurocomp.store.folder import ModelStore
from neurocomp.store.headers import ModelHeader
from neurocomp.store.shipped import DALLE_PREFIX, packaged_priors

DICTIONARY = "dictionary"
"""Family name in a dictionary's file."""


def missing_model(name: str, error: ModelNotFoundError, store: ModelStore) -> ModelNotFoundError:
    """Return the error that tells how to get the model ``name``, or what else was meant.

    Args:
        name: name that no model has.
        error: error of the store.
        store: store with the names to compare.
    """
    from neurocomp.store.origins import PULLED, pull_command, repository

    pulled = {repository(one): one for one in PULLED}
    wanted = pulled.get(name, name)
    if wanted in PULLED:
        copy = "FOLDER" if PULLED[wanted].file is None else "FILE.gguf"
        return ModelNotFoundError(
            f"model {quoted(name)} is not installed: '{pull_command(wanted)}' downloads it, and "
            f"'neurocomp models import {copy} --name {wanted}' takes a copy of yours"
        )
    if Path(name).suffix == ".safetensors" or "/" in name:
        return ModelNotFoundError(f"there is no model file {quoted(name)}, and {error}")
    nearest = _nearest(name, store)
    if nearest is not None:
        return ModelNotFoundError(f"no model is named {quoted(name)}: did you mean {nearest}?")
    return ModelNotFoundError(f"{error}; in the package are: {', '.join(EMBEDDED)}")


def family_of(family_id: int, revision: int) -> Family:
    """Return the family that a frame names.

    Raises:
        UnsupportedError: there is no such family here.
        ModelMismatchError: its arithmetic is of another revision here.
    """
    family = BY_ID.get(family_id)
    if family is None:
        raise UnsupportedError(
            f"the frame needs models of family {family_id}, which this neurocomp does not have: "
            "install a newer one (pip install -U neurocomp)"
        )
    if revision != family.revision:
        reader = constants.REVISION_READERS.get((family_id, revision))
        how = "a newer neurocomp reads it (pip install -U neurocomp)"
        if revision < family.revision:
            how = "no release reads it: compress the content again"
        if reader is not None:
            how = f"neurocomp {reader} reads it (pip install neurocomp=={reader})"
        raise ModelMismatchError(
            f"the frame was written with revision {revision} of {family.name!r} models, this "
            f"neurocomp has revision {family.revision}: {how}"
        )
    return family


def packaged_of(family: Family, identity: bytes) -> PackagedModel | None:
    """Return the model of the package that a frame names, None where it names one in a file.

    Raises:
        ModelMismatchError: it should be of the package, but is not of this one.
        FormatError: it is named by a whole hash where nothing is kept in files, or by a short one
            where the package never has a model.
    """
    is_short = len(identity) == constants.SHORT_HASH_BYTES
    if family.by_name is not None and is_short:
        raise FormatError(f"the frame names a model of {family.name!r} by a part of its hash")
    if not family.is_kept and not is_short:
        raise FormatError(f"the frame names {family.name!r} by a whole hash")
    found = find_packaged(family.id, identity)
    if found is None and is_short:
        here = [
            f"{one.name!r} ({one.sha256().hex()[: 2 * constants.SHORT_HASH_BYTES]})"
            for one in packaged_models(family.id)
        ]
        raise ModelMismatchError(
            f"the frame was written with the {family.name!r} model {identity.hex()} of the "
            f"package, this neurocomp has {', '.join(here) or 'none'}: install the neurocomp that "
            "wrote it"
        )
    return found


def find_stored(identity: bytes, store: ModelStore) -> tuple[Path, str]:
    """Return file and name of the stored model of that hash.

    Raises:
        ModelNotFoundError: there is no such model.
    """
    entry = store.find_by_hash(identity)
    return entry.path, entry.name


@dataclass(frozen=True)
class Named:
    """The local name of a frame's model.

    Attributes:
        name: name of the model, for people.
        section_lanes: lanes of a section of a network of bytes, as far as that is known.
        window: symbols that a language model sees; None where the window does not slide.
    """

    name: str
    section_lanes: int = constants.SECTION_LANES
    window: int | None = None


def name_frame_model(
    family: Family,
    identity: bytes,
    store: ModelStore,
    parameters: bytes,
    environment: bytes,
) -> Named:
    """Return the local name of a frame's model, from headers only; no model is loaded.

    Raises:
        ModelMismatchError, ModelNotFoundError, FormatError: the frame can't be decoded here; see
            ``registry.open_frame_model``.
    """
    packaged = packaged_of(family, identity)
    if family.local_name is not None:
        return Named(family.local_name(parameters, environment))
    if packaged is not None:
        return Named(packaged.name, packaged.section_lanes)
    path, name = find_stored(identity, store)
    header = ModelHeader.read(path)
    if header.architecture != family.stored_name:
        raise ModelMismatchError(
            f"{printable(path)} is not the {family.name} model {identity.hex()} of the "
            f"frame, but of architecture {quoted(header.architecture)}"
        )
    if parameters and not family.has_window:
        raise FormatError(f"the frame has parameters for the {family.name} model")
    return Named(name, section_lanes(header), _window(header, parameters))


def largest_language_model(store: ModelStore) -> str:
    """Return the name of the installed language model that has the most weights, by their bytes.

    Raises:
        ModelNotFoundError: there is none; the message says how to get one.
    """
    sizes = {}
    for entry in store.entries():
        try:
            header = ModelHeader.read(entry.path)
            if _usual_window(header) is not None:
                sizes[entry.name] = entry.path.stat().st_size
        except (NeurocompError, OSError):  # those who name it are told
            continue
    if not sizes:
        raise ModelNotFoundError(
            "the preset 'max' codes with a language model, and none is installed: 'neurocomp "
            "models pull smollm2 --index' fetches one of 93 MB; the preset 'best' needs none"
        )
    return max(sizes, key=lambda name: (sizes[name], name))


def _usual_window(header: ModelHeader) -> int | None:
    """Return the usual length of a model's sliding window; None where no window slides."""
    family = family_named(header.architecture)
    return None if family is None else family.sliding_window(header.config)


def _window(header: ModelHeader, parameters: bytes) -> int | None:
    """Return the length of a sliding window, by its model's header and a frame's parameters."""
    usual = _usual_window(header)
    return None if usual is None else int.from_bytes(parameters, "little") or usual


def name_frame_dictionary(identity: bytes, store: ModelStore) -> str:
    """Return the local name of a frame's dictionary, from headers only.

    Raises:
        ModelNotFoundError, FormatError: there is none; see ``dictionary.open_frame_dictionary``.
    """
    entry = store.find_by_hash(identity, "dictionary")
    found = ModelHeader.read(entry.path).architecture
    if found != DICTIONARY:
        raise FormatError(
            f"the frame's dictionary is not a dictionary: {printable(entry.path)} holds a model "
            f"({printable(found)})"
        )
    return entry.name


def _nearest(name: str, store: ModelStore) -> str | None:
    import difflib

    from neurocomp.store.origins import PULLED

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
