"""Files of training text as memory-mapped symbols, decompressed and tokenised once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from neurocomp.errors import UsageError
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

    def load(self, path: Path) -> Symbols:
        """Return the symbols of ``path``, mapped into memory.

        Raises:
            UsageError: the file does not exist, or is a folder.
            FormatError: it is not a whole .xz file.
        """
        if not path.is_file():
            raise UsageError(f"{path} does not exist or is not a file: name files of training text")
        digest = hashlib.sha256(path.read_bytes())
        digest.update(path.suffix.encode() + b"\0" + self.name.encode())
        entry = self.folder / f"{digest.hexdigest()}.npy"
        if not entry.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = entry.with_suffix(f".{os.getpid()}.tmp")
            with temporary.open("wb") as file:
                np.save(file, self._read(path))
            os.replace(temporary, entry)
        symbols: Symbols = np.load(entry, mmap_mode="r")
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
