"""Between models and what a frame's header says of them."""

from __future__ import annotations

from neurocomp.frame.constants import CODER_IDS
from neurocomp.frame.entry import ModelEntry
from neurocomp.pipeline.unloaded import find_frame_unloaded
from neurocomp.registry.dictionary import Dictionary
from neurocomp.registry.lookup import family_of
from neurocomp.registry.opening import OpenModel, open_frame_model
from neurocomp.registry.packaged import hash_in_frames
from neurocomp.store.folder import ModelStore

_CODER_NAMES = {number: name for name, number in CODER_IDS.items()}


def entry_of(
    opened: OpenModel, symbols_id: int, coder_id: int, dictionary: Dictionary | None
) -> ModelEntry:
    """Return a frame's entry of a model, its symbols and its coder."""
    family, model = opened.family, opened.model
    return ModelEntry(
        family.id,
        family.revision,
        hash_in_frames(family.id, model.identity),
        symbols_id,
        coder_id,
        model.parameters,
        model.environment,
        b"" if dictionary is None else dictionary.identity,
    )


def coder_name(entry: ModelEntry) -> str:
    """Return the name of a sound entry's coder; binary models have the arithmetic one."""
    return _CODER_NAMES.get(entry.coder_id, "arithmetic")


def open_entry(entry: ModelEntry, store: ModelStore) -> OpenModel:
    """Return the model that a sound entry names; a network of the package is loaded when used.

    Raises:
        FormatError: the entry's fields don't go together.
        ModelError: the model is missing or not the right one.
    """
    family = family_of(entry.family, entry.revision)
    return find_frame_unloaded(family, entry.hash) or open_frame_model(
        family, entry.hash, store, entry.parameters, entry.environment
    )
