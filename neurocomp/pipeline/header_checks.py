"""Refusing headers whose models this version cannot open: before one is opened, without numpy."""

from __future__ import annotations

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame.constants import CODER_IDS, SYMBOL_NAMES
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader
from neurocomp.registry.catalogue import Kind
from neurocomp.registry.lookup import family_of, packaged_of

MISFIT = "the frame's symbols, coder and parameters don't go with its model"


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
    family = family_of(entry.family, entry.revision)
    if family.kind is Kind.BINARY:
        if entry.symbols_id or entry.coder_id:
            raise FormatError(MISFIT)
    elif entry.symbols_id not in SYMBOL_NAMES or entry.coder_id not in CODER_IDS.values():
        raise UnsupportedError(
            f"the frame needs symbols {entry.symbols_id} and coder {entry.coder_id}, which this "
            "neurocomp does not have: install a newer one (pip install -U neurocomp)"
        )
    if entry.dictionary and not family.takes_dictionaries:
        raise FormatError(f"the frame has a dictionary for the {family.name} model")
    packaged_of(family, entry.hash)
