"""Frames of version 1: docs/format.md, sections 1 to 3."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from tests.reference.coders import need

LINE_ENDS = 1
DICTIONARY = 3
LANGUAGE = 12
MAX_BYTES = 1 << 26


class Entry(NamedTuple):
    """A model that blocks of the frame may have."""

    family: int
    symbols: int
    coder: int
    revision: int
    hash: bytes
    properties: dict[int, bytes]


class Block(NamedTuple):
    """A block, and the model that codes it; None where it is stored."""

    model: Entry | None
    variant: int
    num_bytes: int
    num_symbols: int
    num_lanes: int
    line_ends: bool
    payload: bytes
    crc: int


class Frame(NamedTuple):
    models: list[Entry]
    blocks: list[Block]


class Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        need(self.at + count <= len(self.data), "the file is cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def u8(self) -> int:
        return self.take(1)[0]

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def varint(self, least: int, most: int) -> int:
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
            need(shift < 35, "a varint is too long")
        need(byte > 0 or shift == 7, "a varint is not in its shortest form")
        need(least <= value <= most, "a field is out of range")
        return value


def read_file(data: bytes) -> Iterator[Frame]:
    """Yield the frames, all of whose fields and stored checksums are right."""
    need(bool(data), "the file is empty")
    cursor = Cursor(data)
    while cursor.at < len(data):
        yield read_frame(cursor)


def read_frame(cursor: Cursor) -> Frame:
    start = cursor.at
    entries = read_header(cursor)
    header = cursor.data[start : cursor.at]
    blocks: list[Block] = []
    sizes: list[int] = []
    is_last = has_trailer = False
    while not is_last:
        need(len(blocks) < 131072, "a frame has too many blocks")
        begin = cursor.at
        tag = cursor.u8()
        is_last, has_trailer = bool(tag & 1), bool(tag & 2)
        need(is_last or not has_trailer, "a trailer is announced before the last block")
        block = read_block(cursor, tag, entries, header)
        need(block.num_bytes > 0 or not blocks, "an empty block comes after others")
        blocks.append(block)
        sizes += [cursor.at - begin, block.num_bytes]
    if has_trailer:
        read_trailer(cursor, [len(header), len(blocks), *sizes], blocks)
    return Frame(entries, blocks)


def read_header(cursor: Cursor) -> list[Entry]:
    need(cursor.take(2) == b"\x9e\x43", "this is not a frame")
    flags = cursor.u8()
    need(flags >> 4 == 1, "the frame is of another version")
    need(flags & 0b1110 == 0, "a reserved bit of the header is set")
    count = cursor.varint(2, 64) if flags & 1 else 1
    entries = []
    for _ in range(count):
        entry = read_entry(cursor)
        need(entry not in entries, "a model is in the table twice")
        entries.append(entry)
    return entries


def read_entry(cursor: Cursor) -> Entry:
    head = cursor.varint(0, (1 << 14) - 1)
    symbols_and_coder = 0
    if head & 2:
        symbols_and_coder = cursor.u8()
        need(symbols_and_coder > 0, "symbols and coder are given, but 0")
    revision = cursor.u8()
    digest = cursor.take((4 if head >> 3 == LANGUAGE else 32) if head & 1 else 3)
    properties: dict[int, bytes] = {}
    if head & 4:
        end = cursor.varint(2, 4096) + cursor.at
        while cursor.at < end:
            number = cursor.varint(1, 3)
            need(number > max(properties, default=0), "properties are out of order")
            properties[number] = cursor.take(cursor.varint(1, 1024))
        need(cursor.at == end, "properties have another size than they say")
        need(len(properties.get(DICTIONARY, bytes(8))) == 8, "a dictionary's hash has 8 bytes")
    symbols, coder = symbols_and_coder >> 4, symbols_and_coder & 15
    return Entry(head >> 3, symbols, coder, revision, digest, properties)


def read_block(cursor: Cursor, tag: int, entries: list[Entry], header: bytes) -> Block:
    begin = cursor.at - 1
    method, variant = tag >> 2 & 3, tag >> 4 & 3
    line_ends, lanes_given = bool(tag & 64), bool(tag & 128)
    need(method < 3, "a block has an unknown method")
    need(method > 0 or tag < 16, "a stored block has flags of others")
    need(method < 2 or not line_ends, "a segment has the flag of line ends")
    num_bytes = cursor.varint(0 if method == 0 and tag & 1 else 1, MAX_BYTES)
    model = None
    num_symbols, num_lanes, size = num_bytes, 1, num_bytes
    if method == 1:
        model = entries[0]
        if model.symbols:
            num_symbols = cursor.varint(1, MAX_BYTES if model.symbols == 8 else num_bytes)
        elif line_ends:
            num_symbols = num_bytes - cursor.varint(1, num_bytes // 2)
    elif method == 2:
        number = cursor.varint(0, len(entries) - 1)
        model = entries[number]
        line_ends = read_transforms(cursor)
        need(number > 0, "a segment says what a modelled block could")
        num_symbols = cursor.varint(1, num_bytes - 1 if line_ends else MAX_BYTES)
    if model is not None:
        width = 2 if model.symbols == 1 else 1
        low, high = (0, num_bytes - 1) if line_ends else (num_bytes, num_bytes)
        if model.symbols < 2:
            need(low <= width * num_symbols <= high, "a block has other symbols than it can")
        if lanes_given:
            num_lanes = cursor.varint(2, min(4096, num_symbols))
        size = cursor.varint(0, num_bytes - 1)
    crc = cursor.u32()
    payload = cursor.take(size)
    stored_crc = zlib.crc32(header + cursor.data[begin : cursor.at])
    need(cursor.u32() == stored_crc, "a block is damaged")
    return Block(model, variant, num_bytes, num_symbols, num_lanes, line_ends, payload, crc)


def read_transforms(cursor: Cursor) -> bool:
    """Return whether line ends are rewritten: the only transform that there is."""
    count = cursor.varint(0, 8)
    for _ in range(count):
        need(cursor.varint(0, (1 << 32) - 1) == LINE_ENDS, "a transform is unknown")
        need(cursor.varint(0, 1024) == 0, "line ends have no properties")
    need(count < 2, "line ends are rewritten twice")
    return count == 1


def read_trailer(cursor: Cursor, expected: list[int], blocks: list[Block]) -> None:
    begin = cursor.at
    for number in expected:
        need(cursor.varint(0, (1 << 35) - 1) == number, "the trailer has other sizes")
    crc = 0
    for block in blocks:
        crc = joined_crc(crc, block.crc, block.num_bytes)
    need(cursor.u32() == crc, "the trailer has another content checksum")
    own_crc = zlib.crc32(cursor.data[begin : cursor.at])
    need(cursor.u32() == own_crc, "the trailer is damaged")
    need(cursor.u32() == cursor.at + 4 - begin, "the trailer has another size")
    need(cursor.take(4) == b"\x43\x4e\x9e\x0a", "the trailer's magic is missing")


def joined_crc(first: int, second: int, num_bytes: int) -> int:
    """Return the checksum of two contents, of which the second has ``num_bytes``."""
    for _ in range(8 * num_bytes):
        first = first >> 1 ^ (0xEDB88320 if first & 1 else 0)
    return first ^ second


def lane_starts(num_bytes: int, num_lanes: int) -> list[int]:
    """Return where lanes begin, and the end: section 3."""
    size, longer = divmod(num_bytes, num_lanes)
    return [lane * size + min(lane, longer) for lane in range(num_lanes)] + [num_bytes]


def rewrite_line_ends(data: bytes) -> bytes:
    """Exchange LF after exactly one CR, which it loses, and LF after none, which gets one."""
    out = bytearray()
    num_returns = 0
    for byte in data:
        if byte == 10 and num_returns == 1:
            out.pop()
        elif byte == 10 and num_returns == 0:
            out.append(13)
        out.append(byte)
        num_returns = num_returns + 1 if byte == 13 else 0
    return bytes(out)
