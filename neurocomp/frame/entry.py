"""The entry of a model in a frame's header: all that is needed to open it."""

from __future__ import annotations

from dataclasses import dataclass

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame import constants
from neurocomp.frame.source import ByteSource, encode_varint, read_varint

_KNOWN_PROPERTIES = (
    constants.PROPERTY_PARAMETERS,
    constants.PROPERTY_ENVIRONMENT,
    constants.PROPERTY_DICTIONARY,
)


@dataclass(frozen=True)
class ModelEntry:
    """A model, and what its symbols are and how they are coded.

    Attributes:
        family: kind of the model, 0 to ``constants.MAX_FAMILY``.
        revision: revision of the family's arithmetic, 0 to 255.
        hash: the first bytes of the model's SHA-256: 3 for a model that is part of the software, 4
            for any other language model, 32 for others.
        symbols_id: id of the map between bytes and symbols, 0 to 15.
        coder_id: the entropy coder, 0 to 15.
        parameters: further settings of the model, up to 1,024 bytes; may be empty.
        environment: fingerprint of the numeric environment that a machine-bound frame needs, up to
            1,024 bytes; empty where the frame decodes anywhere.
        dictionary: first 8 bytes of the SHA-256 of what the model reads before each block; empty
            where that is nothing.
    """

    family: int
    revision: int
    hash: bytes
    symbols_id: int = 0
    coder_id: int = 0
    parameters: bytes = b""
    environment: bytes = b""
    dictionary: bytes = b""

    @property
    def is_long(self) -> bool:
        """Whether the hash is one of models that are not part of the software."""
        return len(self.hash) > constants.SHORT_HASH_BYTES

    def to_bytes(self) -> bytes:
        """Return the entry as it is stored in a header."""
        properties = b"".join(
            encode_varint(number) + encode_varint(len(content)) + content
            for number, content in zip(
                _KNOWN_PROPERTIES,
                (self.parameters, self.environment, self.dictionary),
                strict=True,
            )
            if content
        )
        symbols_and_coder = self.symbols_id << 4 | self.coder_id
        head = self.family << constants.HEAD_FAMILY_SHIFT
        head |= constants.HEAD_LONG_HASH * self.is_long
        head |= constants.HEAD_SYMBOLS_AND_CODER * bool(symbols_and_coder)
        head |= constants.HEAD_PROPERTIES * bool(properties)
        return (
            encode_varint(head)
            + (bytes([symbols_and_coder]) if symbols_and_coder else b"")
            + bytes([self.revision])
            + self.hash
            + (encode_varint(len(properties)) + properties if properties else b"")
        )


def read_entry(source: ByteSource) -> ModelEntry:
    """Read an entry.

    Raises:
        FormatError: a field is out of its range.
        UnsupportedError: it has a property that this version does not know.
    """
    shift = constants.HEAD_FAMILY_SHIFT
    most = (constants.MAX_FAMILY + 1 << shift) - 1
    head = read_varint(source, "the head of a model's entry", 0, most)
    has_symbols_and_coder = head & constants.HEAD_SYMBOLS_AND_CODER
    symbols_and_coder = source.read(1)[0] if has_symbols_and_coder else 0
    if has_symbols_and_coder and not symbols_and_coder:
        raise FormatError("the frame names symbols and a coder that it should leave out")
    revision = source.read(1)[0]
    is_long = bool(head & constants.HEAD_LONG_HASH)
    identity = source.read(constants.hash_bytes(head >> shift, is_long=is_long))
    contents = _read_properties(source) if head & constants.HEAD_PROPERTIES else {}
    return ModelEntry(
        head >> shift,
        revision,
        identity,
        symbols_and_coder >> 4,
        symbols_and_coder & 15,
        *(contents.get(number, b"") for number in _KNOWN_PROPERTIES),
    )


def _read_properties(source: ByteSource) -> dict[int, bytes]:
    """Return the contents of an entry's properties by id.

    Raises:
        FormatError: they don't fill their size, or are not in order.
        UnsupportedError: one is unknown.
    """
    num_bytes = read_varint(source, "the properties' size", 2, constants.MAX_PROPERTIES_BYTES)
    end = source.offset + num_bytes
    contents: dict[int, bytes] = {}
    while source.offset < end:
        number = read_varint(source, "a property's id", 0, constants.MAX_ID)
        if number not in _KNOWN_PROPERTIES:
            source.read(max(end - source.offset, 0))
            raise UnsupportedError(
                f"the frame needs property {number} of a model, which this neurocomp does not "
                "have: install a newer one (pip install -U neurocomp)"
            )
        if contents and number <= max(contents):
            raise FormatError("the properties of a model are not in the order of their ids")
        size = read_varint(source, "a property's size", 1, constants.MAX_PROPERTY_BYTES)
        if number == constants.PROPERTY_DICTIONARY and size != constants.DICTIONARY_HASH_BYTES:
            raise FormatError(
                f"the dictionary's hash has {size} bytes, not {constants.DICTIONARY_HASH_BYTES}"
            )
        contents[number] = source.read(size)
    if source.offset != end:
        raise FormatError("the properties of a model don't have the size that the frame records")
    return contents
