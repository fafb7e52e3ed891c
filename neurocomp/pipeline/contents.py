"""Cutting a stream into the contents of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO


def read_contents(source: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    """Cut a stream into the contents of blocks, whatever sizes its reads have."""
    while True:
        chunks: list[bytes] = []
        missing = block_bytes
        while missing and (chunk := source.read(missing)):
            chunks.append(chunk)
            missing -= len(chunk)
        if not chunks:
            return
        yield b"".join(chunks)
