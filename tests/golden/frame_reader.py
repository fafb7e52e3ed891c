"""A second reading of frames, written from docs/format.md alone.

It shares no code with ``neurocomp.frame``: where they disagree, one of them or the page is wrong.
It checks every *must* of sections 1 and 2 and returns what stands in the fields.
"""

from __future__ import annotations

import zlib
from typing import Any


class Malformed(Exception):
    """The bytes break a *must* of the specification."""


def need(condition: bool, what: str) -> None:
    if not condition:
        raise Malformed(what)


class Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        need(self.at + count <= len(self.data), "truncated")
        self.at += count
        return self.data[self.at - count : self.at]

    def u8(self) -> int:
        return self.take(1)[0]

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def varint(self, low: int, high: int) -> int:
        value = shift = 0
        while True:
            need(shift < 35, "varint too long")
            byte = self.u8()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        need(shift == 7 or byte != 0, "varint not in its shortest form")
        need(low <= value <= high, "field out of range")
        return value


def read_file(data: bytes) -> list[dict[str, Any]]:
    need(bool(data), "empty file")
    cursor = Cursor(data)
    frames = []
    while cursor.at < len(data):
        frames.append(read_frame(cursor))
    return frames


def read_frame(cursor: Cursor) -> dict[str, Any]:
    start = cursor.at
    need(cursor.take(2) == b"\x9e\x43", "magic")
    version_and_flags = cursor.u8()
    need(version_and_flags >> 4 == 0, "version")
    need(version_and_flags & 0b1000 == 0, "reserved flags")
    symbols_and_coder = 0
    if version_and_flags & 4:
        symbols_and_coder = cursor.u8()
        need(symbols_and_coder != 0, "symbols and coder")
    frame: dict[str, Any] = {
        "symbols": symbols_and_coder >> 4,
        "coder": symbols_and_coder & 15,
        "model": cursor.varint(0, 16383),
        "identity": cursor.take(32 if version_and_flags & 2 else 4),
        "extensions": {},
        "blocks": [],
        "content_crc": None,
    }
    if version_and_flags & 1:
        frame["extensions"] = read_extensions(cursor)
    header = cursor.data[start : cursor.at]
    sizes: list[tuple[int, int]] = []
    last = trailer = False
    while not last:
        need(len(sizes) < 131072, "too many blocks")
        begin = cursor.at
        block, last, trailer = read_block(cursor, frame["symbols"], header)
        frame["blocks"].append(block)
        need(not sizes or block["decoded_size"] > 0, "an empty block after others")
        sizes.append((cursor.at - begin, block["decoded_size"]))
    if trailer:
        frame["content_crc"] = read_trailer(cursor, len(header), sizes)
        joined = 0
        for block in frame["blocks"]:
            joined = joined_crc(joined, block["content_crc"], block["decoded_size"])
        need(joined == frame["content_crc"], "content CRC")
    return frame


def joined_crc(first: int, second: int, second_size: int) -> int:
    """CRC(A) x^(8 n) + CRC(B): n zero bytes, without the CRC's initial value and final xor."""
    for _ in range(8 * second_size):
        first = first >> 1 ^ (0xEDB88320 if first & 1 else 0)
    return first ^ second


def read_extensions(cursor: Cursor) -> dict[int, bytes]:
    end = cursor.varint(2, 4096) + cursor.at
    extensions: dict[int, bytes] = {}
    while cursor.at < end:
        number = cursor.varint(1, 3)
        need(not extensions or number > max(extensions), "extensions out of order")
        extensions[number] = cursor.take(cursor.varint(1, 1024))
        need(number != 3 or len(extensions[number]) == 8, "size of the dictionary's hash")
    need(cursor.at == end, "size of the extensions")
    return extensions


def read_block(cursor: Cursor, symbols_id: int, header: bytes) -> tuple[dict[str, Any], bool, bool]:
    begin = cursor.at
    tag = cursor.u8()
    last, trailer, method, variant = tag & 1, tag >> 1 & 1, tag >> 2 & 3, tag >> 4 & 3
    line_ends, has_lanes = tag >> 6 & 1, tag >> 7
    need(method < 2, "reserved methods")
    need(bool(method) or not has_lanes, "lanes of a stored block")
    need(bool(method) or not line_ends, "line ends of a stored block")
    need(bool(last) or not trailer, "trailer without last")
    need(bool(method) or not variant, "variant of a stored block")
    size = cursor.varint(0 if last and not method else 1, 1 << 26)
    symbols, lanes, payload_size = size, 1, size
    if method:
        if symbols_id:
            symbols = cursor.varint(1, 1 << 26 if symbols_id == 8 else size)
        elif line_ends:
            symbols = size - cursor.varint(1, size // 2)
        if has_lanes:
            lanes = cursor.varint(2, min(4096, symbols))
        payload_size = cursor.varint(0, size - 1)
    content_crc = cursor.u32()
    payload = cursor.take(payload_size)
    stored_crc = zlib.crc32(header + cursor.data[begin : cursor.at])
    need(cursor.u32() == stored_crc, "stored CRC")
    need(bool(method) or zlib.crc32(payload) == content_crc, "content CRC of a stored block")
    block = {
        "method": method,
        "variant": variant,
        "decoded_size": size,
        "symbols": symbols,
        "lanes": lanes,
        "payload": payload,
        "content_crc": content_crc,
        "line_ends": line_ends,
    }
    return block, bool(last), bool(trailer)


def read_trailer(cursor: Cursor, header_size: int, sizes: list[tuple[int, int]]) -> int:
    begin = cursor.at
    need(cursor.varint(0, 2**35) == header_size, "header size")
    need(cursor.varint(0, 2**35) == len(sizes), "number of blocks")
    for stored, decoded in sizes:
        need(cursor.varint(0, 2**35) == stored, "stored size")
        need(cursor.varint(0, 2**35) == decoded, "decoded size")
    content_crc = cursor.u32()
    trailer_crc = zlib.crc32(cursor.data[begin : cursor.at])
    need(cursor.u32() == trailer_crc, "trailer CRC")
    need(cursor.u32() == cursor.at + 4 - begin, "trailer size")
    need(cursor.take(4) == b"\x43\x4e\x9e\x0a", "end magic")
    return content_crc
