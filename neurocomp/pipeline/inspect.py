"""What is in a file of frames, told without decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from neurocomp.errors import NeurocompError
from neurocomp.frame.index import FrameIndex, read_index
from neurocomp.models.architectures import ARCHITECTURES
from neurocomp.models.dictionary import open_frame_dictionary
from neurocomp.models.registry import open_frame_model
from neurocomp.models.store import ModelStore
from neurocomp.pipeline.blocks import BINARY_CODER_ID, CODER_IDS
from neurocomp.symbols import SYMBOL_NAMES


@dataclass(frozen=True)
class BlockInfo:
    """One block: where it stands, its sizes in bytes, how it is coded."""

    offset: int
    stored_bytes: int
    content_bytes: int
    method: str
    variant: int
    num_lanes: int
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


def inspect_frames(source: BinaryIO, model_path: tuple[Path, ...] = ()) -> list[FrameInfo]:
    """Return what the frames of a seekable stream say of themselves.

    Only headers and trailers are read, and compared: damage in payloads is found by decoding.

    Raises:
        FormatError: the stream is not made of frames.
    """
    store = ModelStore(search_path=model_path)
    return [_inspect(frame, store) for frame in read_index(source)]


def _inspect(frame: FrameIndex, store: ModelStore) -> FrameInfo:
    header = frame.header
    architectures = {one.id: one.name for one in ARCHITECTURES}
    coders = {number: name for name, number in CODER_IDS.items()}
    coders[BINARY_CODER_ID] = "arithmetic (binary)"
    blocks = tuple(
        BlockInfo(
            place.offset,
            place.stored_bytes,
            place.decoded_bytes,
            head.method.name.lower(),
            head.variant,
            head.num_lanes,
            head.line_ends,
        )
        for place, head in zip(frame.places, frame.heads, strict=True)
    )
    missing = None
    model = architectures.get(header.model_id, f"unknown ({header.model_id})")
    try:
        model = open_frame_model(
            header.model_id, header.identity, store, header.parameters, header.environment
        ).name
        if header.dictionary:
            open_frame_dictionary(header.dictionary, store)
    except NeurocompError as error:
        missing = str(error)
    return FrameInfo(
        frame.offset,
        frame.end - frame.offset,
        sum(place.decoded_bytes for place in frame.places),
        SYMBOL_NAMES.get(header.symbols_id, f"unknown ({header.symbols_id})"),
        coders.get(header.coder_id, f"unknown ({header.coder_id})"),
        model,
        header.identity.hex(),
        header.dictionary.hex(),
        missing,
        blocks,
    )
