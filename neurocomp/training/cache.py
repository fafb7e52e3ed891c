"""Files of training text as memory-mapped symbols, decompressed and tokenised once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.files import replaced_file
from neurocomp.training.data import SEPARATOR, read_documents

Symbols = NDArray[Any]
"""Shape (symbols,), uint8 or uint16; documents have one separator symbol between them."""

Encode = Callable[[bytes], Sequence[int] | NDArray[Any]]
"""Turns the bytes of a document into symbols."""


class SymbolCache:
    """Turns files into symbols, and keeps the result for the next run.

    An entry is found by the SHA-256 of the file's content and the name of the alphabet, so that
    it never has to be removed because something changed.

    Args:
        folder: where entries are kept; by default the user's cache folder.
        name: of the alphabet; another tokenizer has another name.
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
