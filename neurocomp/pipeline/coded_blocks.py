"""Blocks of a frame from what a codec makes of rewritten content, and back."""

from __future__ import annotations

import zlib

from neurocomp.codec import CodedBlock
from neurocomp.frame.block import Block, TransformUse, method_for
from neurocomp.transforms import undo


def block_of(
    content: bytes, transforms: tuple[TransformUse, ...], coded: CodedBlock | None
) -> Block | None:
    """Return the block of ``content``, of which ``transforms`` made what was coded.

    Returns:
        None where nothing was coded, or the payload is not shorter than the content.
    """
    if coded is None or len(coded.payload) >= len(content):
        return None
    return Block(
        method_for(0, transforms),
        coded.variant,
        len(content),
        zlib.crc32(content),
        coded.num_symbols,
        coded.num_lanes,
        coded.payload,
        transforms=transforms,
    )


def coded_block(block: Block) -> CodedBlock:
    """Return what a codec takes of a coded ``block``."""
    return CodedBlock(block.payload, block.num_symbols, block.num_lanes, block.variant)


def restored(block: Block, content: bytes) -> bytes:
    """Return the content of ``block`` with its transforms undone, checked.

    Raises:
        FormatError: no such content has these transforms.
        ChecksumError: the content is not what was encoded.
    """
    content = undo(block.transforms, content, block.decoded_bytes)
    block.check_content(content)
    return content
