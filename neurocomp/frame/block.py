"""Blocks: independently decodable pieces of the content, each with its own checksums."""

from __future__ import annotations

import enum
import zlib
from dataclasses import dataclass, replace
from typing import NamedTuple

from neurocomp.errors import ChecksumError
from neurocomp.frame import constants
from neurocomp.frame.header import HeadLayout
from neurocomp.frame.source import encode_varint


class Method(enum.IntEnum):
    """How a block's payload is decoded."""

    STORED = constants.METHOD_STORED
    MODELLED = constants.METHOD_MODELLED
    SEGMENT = constants.METHOD_SEGMENT


class TransformUse(NamedTuple):
    """A reversible rewriting of the content before it became symbols.

    Attributes:
        id: id of the transform; see ``neurocomp.transforms``.
        properties: parameters that undo it, up to ``constants.MAX_PROPERTY_BYTES`` bytes.
    """

    id: int
    properties: bytes = b""


LINE_ENDS = TransformUse(constants.TRANSFORM_LINE_ENDS)
_PLAIN: tuple[tuple[TransformUse, ...], ...] = ((), (LINE_ENDS,))


def method_for(model: int, transforms: tuple[TransformUse, ...]) -> Method:
    """Return the one method that says such a coded block: its shortest form."""
    return Method.MODELLED if model == 0 and transforms in _PLAIN else Method.SEGMENT


@dataclass(frozen=True)
class Block:
    """One block of a frame.

    Attributes:
        method: stored as it is, or coded with a model and a coder of the frame.
        variant: parameter set of the model, 0 to 3, chosen by the encoder; 0 in a stored block.
        decoded_bytes: size of the content, up to ``constants.MAX_BLOCK_BYTES``; 0 only in the one
            stored block of an empty frame.
        decoded_checksum: CRC-32 of the content.
        num_symbols: symbols that the payload codes.
        num_lanes: lanes that advance together, 1 in a stored block.
        payload: the coded bytes, fewer than ``decoded_bytes``, or the stored ones.
        model: number of the model in the frame's table; 0 but in segments.
        transforms: the transforms that rewrote the content before it became symbols, in that order;
            in a modelled block that is not a segment, none or `LINE_ENDS`.
    """

    method: Method
    variant: int
    decoded_bytes: int
    decoded_checksum: int
    num_symbols: int
    num_lanes: int
    payload: bytes
    model: int = 0
    transforms: tuple[TransformUse, ...] = ()

    @classmethod
    def stored(cls, content: bytes) -> Block:
        """Return the block that holds ``content`` as it is."""
        size = len(content)
        return cls(Method.STORED, 0, size, zlib.crc32(content), size, 1, content)

    def of_model(self, model: int) -> Block:
        """Return the block as that of another model of the frame's table; stored ones have none."""
        if self.method is Method.STORED:
            return self
        return replace(self, method=method_for(model, self.transforms), model=model)

    def to_bytes(self, *, header: bytes, layout: HeadLayout, last: bool, trailer: bool) -> bytes:
        """Return the block as it is stored in the file, its stored checksum included.

        Args:
            header: the frame header's bytes, which the checksum covers as well.
            layout: the part of the header that the head depends on.
            last: this is the last block of its frame.
            trailer: a trailer comes after this last block.
        """
        head = self._head(layout, constants.TAG_LAST * last | constants.TAG_TRAILER * trailer)
        stored_checksum = zlib.crc32(self.payload, zlib.crc32(head, zlib.crc32(header)))
        return head + self.payload + stored_checksum.to_bytes(constants.CHECKSUM_BYTES, "little")

    def _head(self, layout: HeadLayout, tag: int) -> bytes:
        """Return the fields before the payload; ``tag`` has what is not the block's to say."""
        assert 0 <= self.variant <= constants.TAG_VARIANT_MASK, "a tag has 2 bits for the variant"
        is_modelled, is_segment = (self.method is one for one in (Method.MODELLED, Method.SEGMENT))
        has_lanes = self.num_lanes > 1
        tag |= self.method << constants.TAG_METHOD_SHIFT
        tag |= self.variant << constants.TAG_VARIANT_SHIFT
        tag |= constants.TAG_LINE_ENDS * (is_modelled and bool(self.transforms))
        tag |= constants.TAG_LANES * has_lanes
        fields = [bytes([tag]), encode_varint(self.decoded_bytes)]
        if is_segment:
            fields += [encode_varint(self.model), encode_varint(len(self.transforms))]
            for number, properties in self.transforms:
                fields += [encode_varint(number), encode_varint(len(properties)), properties]
        if is_segment or (is_modelled and layout.symbols_id):
            fields.append(encode_varint(self.num_symbols))
        elif self.transforms:
            fields.append(encode_varint(self.decoded_bytes - self.num_symbols))
        if has_lanes:
            fields.append(encode_varint(self.num_lanes))
        if is_modelled or is_segment:
            fields.append(encode_varint(len(self.payload)))
        fields.append(self.decoded_checksum.to_bytes(constants.CHECKSUM_BYTES, "little"))
        return b"".join(fields)

    def check_content(self, content: bytes) -> None:
        """Compare decoded ``content`` with what the block says of it.

        Raises:
            ChecksumError: it is not what was encoded.
        """
        if len(content) != self.decoded_bytes or zlib.crc32(content) != self.decoded_checksum:
            raise ChecksumError(
                "the decoded bytes don't have the recorded checksum: the data is damaged, or was "
                "written by a model that differs from this one"
            )


@dataclass(frozen=True)
class BlockPlace:
    """The position of a block in the file, in its frame and in the content.

    Attributes:
        offset: position of the block's first byte in the file.
        stored_bytes: size in the file, headers and checksums included.
        decoded_bytes: size of its content.
    """

    offset: int
    stored_bytes: int
    decoded_bytes: int
