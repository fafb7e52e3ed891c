"""The frame header: the format's version, and the models of the frame's blocks."""

from __future__ import annotations

from dataclasses import dataclass

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame import constants
from neurocomp.frame.entry import ModelEntry, read_entry
from neurocomp.frame.source import ByteSource, encode_varint, read_varint


@dataclass(frozen=True)
class FrameHeader:
    """The fields that a decoder needs before the first block.

    Attributes:
        models: 1 to ``constants.MAX_MODELS`` different ones; the first is that of all blocks but
            the segments of others.
    """

    models: tuple[ModelEntry, ...]

    @property
    def layout(self) -> HeadLayout:
        """The layout of the heads of the frame's blocks."""
        return HeadLayout(self.models[0].symbols_id, len(self.models))

    def to_bytes(self) -> bytes:
        """Return the header as it is stored in the file."""
        has_table = len(self.models) > 1
        bits = constants.VERSION << constants.VERSION_SHIFT | constants.HEADER_TABLE * has_table
        return b"".join(
            [
                constants.MAGIC,
                bytes([bits]),
                encode_varint(len(self.models)) if has_table else b"",
                *(one.to_bytes() for one in self.models),
            ]
        )


@dataclass(frozen=True)
class HeadLayout:
    """The fields of a frame header that determine the heads of its blocks.

    Attributes:
        symbols_id: the first model's; where it is not 0, modelled blocks tell their symbols.
        num_models: segments name one of so many.
    """

    symbols_id: int
    num_models: int = 1


def read_header(source: ByteSource) -> FrameHeader | None:
    """Read the header of the next frame, or return None where the data ends.

    Raises:
        FormatError: the bytes are not a frame.
        UnsupportedError: the frame has a version or bits of the future.
    """
    start = source.offset
    magic = source.read_up_to(len(constants.MAGIC))
    if not magic:
        return None
    if magic != constants.MAGIC:
        if start:
            raise FormatError(f"trailing bytes at offset {start} are not a neurocomp frame")
        raise FormatError("not a neurocomp file: it does not start with a frame")
    bits = source.read(1)[0]
    version = bits >> constants.VERSION_SHIFT
    if version != constants.VERSION:
        how = "a newer neurocomp reads it (pip install -U neurocomp)"
        if version < constants.VERSION:
            how = "decompress it with the neurocomp that wrote it, and compress the content again"
        raise UnsupportedError(
            f"the frame has format version {version}, this neurocomp reads {constants.VERSION}: "
            f"{how}"
        )
    if bits & constants.HEADER_RESERVED:
        raise UnsupportedError(
            f"the frame has unknown bits {bits & constants.HEADER_RESERVED:#x}: it is damaged, or "
            "needs a newer neurocomp (pip install -U neurocomp)"
        )
    count = 1
    if bits & constants.HEADER_TABLE:
        count = read_varint(source, "the number of models", 2, constants.MAX_MODELS)
    models = tuple(read_entry(source) for _ in range(count))
    if len(set(models)) < count:
        raise FormatError("the frame names the same model twice")
    return FrameHeader(models)
