"""Frames of version 1 from payloads that the package makes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

MAGIC = b"\x9e\x43"


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def entry(
    family: int,
    digest: bytes,
    revision: int = 1,
    properties: Mapping[int, bytes] | None = None,
    coder: int = 0,
) -> bytes:
    """Return an entry of a header, with a short hash of 3 bytes or a long one."""
    fields = b"".join(
        varint(number) + varint(len(value)) + value
        for number, value in sorted((properties or {}).items())
    )
    head = family << 3 | (len(digest) > 3) | bool(coder) << 1 | bool(fields) << 2
    coder_field = bytes([coder] if coder else [])
    size = varint(len(fields)) if fields else b""
    return varint(head) + coder_field + bytes([revision]) + digest + size + fields


def header(*entries: bytes) -> bytes:
    if len(entries) == 1:
        return MAGIC + b"\x10" + entries[0]
    return MAGIC + b"\x11" + varint(len(entries)) + b"".join(entries)


@dataclass(frozen=True)
class Part:
    """A block to be written.

    Attributes:
        content: what it decodes to.
        payload: what codes it; None where it is stored.
        variant, num_lanes: of the model.
        num_symbols: where line ends are rewritten, bytes that are coded.
        model: number of the entry; a segment where it is not 0.
    """

    content: bytes
    payload: bytes | None = None
    variant: int = 0
    num_lanes: int = 1
    num_symbols: int | None = None
    model: int = 0

    def to_bytes(self, head: bytes, flags: int) -> bytes:
        size = varint(len(self.content))
        crc = zlib.crc32(self.content).to_bytes(4, "little")
        if self.payload is None:
            body = bytes([flags]) + size + crc + self.content
        else:
            method = 2 if self.model else 1
            is_rewritten = self.num_symbols is not None
            tag = flags | method << 2 | self.variant << 4 | (self.num_lanes > 1) << 7
            fields = size
            if self.model:
                fields += varint(self.model)
                fields += b"\1\1\0" if is_rewritten else b"\0"
                fields += varint(self.num_symbols or len(self.content))
            elif self.num_symbols is not None:
                tag |= 1 << 6
                fields += varint(len(self.content) - self.num_symbols)
            if self.num_lanes > 1:
                fields += varint(self.num_lanes)
            body = bytes([tag]) + fields + varint(len(self.payload)) + crc + self.payload
        return body + zlib.crc32(head + body).to_bytes(4, "little")


def frame(head: bytes, *parts: Part) -> bytes:
    """Return a frame, with a trailer where it has several blocks."""
    last = len(parts) - 1
    has_trailer = 2 * (last > 0)
    blocks = [
        part.to_bytes(head, (1 | has_trailer) if number == last else 0)
        for number, part in enumerate(parts)
    ]
    if not has_trailer:
        return head + blocks[0]
    sizes = b"".join(
        varint(len(block)) + varint(len(part.content))
        for block, part in zip(blocks, parts, strict=True)
    )
    content_crc = zlib.crc32(b"".join(part.content for part in parts))
    trailer = varint(len(head)) + varint(len(parts)) + sizes + content_crc.to_bytes(4, "little")
    trailer += zlib.crc32(trailer).to_bytes(4, "little")
    trailer += (len(trailer) + 8).to_bytes(4, "little") + b"\x43\x4e\x9e\x0a"
    return head + b"".join(blocks) + trailer
