"""Between models and what a frame's header says of them."""

from __future__ import annotations

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame.constants import CODER_IDS, SYMBOL_NAMES
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader
from neurocomp.models.architectures import Kind
from neurocomp.models.dictionary import Dictionary
from neurocomp.models.lookup import architecture_of, packaged_of
from neurocomp.models.packaged import hash_in_frames
from neurocomp.models.registry import OpenModel, open_frame_model
from neurocomp.models.store import ModelStore
from neurocomp.pipeline.unloaded import find_frame_unloaded

MISFIT = "the frame's symbols, coder and parameters don't go with its model"

_CODER_NAMES = {number: name for name, number in CODER_IDS.items()}


def entry_of(
    opened: OpenModel, symbols_id: int, coder_id: int, dictionary: Dictionary | None
) -> ModelEntry:
    """Return what a frame says of a model, its symbols and its coder."""
    architecture, model = opened.architecture, opened.model
    return ModelEntry(
        architecture.id,
        architecture.revision,
        hash_in_frames(architecture.id, model.identity),
        symbols_id,
        coder_id,
        getattr(model, "parameters", b""),
        getattr(model, "environment", b""),
        b"" if dictionary is None else dictionary.identity,
    )


def coder_name(entry: ModelEntry) -> str:
    """Return the name of a sound entry's coder; binary models have the arithmetic one."""
    return _CODER_NAMES.get(entry.coder_id, "arithmetic")


def check_header(header: FrameHeader) -> None:
    """Refuse a frame whose models this version cannot open, before it opens one.

    Raises:
        UnsupportedError: an id is unknown.
        ModelMismatchError: a model is of another revision, or another one of the package.
        FormatError: fields don't go together.
    """
    for entry in header.models:
        _check_entry(entry)


def _check_entry(entry: ModelEntry) -> None:
    architecture = architecture_of(entry.family, entry.revision)
    if architecture.kind is Kind.BINARY:
        if entry.symbols_id or entry.coder_id:
            raise FormatError(MISFIT)
    elif entry.symbols_id not in SYMBOL_NAMES or entry.coder_id not in _CODER_NAMES:
        raise UnsupportedError(
            f"the frame needs symbols {entry.symbols_id} and coder {entry.coder_id}, which this "
            "neurocomp does not have: install a newer one (pip install -U neurocomp)"
        )
    if entry.dictionary and not architecture.takes_dictionaries:
        raise FormatError(f"the frame has a dictionary for the {architecture.name} model")
    packaged_of(architecture, entry.hash)


def open_entry(entry: ModelEntry, store: ModelStore) -> OpenModel:
    """Return the model that a sound entry names; a network of the package is loaded when used.

    Raises:
        FormatError: the entry's fields don't go together.
        ModelError: the model is missing or not the right one.
    """
    architecture = architecture_of(entry.family, entry.revision)
    return find_frame_unloaded(architecture, entry.hash) or open_frame_model(
        architecture, entry.hash, store, entry.parameters, entry.environment
    )
