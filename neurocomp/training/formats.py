"""Types of training data by their first bytes: text, compressed text, or neither."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from neurocomp import extras

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 512
"""Bytes that tell a file's type: a tar's mark comes after its first name."""

Open = Callable[[BinaryIO], BinaryIO]

_COMPRESSED = {
    ".gz": (b"\x1f\x8b\x08",),
    ".xz": (b"\xfd7zXZ\0",),
    ".bz2": tuple(b"BZh%d1AY&SY" % level for level in range(1, 10)),
    ".zst": (b"\x28\xb5\x2f\xfd",),
    ".lzma": (b"\x5d\0\0",),
}
"""Compressed formats by suffix, with their first bytes."""

_OTHERS = {
    "a zip archive (or .docx, .xlsx, .jar, .npz, .pt)": (
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"PK\x07\x08",
    ),
    "a 7z archive": (b"7z\xbc\xaf\x27\x1c",),
    "a rar archive": (b"Rar!\x1a\x07",),
    "a file of compress": (b"\x1f\x9d", b"\x1f\xa0"),
    "a file of lz4": (b"\x04\x22\x4d\x18",),
    "a file of lzip": (b"LZIP\x01",),
    "a file of lzop": (b"\x89LZO\0\r\n\x1a\n",),
    "a file of snappy": (b"\xff\x06\0\0sNaPpY",),
    "a file of neurocomp": (b"\x9eC",),
    "a cabinet": (b"MSCF\0\0\0\0",),
    "a PNG image": (b"\x89PNG\r\n\x1a\n",),
    "a JPEG image": (b"\xff\xd8\xff",),
    "a GIF image": (b"GIF87a", b"GIF89a"),
    "a TIFF image": (b"II*\0", b"MM\0*"),
    "a PDF": (b"%PDF-1.", b"%PDF-2."),
    "an Ogg file": (b"OggS\0",),
    "a FLAC file": (b"fLaC\0",),
    "an MP3 file": (b"ID3\x02", b"ID3\x03", b"ID3\x04"),
    "a Matroska film": (b"\x1a\x45\xdf\xa3",),
    "a program": (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"),
    "an SQLite database": (b"SQLite format 3\0",),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n",),
    "a numpy array": (b"\x93NUMPY",),
    "a Parquet table": (b"PAR1\x15",),
    "a font": (b"wOFF", b"wOF2", b"OTTO\0"),
}
"""First bytes of what is not text, which would be trained on as noise."""


def compression_of(path: Path, head: bytes) -> str | None:
    """Return which of .gz, .xz, .bz2, .zst and .lzma a file is; None if it is not compressed so.

    Args:
        path: name of the file, which decides if the first bytes don't.
        head: the first `HEAD_BYTES` of the file.
    """
    for suffix, starts in _COMPRESSED.items():
        if suffix != ".lzma" and head.startswith(starts):
            return suffix
    suffix = path.suffix.lower()
    # An empty file is empty, whatever it is called.
    return suffix if suffix in _COMPRESSED and head else None


def other_kind(head: bytes) -> str | None:
    """Return a description of a file if its first `HEAD_BYTES` show that it is not text."""
    for kind, starts in _OTHERS.items():
        if head.startswith(starts):
            return kind
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return f"a {head[8:12].decode().strip()} file"
    if head[4:8] == b"ftyp" and head[:3] == b"\0\0\0":
        return "a film (or a HEIF or AVIF image)"
    if head[257:262] == b"ustar":
        return "a tar archive"
    return None


def opener(compression: str) -> Open:
    """Return the function that opens a compressed file for reading.

    Raises:
        MissingPackageError: nothing here does.
    """
    if compression == ".gz":
        return lambda file: cast(BinaryIO, gzip.open(file))
    if compression == ".bz2":
        return lambda file: cast(BinaryIO, bz2.open(file))
    if compression in (".xz", ".lzma"):
        return lambda file: cast(BinaryIO, lzma.open(file))
    if (zstd := extras.optional("compression.zstd")) is not None:  # since Python 3.14
        return lambda file: cast(BinaryIO, zstd.open(file))
    zstandard = extras.optional("zstandard")
    if zstandard is None:
        raise extras.lacking("reading .zst", "bench", "zstandard")
    return lambda file: io.BufferedReader(_ZstdFrames(file, zstandard))


class _ZstdFrames(io.RawIOBase):
    """Zstandard frames one after the other; zstandard's own reader takes a cut one for whole."""

    def __init__(self, file: BinaryIO, zstandard: Any) -> None:
        self._file = file
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 31)
        self._frame: Any = None
        self._compressed = self._content = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the start of ``buffer``; return how many bytes, 0 at the end."""
        while not self._content:
            self._compressed = self._compressed or self._file.read(1 << 14)
            if not self._compressed:
                if self._frame is not None:
                    raise EOFError("it ends before its last frame does")
                return 0
            if self._frame is None:
                self._frame = self._decompressor.decompressobj()
            self._content = self._frame.decompress(self._compressed)
            self._compressed = b""
            if self._frame.eof:
                self._compressed, self._frame = self._frame.unused_data, None
        view = memoryview(buffer).cast("B")
        part, self._content = self._content[: len(view)], self._content[len(view) :]
        view[: len(part)] = part
        return len(part)


def damage_errors() -> tuple[type[BaseException], ...]:
    """Return the exceptions that the libraries raise for damaged files."""
    errors: list[type[BaseException]] = [lzma.LZMAError, EOFError, zlib.error, gzip.BadGzipFile]
    for module in ("compression.zstd", "zstandard"):
        if (zstd := extras.optional(module)) is not None:
            errors.append(zstd.ZstdError)
    return tuple(errors)
