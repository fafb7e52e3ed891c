"""The frame header: format version, symbols, coder, model, and the model's identity."""

from __future__ import annotations

from dataclasses import dataclass

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame import limits
from neurocomp.frame.source import ByteSource
from neurocomp.frame.varint import encode_varint, read_varint

_FLAG_EXTENSIONS = 1
_FLAG_LONG_IDENTITY = 2
_KNOWN_FLAGS = _FLAG_EXTENSIONS | _FLAG_LONG_IDENTITY


@dataclass(frozen=True)
class FrameHeader:
    """What a decoder must know before the first block.

    Attributes:
        symbols_id: how bytes and symbols turn into each other, 0 to 15.
        coder_id: the entropy coder, 0 to 15.
        model_id: the architecture of the model, 0 to ``limits.MAX_MODEL_ID``.
        identity: which model it is: the 4-byte fingerprint of one that is part of the package,
            or the 32-byte SHA-256 of one that is kept in a file.
    """

    symbols_id: int
    coder_id: int
    model_id: int
    identity: bytes

    def to_bytes(self) -> bytes:
        """Return the header as it stands in the file."""
        is_long = len(self.identity) == limits.LONG_IDENTITY_BYTES
        flags = _FLAG_LONG_IDENTITY if is_long else 0
        return (
            limits.MAGIC
            + bytes([limits.VERSION << 4 | flags, self.symbols_id << 4 | self.coder_id])
            + encode_varint(self.model_id)
            + self.identity
        )


def read_header(source: ByteSource) -> FrameHeader | None:
    """Read the header of the next frame, or return None where the data ends.

    Raises:
        FormatError: the bytes are not a frame.
        UnsupportedError: the frame has a version or flags of the future.
    """
    start = source.offset
    magic = source.read_up_to(len(limits.MAGIC))
    if not magic:
        return None
    if magic != limits.MAGIC:
        if start:
            raise FormatError(f"trailing bytes at offset {start} are not a neurocomp frame")
        raise FormatError("not a neurocomp file: it does not start with a frame")
    version_and_flags = source.read(1)[0]
    version, flags = version_and_flags >> 4, version_and_flags & 15
    if version != limits.VERSION:
        raise UnsupportedError(
            f"the frame has format version {version}, this neurocomp reads {limits.VERSION}: "
            "install the neurocomp release that has it (pip install -U neurocomp)"
        )
    if flags & ~_KNOWN_FLAGS:
        raise UnsupportedError(
            f"the frame has unknown flags {flags:#x}: it is damaged, or needs a newer neurocomp "
            "(pip install -U neurocomp)"
        )
    symbols_and_coder = source.read(1)[0]
    model_id = read_varint(source, "the model id", 0, limits.MAX_MODEL_ID)
    identity = source.read(
        limits.LONG_IDENTITY_BYTES if flags & _FLAG_LONG_IDENTITY else limits.SHORT_IDENTITY_BYTES
    )
    if flags & _FLAG_EXTENSIONS:
        _refuse_extensions(source)
    return FrameHeader(symbols_and_coder >> 4, symbols_and_coder & 15, model_id, identity)


def _refuse_extensions(source: ByteSource) -> None:
    """Read the extensions of a header and name the first: no extension is defined yet."""
    num_bytes = read_varint(source, "the extensions' size", 2, limits.MAX_EXTENSION_BYTES)
    end = source.offset + num_bytes
    extension_id = read_varint(source, "an extension's id", 0, limits.MAX_MODEL_ID)
    source.read(end - source.offset)
    raise UnsupportedError(
        f"the frame needs extension {extension_id}, which this neurocomp does not have: "
        "install a newer one (pip install -U neurocomp)"
    )
