"""Files of training text: read, decompressed and tokenised once, and memory-mapped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import platformdirs
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UsageError
from neurocomp.store.files import replaced_file
from neurocomp.training.formats import HEAD_BYTES, compression_of, damage_errors, opener, other_kind

SEPARATOR = b"\x1e"
"""Between two documents of one file: the record separator of ASCII."""

_CHUNK_BYTES = 1 << 20


def read_documents(
    paths: Sequence[Path],
    *,
    split: bool = False,
    max_bytes: int | None = None,
    is_text: bool = True,
) -> list[NDArray[np.uint8]]:
    """Return the documents of ``paths`` as arrays of bytes, none of them empty.

    Args:
        paths: files of text; what gzip, xz, bzip2 or zstd have compressed is decompressed.
        split: whether a byte 0x1e separates documents; otherwise each file is one document.
        max_bytes: limit of the bytes to read of each file, decompressed.
        is_text: whether files that are archives, images and the like by their first bytes are
            refused; without it only names tell that a file is compressed.

    Raises:
        UsageError: a file does not exist, is a folder or is not text, or ``max_bytes`` is not
            positive.
        FormatError: a compressed file is damaged or cut short.
        OSError: a file cannot be read.
    """
    if max_bytes is not None and max_bytes < 1:
        raise UsageError(f"max_bytes is {max_bytes}, not positive")
    documents = []
    for path in paths:
        content = read_content(path, max_bytes, is_text=is_text)
        parts = content.split(SEPARATOR) if split else [content]
        documents += [np.frombuffer(part, np.uint8) for part in parts if part]
    return documents


def read_content(path: Path, max_bytes: int | None = None, *, is_text: bool = True) -> bytes:
    """Return the content of a file, decompressed; see `read_documents`."""
    if not path.is_file():
        raise UsageError(f"{path} does not exist or is not a file: name files of training text")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        compression = compression_of(path, head if is_text else head[:0] or b"?")
        if compression is None:
            if is_text:
                _refuse(path, head, "")
            return file.read(-1 if max_bytes is None else max_bytes)
        content = _decompress(path, file, compression, max_bytes)
    if is_text:
        start = content[:HEAD_BYTES]
        inner = compression_of(Path("content"), start)
        _refuse(path, start, "what is compressed in it is ", inner and f"a {inner} file")
    return content


def texts_in(folder: Path) -> tuple[list[Path], int]:
    """Return the files of text below ``folder``, and how many others there are; links are neither.

    Raises:
        OSError: a file can't be read.
    """
    found = [one for one in sorted(folder.rglob("*")) if one.is_file() and not one.is_symlink()]
    chosen = [one for one in found if is_training_text(one)]
    return chosen, len(found) - len(chosen)


def is_training_text(path: Path) -> bool:
    """Return whether the first bytes of a file leave it possible that it is text."""
    with path.open("rb") as file:
        return other_kind(file.read(HEAD_BYTES)) is None


def _decompress(path: Path, file: BinaryIO, compression: str, max_bytes: int | None) -> bytes:
    chunks, left = [], max_bytes
    try:
        with opener(compression)(file) as stream:
            while left is None or left > 0:
                chunk = stream.read(_CHUNK_BYTES if left is None else min(left, _CHUNK_BYTES))
                if not chunk:
                    break
                chunks.append(chunk)
                left = None if left is None else left - len(chunk)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    except OSError as error:
        # bz2 reports damage so; an error of the system has a number.
        if error.errno is not None:
            raise
        raise FormatError(f"{path} is not a whole {compression} file: {error}") from None
    except damage_errors() as error:
        raise FormatError(f"{path} is not a whole {compression} file: {error}") from None
    return b"".join(chunks)


def _refuse(path: Path, head: bytes, which: str, kind: str | None = None) -> None:
    kind = kind or other_kind(head)
    if kind is not None:
        raise UsageError(
            f"{path} is not text: {which or 'by its first bytes it is '}{kind}: unpack it or name "
            "other files"
        )


Symbols = NDArray[Any]
"""Shape (symbols,), uint8 or uint16; documents have one separator symbol between them."""

Encode = Callable[[bytes], Sequence[int] | NDArray[Any]]
"""Turns the bytes of a document into symbols."""


class SymbolCache:
    """Turns files into symbols, and keeps the result for the next run.

    An entry is found by the SHA-256 of the file's content and the name of the alphabet, so that
    it never has to be removed because something changed.

    Args:
        folder: folder of the entries; by default the user's cache folder.
        name: name of the alphabet; another tokenizer has another name.
        separator: the symbol between two documents.
        encode: turns the bytes of one document into symbols; None where bytes are the symbols.
    """

    def __init__(
        self,
        folder: Path | None = None,
        name: str = "bytes",
        separator: int = SEPARATOR[0],
        encode: Encode | None = None,
    ) -> None:
        self.folder = folder or platformdirs.user_cache_path("neurocomp") / "training"
        self.name = name
        self.separator = separator
        self._encode = encode
        self.digests: dict[Path, str] = {}
        """SHA-256 of the files that were loaded."""

    def load(self, path: Path) -> Symbols:
        """Return the symbols of ``path``, mapped into memory.

        Raises:
            UsageError: the file does not exist, is a folder, or is not text.
            FormatError: it is compressed and damaged.
            OSError: it can't be read, or the cache can't be written.
        """
        if not path.is_file():
            raise UsageError(f"{path} does not exist or is not a file: name files of training text")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        self.digests[path] = digest.hexdigest()
        digest.update(path.suffix.encode() + b"\0" + self.name.encode())
        entry = self.folder / f"{digest.hexdigest()}.npy"
        symbols = _map(entry)
        if symbols is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replaced_file(entry) as file:
                np.save(file, self._read(path))
            symbols = _map(entry)
        if symbols is None:
            raise FormatError(f"{entry} can't be read again: name another folder with --cache")
        return symbols

    def _read(self, path: Path) -> Symbols:
        documents = read_documents([path], split=True)
        if self._encode is None:
            joined = SEPARATOR.join(document.tobytes() for document in documents)
            return np.frombuffer(joined, np.uint8)
        parts: list[Symbols] = []
        for document in documents:
            if parts:
                parts.append(np.asarray([self.separator], np.uint16))
            parts.append(np.asarray(self._encode(document.tobytes()), np.uint16))
        return np.concatenate(parts) if parts else np.empty(0, np.uint16)


def _map(entry: Path) -> Symbols | None:
    """Return an entry of the cache, None where there is none or it is damaged."""
    try:
        symbols: Symbols = np.load(entry, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    return symbols
