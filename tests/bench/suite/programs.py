"""Programs that behave and misbehave, made for tests, and contents for them."""

from __future__ import annotations

import hashlib
import struct
import sys
import zlib
from pathlib import Path

from neurocomp.bench.suite.contenders import Contender, of_command
from neurocomp.bench.suite.contents import Content
from neurocomp.bench.suite.rows import Row, State

PYTHON = f"{sys.executable} -I -S"

ZLIB = """
import sys, zlib
way, source, target = sys.argv[1:4]
content = open(source, 'rb').read()
open(target, 'wb').write(zlib.compress(content) if way == 'c' else zlib.decompress(content))
"""


def program(folder: Path, name: str, text: str) -> str:
    """Write a Python program and return the words that run it."""
    path = folder / f"{name}.py"
    path.write_text(text)
    return f"{PYTHON} {path}"


def contender(folder: Path, name: str, compress: str = ZLIB, decompress: str = ZLIB) -> Contender:
    """Return a contender of two programs, each of which is given a way and two files."""
    first = program(folder, f"{name}-c", compress)
    second = program(folder, f"{name}-d", decompress)
    return of_command(f"{name}: {first} c {{in}} {{out}} ; {second} d {{in}} {{out}}")


def content(name: str, data: bytes, suffix: str = "") -> Content:
    return Content(name, len(data), hashlib.sha256(data).hexdigest(), lambda: data, suffix)


def png(width: int = 8, height: int = 6) -> bytes:
    """Return a small RGB picture."""
    rows = b"".join(
        b"\0" + bytes((31 * x + 7 * y * c) % 256 for x in range(width) for c in range(3))
        for y in range(height)
    )
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def row(file: str = "a", title: str = "xz -9", size: int = 400, **changes: object) -> Row:
    """Return a row of 1000 bytes that went well."""
    values: dict[str, object] = {
        "suite": "s",
        "file": file,
        "content_bytes": 1000,
        "content_sha256": "0" * 64,
        "contender": title,
        "program": title.split()[0],
        "version": "1",
        "flags": "",
        "threads": 1,
        "state": State.OK,
        "compressed_bytes": size,
        "compared": "bytes",
        "compress_cpu": 0.5,
        "decompress_cpu": 0.25,
        "compress_wall": 0.6,
        "decompress_wall": 0.3,
        "compress_memory": 50_000_000,
        "decompress_memory": 20_000_000,
        "compress_cpus": (0.5,),
        "decompress_cpus": (0.25,),
        "compress_walls": (0.6,),
        "decompress_walls": (0.3,),
        "machine": "m",
        "date": "2026-01-01T00:00:00Z",
    }
    return Row(**{**values, **changes})  # type: ignore[arg-type]
