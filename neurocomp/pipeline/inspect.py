"""What is in a file of frames, told without decoding it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from neurocomp.errors import NeurocompError
from neurocomp.frame.index import FrameIndex, read_index
from neurocomp.models.architectures import BY_ID
from neurocomp.models.lookup import name_frame_dictionary, name_frame_model
from neurocomp.models.store import ModelStore
from neurocomp.pipeline.coded_with import coded_with, num_sections
from neurocomp.pipeline.ids import CODER_NAMES, SYMBOL_NAMES


@dataclass(frozen=True)
class BlockInfo:
    """One block.

    Attributes:
        offset: of its first byte in the file.
        stored_bytes: its size in the file.
        content_bytes: size of what it decodes to.
        method: "stored" or "modelled".
        coded_with: "stored", "contexts", "contexts + primer", "network", or the architecture of a
            model of symbols.
        variant: parameter set of the model.
        num_lanes: lanes that advance together.
        num_sections: parts that know nothing of each other, and may be coded at once.
        line_ends: CR LF were rewritten as LF before the block was coded.
    """

    offset: int
    stored_bytes: int
    content_bytes: int
    method: str
    coded_with: str
    variant: int
    num_lanes: int
    num_sections: int
    line_ends: bool


@dataclass(frozen=True)
class FrameInfo:
    """One frame.

    Attributes:
        offset: of its first byte in the file.
        frame_bytes: its size.
        content_bytes: size of what it decodes to.
        symbols: what its symbols are, or the unknown id.
        coder: the coder's name, or the unknown id.
        model: the model's name, or the unknown architecture's id.
        identity: fingerprint or SHA-256 of the model, in hexadecimal.
        dictionary: first 8 bytes of the SHA-256 of its dictionary in hexadecimal, empty where
            there is none.
        missing: why the frame can't be decoded here, or None where it can.
        blocks: its blocks.
    """

    offset: int
    frame_bytes: int
    content_bytes: int
    symbols: str
    coder: str
    model: str
    identity: str
    dictionary: str
    missing: str | None
    blocks: tuple[BlockInfo, ...]

    @property
    def coded_with(self) -> dict[str, int]:
        """What the blocks were coded with, and how many of them, in the order of the first."""
        return dict(Counter(block.coded_with for block in self.blocks))


def inspect_frames(source: BinaryIO, model_path: tuple[Path, ...] = ()) -> list[FrameInfo]:
    """Return what the frames of a seekable stream say of themselves.

    Only headers and trailers are read, and compared, and the headers of models and dictionaries:
    damage in payloads is found by decoding.

    Raises:
        FormatError: the stream is not made of frames.
    """
    store = ModelStore(search_path=model_path)
    return [_inspect(frame, store) for frame in read_index(source)]


def _inspect(frame: FrameIndex, store: ModelStore) -> FrameInfo:
    header = frame.header
    blocks = tuple(
        BlockInfo(
            place.offset,
            place.stored_bytes,
            place.decoded_bytes,
            head.method.name.lower(),
            coded_with(head, header.model_id),
            head.variant,
            head.num_lanes,
            num_sections(head, header.model_id),
            head.line_ends,
        )
        for place, head in zip(frame.places, frame.heads, strict=True)
    )
    missing = None
    model = f"unknown ({header.model_id})"
    if header.model_id in BY_ID:
        model = BY_ID[header.model_id].name
    try:
        model = name_frame_model(
            header.model_id, header.identity, store, header.parameters, header.environment
        )
        if header.dictionary:
            name_frame_dictionary(header.dictionary, store)
    except NeurocompError as error:
        missing = str(error)
    return FrameInfo(
        frame.offset,
        frame.end - frame.offset,
        sum(place.decoded_bytes for place in frame.places),
        SYMBOL_NAMES.get(header.symbols_id, f"unknown ({header.symbols_id})"),
        CODER_NAMES.get(header.coder_id, f"unknown ({header.coder_id})"),
        model,
        header.identity.hex(),
        header.dictionary.hex(),
        missing,
        blocks,
    )
