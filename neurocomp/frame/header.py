"""The frame header: format version, symbols, coder, model, and the model's identity."""

from __future__ import annotations

from dataclasses import dataclass

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame import limits
from neurocomp.frame.source import ByteSource
from neurocomp.frame.varint import encode_varint, read_varint

_FLAG_EXTENSIONS = 1
_FLAG_LONG_IDENTITY = 2
_FLAG_SYMBOLS_AND_CODER = 4
PARAMETERS_EXTENSION = 1
ENVIRONMENT_EXTENSION = 2
DICTIONARY_EXTENSION = 3

_KNOWN_EXTENSIONS = (PARAMETERS_EXTENSION, ENVIRONMENT_EXTENSION, DICTIONARY_EXTENSION)
_KNOWN_FLAGS = _FLAG_EXTENSIONS | _FLAG_LONG_IDENTITY | _FLAG_SYMBOLS_AND_CODER


@dataclass(frozen=True)
class FrameHeader:
    """What a decoder must know before the first block.

    Attributes:
        symbols_id: how bytes and symbols turn into each other, 0 to 15.
        coder_id: the entropy coder, 0 to 15.
        model_id: the architecture of the model, 0 to ``limits.MAX_MODEL_ID``.
        identity: which model it is: the 4-byte fingerprint of one that is part of the package,
            or the 32-byte SHA-256 of one that is kept in a file.
        parameters: what the model must be told besides, up to 1,024 bytes; empty where nothing.
        environment: fingerprint of the numeric environment that a machine-bound frame needs, up to
            1,024 bytes; empty where the frame decodes anywhere.
        dictionary: first 8 bytes of the SHA-256 of what the model reads before each block; empty
            where that is nothing.
    """

    symbols_id: int
    coder_id: int
    model_id: int
    identity: bytes
    parameters: bytes = b""
    environment: bytes = b""
    dictionary: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the header as it stands in the file."""
        is_long = len(self.identity) == limits.LONG_IDENTITY_BYTES
        extensions = b"".join(
            encode_varint(number) + encode_varint(len(content)) + content
            for number, content in (
                (PARAMETERS_EXTENSION, self.parameters),
                (ENVIRONMENT_EXTENSION, self.environment),
                (DICTIONARY_EXTENSION, self.dictionary),
            )
            if content
        )
        symbols_and_coder = self.symbols_id << 4 | self.coder_id
        flags = _FLAG_LONG_IDENTITY * is_long | _FLAG_EXTENSIONS * bool(extensions)
        flags |= _FLAG_SYMBOLS_AND_CODER * bool(symbols_and_coder)
        return (
            limits.MAGIC
            + bytes([limits.VERSION << 4 | flags])
            + (bytes([symbols_and_coder]) if symbols_and_coder else b"")
            + encode_varint(self.model_id)
            + self.identity
            + (encode_varint(len(extensions)) + extensions if extensions else b"")
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
    symbols_and_coder = source.read(1)[0] if flags & _FLAG_SYMBOLS_AND_CODER else 0
    if flags & _FLAG_SYMBOLS_AND_CODER and not symbols_and_coder:
        raise FormatError("the frame names symbols and a coder that it should leave out")
    model_id = read_varint(source, "the model id", 0, limits.MAX_MODEL_ID)
    identity = source.read(
        limits.LONG_IDENTITY_BYTES if flags & _FLAG_LONG_IDENTITY else limits.SHORT_IDENTITY_BYTES
    )
    extensions = _read_extensions(source) if flags & _FLAG_EXTENSIONS else {}
    return FrameHeader(
        symbols_and_coder >> 4,
        symbols_and_coder & 15,
        model_id,
        identity,
        extensions.get(PARAMETERS_EXTENSION, b""),
        extensions.get(ENVIRONMENT_EXTENSION, b""),
        extensions.get(DICTIONARY_EXTENSION, b""),
    )


def _read_extensions(source: ByteSource) -> dict[int, bytes]:
    """Return the contents of a header's extensions by id.

    Raises:
        FormatError: they don't fill their size, or are not in order.
        UnsupportedError: one is unknown.
    """
    num_bytes = read_varint(source, "the extensions' size", 2, limits.MAX_EXTENSION_BYTES)
    end = source.offset + num_bytes
    contents: dict[int, bytes] = {}
    while source.offset < end:
        number = read_varint(source, "an extension's id", 0, limits.MAX_MODEL_ID)
        if number not in _KNOWN_EXTENSIONS:
            source.read(max(end - source.offset, 0))
            raise UnsupportedError(
                f"the frame needs extension {number}, which this neurocomp does not have: "
                "install a newer one (pip install -U neurocomp)"
            )
        if contents and number <= max(contents):
            raise FormatError("the frame's extensions are not in the order of their ids")
        size = read_varint(source, "an extension's size", 1, limits.MAX_EXTENSION_CONTENT_BYTES)
        if number == DICTIONARY_EXTENSION and size != limits.DICTIONARY_ID_BYTES:
            raise FormatError(
                f"the dictionary's hash has {size} bytes, not {limits.DICTIONARY_ID_BYTES}"
            )
        contents[number] = source.read(size)
    if source.offset != end:
        raise FormatError("the frame's extensions don't have the size that it records")
    return contents
