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
    bits = cursor.u8()
    need(bits >> 4 == 1, "version")
    need(bits & 0b1110 == 0, "reserved bits")
    count = cursor.varint(2, 64) if bits & 1 else 1
    entries: list[dict[str, Any]] = []
    for _ in range(count):
        begin = cursor.at
        entry = read_entry(cursor)
        entry["bytes"] = cursor.data[begin : cursor.at]
        need(all(entry["bytes"] != other["bytes"] for other in entries), "equal entries")
        entries.append(entry)
    frame: dict[str, Any] = {"models": entries, "blocks": [], "content_crc": None}
    header = cursor.data[start : cursor.at]
    sizes: list[tuple[int, int]] = []
    last = trailer = False
    while not last:
        need(len(sizes) < 131072, "too many blocks")
        begin = cursor.at
        block, last, trailer = read_block(cursor, entries, header)
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


def read_entry(cursor: Cursor) -> dict[str, Any]:
    head = cursor.varint(0, 8 * 2048 - 1)
    symbols_and_coder = 0
    if head & 2:
        symbols_and_coder = cursor.u8()
        need(symbols_and_coder != 0, "symbols and coder")
    return {
        "family": head >> 3,
        "symbols": symbols_and_coder >> 4,
        "coder": symbols_and_coder & 15,
        "revision": cursor.u8(),
        "hash": cursor.take((4 if head >> 3 == 12 else 32) if head & 1 else 3),
        "properties": read_properties(cursor) if head & 4 else {},
    }


def read_properties(cursor: Cursor) -> dict[int, bytes]:
    end = cursor.varint(2, 4096) + cursor.at
    properties: dict[int, bytes] = {}
    while cursor.at < end:
        number = cursor.varint(1, 3)
        need(not properties or number > max(properties), "properties out of order")
        properties[number] = cursor.take(cursor.varint(1, 1024))
        need(number != 3 or len(properties[number]) == 8, "size of the dictionary's hash")
    need(cursor.at == end, "size of the properties")
    return properties


def read_block(
    cursor: Cursor, entries: list[dict[str, Any]], header: bytes
) -> tuple[dict[str, Any], bool, bool]:
    begin = cursor.at
    tag = cursor.u8()
    last, trailer, method, variant = tag & 1, tag >> 1 & 1, tag >> 2 & 3, tag >> 4 & 3
    line_ends, has_lanes = tag >> 6 & 1, tag >> 7
    need(method < 3, "reserved method")
    need(method != 0 or not has_lanes, "lanes of a stored block")
    need(method == 1 or not line_ends, "line ends of a block that is not modelled")
    need(bool(last) or not trailer, "trailer without last")
    need(method != 0 or not variant, "variant of a stored block")
    size = cursor.varint(0 if last and not method else 1, 1 << 26)
    model, symbols, lanes, payload_size = 0, size, 1, size
    transforms: list[tuple[int, bytes]] = [(1, b"")] if line_ends else []
    if method == 2:
        model = cursor.varint(0, len(entries) - 1)
        transforms = [read_transform(cursor) for _ in range(cursor.varint(0, 8))]
        need(model > 0 or transforms not in ([], [(1, b"")]), "a segment that method 1 could say")
        symbols = cursor.varint(1, 1 << 26)
    elif method == 1 and entries[0]["symbols"]:
        symbols = cursor.varint(1, 1 << 26 if entries[0]["symbols"] == 8 else size)
    elif line_ends:
        symbols = size - cursor.varint(1, size // 2)
    symbol_map = entries[model]["symbols"] if method else 0
    if symbol_map != 8:
        stood_for = symbols * (2 if symbol_map == 1 else 1)
        exact = not transforms and symbol_map != 2
        need(stood_for == size if exact else stood_for <= size - bool(transforms), "symbols")
    if has_lanes:
        lanes = cursor.varint(2, min(4096, symbols))
    if method:
        payload_size = cursor.varint(0, size - 1)
    content_crc = cursor.u32()
    payload = cursor.take(payload_size)
    stored_crc = zlib.crc32(header + cursor.data[begin : cursor.at])
    need(cursor.u32() == stored_crc, "stored CRC")
    need(bool(method) or zlib.crc32(payload) == content_crc, "content CRC of a stored block")
    block = {
        "method": method,
        "variant": variant,
        "model": model,
        "decoded_size": size,
        "transforms": transforms,
        "symbols": symbols,
        "lanes": lanes,
        "payload": payload,
        "content_crc": content_crc,
    }
    return block, bool(last), bool(trailer)


def read_transform(cursor: Cursor) -> tuple[int, bytes]:
    number = cursor.varint(0, (1 << 14) - 1)
    properties = cursor.take(cursor.varint(0, 1024))
    need(number == 1, "unknown transform")
    need(not properties, "properties of line ends")
    return number, properties


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
