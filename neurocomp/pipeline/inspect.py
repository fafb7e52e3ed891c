"""Describes a file of frames without decoding it or loading a model.

What a block was coded with follows from its head and its frame's.  The numbers are those of
docs/format.md, section 6; ``tests/pipeline/test_coded_with.py`` compares them with what the codecs
write.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from neurocomp.errors import NeurocompError
from neurocomp.frame.block import Method
from neurocomp.frame.block_reader import BlockHead
from neurocomp.frame.constants import CODER_NAMES, FAMILY_NAMES, SYMBOL_NAMES, TRANSFORM_NAMES
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.index import FrameIndex, read_index
from neurocomp.pipeline.header_checks import check_header
from neurocomp.registry.catalogue import BY_ID
from neurocomp.registry.lookup import Named, name_frame_dictionary, name_frame_model
from neurocomp.store.folder import ModelStore

STORED = "stored"


def coded_with(head: BlockHead, family: int) -> str:
    """Return the block's method: "stored", or what its family says of its variant.

    Args:
        head: the block's.
        family: id of the family of the block's model.
    """
    if head.method is Method.STORED:
        return STORED
    known = BY_ID.get(family)
    return _unknown(family) if known is None else known.coded_with(head.variant)


def num_sections(head: BlockHead, family: int, section_lanes: int) -> int:
    """Return the number of independent parts of the block, which are coded side by side.

    Args:
        head: the block's.
        family: id of the family of the block's model.
        section_lanes: lanes of a section, for a family whose blocks have sections.
    """
    known = BY_ID.get(family)
    if known is None or not known.has_sections:
        return 1
    return max(head.num_lanes // section_lanes, 1)


def _unknown(number: int) -> str:
    """Return the name of an id that this version does not know."""
    return f"unknown ({number})"


@dataclass(frozen=True)
class BlockInfo:
    """One block.

    Attributes:
        offset: position of its first byte in the file.
        stored_bytes: size of the block in the file.
        content_bytes: size of what it decodes to.
        method: "stored", "modelled" or "segment".
        model: number of its model in the frame's table; None where it is stored.
        coded_with: "stored", "contexts", "contexts + primer", "network", "language", "language +
            network", or the family of a model of symbols.
        variant: parameter set of the model.
        num_lanes: lanes that advance together.
        num_sections: parts that are independent, and may be coded at once.
        transforms: names of the transforms that rewrote the content before it was coded, in that
            order.
    """

    offset: int
    stored_bytes: int
    content_bytes: int
    method: str
    model: int | None
    coded_with: str
    variant: int
    num_lanes: int
    num_sections: int
    transforms: tuple[str, ...]


@dataclass(frozen=True)
class ModelInfo:
    """A model of a frame.

    Attributes:
        model: name of the model on this machine, or of its family, or the unknown family's id.
        family: the name of its family, or the unknown id.
        revision: revision of the family's arithmetic.
        hash: SHA-256 of the model in hexadecimal; the first bytes for a model that is part of the
            software.
        symbols: kind of the symbols, or the unknown id.
        coder: the coder's name, or the unknown id.
        dictionary: first 8 bytes of the SHA-256 of its dictionary in hexadecimal, empty where
            there is none.
        window: symbols that a language model sees; None where the window does not slide, or isn't
            known.
        missing: why it can't be used here, or None where it can.
    """

    model: str
    family: str
    revision: int
    hash: str
    symbols: str
    coder: str
    dictionary: str
    window: int | None
    missing: str | None


@dataclass(frozen=True)
class FrameInfo:
    """One frame.

    Attributes:
        offset: position of its first byte in the file.
        frame_bytes: size of the frame.
        content_bytes: size of what it decodes to.
        models: those of its blocks; all but segments are of the first.
        blocks: the blocks, in order.
    """

    offset: int
    frame_bytes: int
    content_bytes: int
    models: tuple[ModelInfo, ...]
    blocks: tuple[BlockInfo, ...]

    @property
    def model(self) -> str:
        """The names of its models, as a list for people."""
        return ", ".join(dict.fromkeys(one.model for one in self.models))

    @property
    def missing(self) -> str | None:
        """Why the frame can't be decoded here, or None where it can."""
        return next((one.missing for one in self.models if one.missing is not None), None)

    @property
    def coded_with(self) -> dict[str, int]:
        """Number of blocks by what they were coded with, in order of first use."""
        return dict(Counter(block.coded_with for block in self.blocks))


def inspect_frames(source: BinaryIO, model_path: tuple[Path, ...] = ()) -> list[FrameInfo]:
    """Return information on the frames of a seekable stream.

    Only headers and trailers are read, and compared, and the headers of models and dictionaries:
    damage in payloads is found by decoding.

    Raises:
        FormatError: the stream is not made of frames.
    """
    store = ModelStore(search_path=model_path)
    return [_inspect(frame, store) for frame in read_index(source)]


def inspect_model(entry: ModelEntry, store: ModelStore) -> ModelInfo:
    """Return information on a model of a frame."""
    return _inspect_model(entry, store)[0]


def _inspect(frame: FrameIndex, store: ModelStore) -> FrameInfo:
    found = [_inspect_model(entry, store) for entry in frame.header.models]
    families = [entry.family for entry in frame.header.models]
    blocks = tuple(
        BlockInfo(
            place.offset,
            place.stored_bytes,
            place.decoded_bytes,
            head.method.name.lower(),
            None if head.method is Method.STORED else head.model,
            coded_with(head, families[head.model]),
            head.variant,
            head.num_lanes,
            num_sections(head, families[head.model], found[head.model][1]),
            tuple(TRANSFORM_NAMES.get(one.id, _unknown(one.id)) for one in head.transforms),
        )
        for place, head in zip(frame.places, frame.heads, strict=True)
    )
    return FrameInfo(
        frame.offset,
        frame.end - frame.offset,
        sum(place.decoded_bytes for place in frame.places),
        tuple(model for model, _ in found),
        blocks,
    )


def _inspect_model(entry: ModelEntry, store: ModelStore) -> tuple[ModelInfo, int]:
    """Return information on a model, and the lanes of its sections."""
    family = FAMILY_NAMES.get(entry.family, _unknown(entry.family))
    named = Named(family)
    missing = None
    try:
        check_header(FrameHeader((entry,)))
        named = name_frame_model(
            BY_ID[entry.family], entry.hash, store, entry.parameters, entry.environment
        )
        if entry.dictionary:
            name_frame_dictionary(entry.dictionary, store)
    except NeurocompError as error:
        missing = str(error)
    model = ModelInfo(
        named.name,
        family,
        entry.revision,
        entry.hash.hex(),
        SYMBOL_NAMES.get(entry.symbols_id, _unknown(entry.symbols_id)),
        CODER_NAMES.get(entry.coder_id, _unknown(entry.coder_id)),
        entry.dictionary.hex(),
        named.window,
        missing,
    )
    return model, named.section_lanes
