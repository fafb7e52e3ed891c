"""Reading files of training text."""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UsageError

SEPARATOR = b"\x1e"
"""Between two documents of one file: the record separator of ASCII."""


def read_documents(
    paths: Sequence[Path], *, split: bool = False, max_bytes: int | None = None
) -> list[NDArray[np.uint8]]:
    """Return the documents of ``paths`` as arrays of bytes, none of them empty.

    Args:
        paths: files of text; one that ends in ".xz" is decompressed.
        split: whether a byte 0x1e separates documents; otherwise each file is one document.
        max_bytes: read no more than the first so many (decompressed) bytes of each file.

    Raises:
        UsageError: a file does not exist or is a folder, or ``max_bytes`` is not positive.
        FormatError: an .xz file is damaged or cut short.
        OSError: a file cannot be read.
    """
    if max_bytes is not None and max_bytes < 1:
        raise UsageError(f"max_bytes is {max_bytes}, not positive")
    documents = []
    for path in paths:
        content = _read(path, -1 if max_bytes is None else max_bytes)
        parts = content.split(SEPARATOR) if split else [content]
        documents += [np.frombuffer(part, np.uint8) for part in parts if part]
    return documents


def _read(path: Path, size: int) -> bytes:
    if not path.is_file():
        raise UsageError(f"{path} does not exist or is not a file: name files of training text")
    if path.suffix != ".xz":
        with path.open("rb") as file:
            return file.read(size)
    try:
        with lzma.open(path) as file:
            return file.read(size)
    except (lzma.LZMAError, EOFError) as error:
        raise FormatError(f"{path} is not a whole .xz file: {error}") from None
