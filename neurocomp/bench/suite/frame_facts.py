"""Facts from a frame's header: weights that its reader needs, tokens that it codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import NeurocompError
from neurocomp.frame.block import Method
from neurocomp.frame.constants import SYMBOLS_BPE
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.index import read_index
from neurocomp.pipeline.inspect import coded_with
from neurocomp.registry.catalogue import BY_ID, LANGUAGE_AND_NETWORK
from neurocomp.registry.lookup import find_stored, packaged_of
from neurocomp.store.folder import ModelStore
from neurocomp.store.shipped import network_file

SECOND_OPINION = "text-l"
"""The packaged network that some blocks of language models need as well."""


@dataclass(frozen=True)
class FrameFacts:
    """Facts about a whole file.

    Attributes:
        model_bytes: size of the files of weights and of dictionaries that decoding opens.
        num_tokens: byte pairs that a model of tokens has coded; 0 where any block is none of them.
    """

    model_bytes: int
    num_tokens: int


def facts_of(path: Path, model_path: Sequence[str] = ()) -> FrameFacts:
    """Return facts from the heads of a compressed file; raises FormatError if it is invalid."""
    store = ModelStore(search_path=model_path)
    files: dict[Path, int] = {}
    tokens, all_tokens = 0, True
    with path.open("rb") as stream:
        for frame in read_index(stream):
            for head in frame.heads:
                if head.method is Method.STORED:
                    all_tokens = False
                    continue
                entry = frame.header.models[head.model]
                found = _files(entry, store)
                if coded_with(head, entry.family) == LANGUAGE_AND_NETWORK:
                    found.append(network_file(SECOND_OPINION))
                for file in found:
                    files[file] = file.stat().st_size
                all_tokens &= entry.symbols_id == SYMBOLS_BPE
                tokens += head.num_symbols
    return FrameFacts(sum(files.values()), tokens if all_tokens else 0)


def _files(entry: ModelEntry, store: ModelStore) -> list[Path]:
    """Return the files of a model and its dictionary; none of those that are kept elsewhere."""
    found = []
    try:
        packaged = packaged_of(BY_ID[entry.family], entry.hash)
        if packaged is None:
            found.append(find_stored(entry.hash, store)[0])
        elif packaged.file is not None:
            found.append(packaged.file)
        if entry.dictionary:
            found.append(store.find_by_hash(entry.dictionary, "dictionary").path)
    except NeurocompError:
        return found  # a checkpoint of the hub: its files are the hub's
    return found
