"""Reading a block: its head, and what comes after that."""

from __future__ import annotations

from dataclasses import dataclass

from neurocomp.errors import ChecksumError, FormatError, UnsupportedError
from neurocomp.frame import constants
from neurocomp.frame.block import LINE_ENDS, Block, Method, TransformUse, method_for
from neurocomp.frame.header import HeadLayout
from neurocomp.frame.source import ByteSource, read_varint


@dataclass(frozen=True)
class BlockHead:
    """A block's fields without its payload.  ``payload_bytes`` follow it, then the checksum."""

    is_last: bool
    has_trailer: bool
    method: Method
    variant: int
    decoded_bytes: int
    num_symbols: int
    num_lanes: int
    payload_bytes: int
    decoded_checksum: int
    model: int = 0
    transforms: tuple[TransformUse, ...] = ()


@dataclass(frozen=True)
class _Tag:
    """The first byte of a block."""

    is_last: bool
    has_trailer: bool
    method: Method
    variant: int
    line_ends: bool
    has_lanes: bool


def read_block_head(source: ByteSource, layout: HeadLayout) -> BlockHead:
    """Read a block's fields up to its payload.

    Raises:
        FormatError: a field is out of its range.
        UnsupportedError: the method is unknown.
    """
    tag = _read_tag(source)
    low = 0 if tag.is_last and tag.method is Method.STORED else 1
    decoded_bytes = read_varint(source, "the block's size", low, constants.MAX_BLOCK_BYTES)
    num_symbols, num_lanes, payload_bytes = decoded_bytes, 1, decoded_bytes
    model = 0
    transforms: tuple[TransformUse, ...] = (LINE_ENDS,) if tag.line_ends else ()
    if tag.method is Method.SEGMENT:
        model = read_varint(source, "the number of a segment's model", 0, layout.num_models - 1)
        transforms = _read_transforms(source)
        if method_for(model, transforms) is not Method.SEGMENT:
            raise FormatError("a segment is used where a modelled block suffices")
        most = constants.MAX_BLOCK_BYTES
        num_symbols = read_varint(source, "the number of symbols", 1, most)
    elif tag.method is Method.MODELLED and layout.symbols_id:
        most = max_symbols(layout.symbols_id, decoded_bytes)
        num_symbols = read_varint(source, "the number of symbols", 1, most)
    elif tag.line_ends:
        # Two bytes, CR LF, become one at most.
        num_symbols -= read_varint(source, "the bytes saved", 1, decoded_bytes // 2)
    if tag.has_lanes:
        max_lanes = min(constants.MAX_LANES, num_symbols)
        num_lanes = read_varint(source, "the number of lanes", 2, max_lanes)
    if tag.method is not Method.STORED:
        payload_bytes = read_varint(source, "the payload's size", 0, decoded_bytes - 1)
    decoded_checksum = int.from_bytes(source.read(constants.CHECKSUM_BYTES), "little")
    return BlockHead(
        tag.is_last,
        tag.has_trailer,
        tag.method,
        tag.variant,
        decoded_bytes,
        num_symbols,
        num_lanes,
        payload_bytes,
        decoded_checksum,
        model,
        transforms,
    )


def max_symbols(symbols_id: int, decoded_bytes: int) -> int:
    """Return the most symbols that a block of ``decoded_bytes`` without transforms may have.

    Symbols of token sets fill up records, so that they may be more than the bytes.
    """
    is_padded = symbols_id == constants.SYMBOLS_TOKENS
    return constants.MAX_BLOCK_BYTES if is_padded else decoded_bytes


def read_block_body(source: ByteSource, head: BlockHead) -> Block:
    """Read payload and stored checksum after ``head`` and verify the checksum.

    ``source.checksum`` must have started from the frame header's bytes, then the head's.

    Raises:
        ChecksumError: header, head or payload are damaged.
    """
    payload = source.read(head.payload_bytes)
    expected = source.checksum
    offset = source.offset
    if int.from_bytes(source.read(constants.CHECKSUM_BYTES), "little") != expected:
        raise ChecksumError(f"the block that ends at offset {offset} is damaged (stored checksum)")
    return Block(
        head.method,
        head.variant,
        head.decoded_bytes,
        head.decoded_checksum,
        head.num_symbols,
        head.num_lanes,
        payload,
        head.model,
        head.transforms,
    )


def _read_tag(source: ByteSource) -> _Tag:
    tag = source.read(1)[0]
    try:
        method = Method(tag >> constants.TAG_METHOD_SHIFT & constants.TAG_METHOD_MASK)
    except ValueError:
        raise UnsupportedError(
            f"the block at offset {source.offset - 1} has unknown tag {tag:#04x}: it is damaged, "
            "or needs a newer neurocomp (pip install -U neurocomp)"
        ) from None
    is_last, has_trailer = bool(tag & constants.TAG_LAST), bool(tag & constants.TAG_TRAILER)
    variant = tag >> constants.TAG_VARIANT_SHIFT & constants.TAG_VARIANT_MASK
    line_ends, has_lanes = bool(tag & constants.TAG_LINE_ENDS), bool(tag & constants.TAG_LANES)
    if has_trailer and not is_last:
        raise FormatError("a block that is not the last announces the trailer")
    if method is Method.STORED and (variant or line_ends or has_lanes):
        raise FormatError("a stored block has a model variant, line ends to be restored, or lanes")
    if method is Method.SEGMENT and line_ends:
        raise FormatError("a segment records line ends in its tag, not in its transforms")
    return _Tag(is_last, has_trailer, method, variant, line_ends, has_lanes)


def _read_transforms(source: ByteSource) -> tuple[TransformUse, ...]:
    count = read_varint(source, "the number of transforms", 0, constants.MAX_TRANSFORMS)
    transforms = []
    for _ in range(count):
        number = read_varint(source, "a transform's id", 0, constants.MAX_ID)
        size = read_varint(
            source, "the size of a transform's properties", 0, constants.MAX_PROPERTY_BYTES
        )
        transforms.append(TransformUse(number, source.read(size)))
    return tuple(transforms)
