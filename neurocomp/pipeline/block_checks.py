"""Refusing blocks that no encoder writes, before a model is opened for them."""

from __future__ import annotations

from neurocomp.coding.bounds import min_payload_bytes
from neurocomp.errors import FormatError
from neurocomp.frame import constants
from neurocomp.frame.block import Block, Method
from neurocomp.frame.header import FrameHeader
from neurocomp.models.bytenet.sections import split_block
from neurocomp.pipeline.entries import coder_name
from neurocomp.registry.catalogue import BY_ID, Family, Kind
from neurocomp.registry.packaged import find_packaged
from neurocomp.transforms import check_known

_LARGE_ALPHABETS = (constants.SYMBOLS_UINT16, constants.SYMBOLS_BPE)
"""Symbol maps whose alphabets have 256 symbols and more."""


def check_block(header: FrameHeader, block: Block) -> None:
    """Refuse a block that no encoder writes.

    Raises:
        UnsupportedError: a transform is unknown.
        FormatError: the payload is too short for its symbols, there are too many lanes, or the
            symbols can't be those of its content.
    """
    entry = header.models[block.model]
    family = BY_ID.get(entry.family)
    if block.method is Method.STORED or family is None:
        return
    check_known(block.transforms)
    _check_symbols(entry.symbols_id, block)
    if family.kind is Kind.BINARY:
        _check_binary(family, entry.hash, block)
        return
    # Only the model tells what its alphabet is; other maps than bytes have at least these.
    alphabet_size = 256 if entry.symbols_id in _LARGE_ALPHABETS else 1
    refuse_short(block, min_payload_bytes(coder_name(entry), block.num_symbols, alphabet_size))


def _check_symbols(symbols_id: int, block: Block) -> None:
    """Refuse symbols that no writer makes of a block's content.

    Those of token sets fill up records, whose shape only the model tells.
    """
    if symbols_id == constants.SYMBOLS_TOKENS:
        return
    width = 2 if symbols_id == constants.SYMBOLS_UINT16 else 1
    num_bytes = width * block.num_symbols
    if any(use.id == constants.TRANSFORM_LINE_ENDS for use in block.transforms):
        is_right = num_bytes < block.decoded_bytes
    elif block.transforms or symbols_id == constants.SYMBOLS_BPE:
        is_right = num_bytes <= block.decoded_bytes
    else:
        is_right = num_bytes == block.decoded_bytes
    if not is_right:
        raise wrong_symbols(block)


def wrong_symbols(block: Block) -> FormatError:
    """Return the error of a block whose symbols can't be those of its content."""
    return FormatError(
        f"the block can't have {block.num_symbols} symbols: it decodes to "
        f"{block.decoded_bytes} bytes"
    )


def refuse_short(block: Block, needed_bytes: int) -> None:
    """Raise FormatError where a block's payload is shorter than ``needed_bytes``."""
    if len(block.payload) < needed_bytes:
        raise FormatError(
            f"a payload of {len(block.payload)} bytes is too short: {block.num_symbols} symbols "
            f"take {needed_bytes} bytes at least"
        )


def _check_binary(family: Family, identity: bytes, block: Block) -> None:
    if block.num_lanes > family.max_lanes:
        raise FormatError(f"the block has {block.num_lanes} lanes, allowed are {family.max_lanes}")
    refuse_short(block, min_payload_bytes(family.bit_coder, block.num_symbols, 256))
    if not family.has_sections or block.num_lanes == 1:
        return
    packaged = find_packaged(family.id, identity)
    if packaged is not None:  # others' sections are known when they are opened
        split_block(block.payload, block.num_symbols, block.num_lanes, packaged.section_lanes)
