"""The text that all models of the experiment code: the first tokens of a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import UsageError
from neurocomp.exact import Stream
from neurocomp.models.hub.tokenizer import read_tokenizer
from neurocomp.symbols import BytePairs

MAX_TOKEN_BYTES = 32
"""How much of a file is read for each token wanted; text has about 4 bytes in one."""


@dataclass(frozen=True, eq=False)
class Excerpt:
    """The start of a text.

    Attributes:
        content: its bytes; every model codes exactly these.
        tokens: what they are in byte pairs, shape (n,).
    """

    content: bytes
    tokens: Stream

    @property
    def sha256(self) -> str:
        """Hash of the content, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def tokenizer_of(folder: Path) -> bytes:
    """Return the vocabulary in ``folder`` as models store it; raises UsageError without one."""
    tokenizer = read_tokenizer(folder)
    if tokenizer is None:
        raise UsageError(f"{folder} has no tokenizer: name a folder with vocab.json and merges.txt")
    return tokenizer


def read_excerpt(path: Path, symbol_map: BytePairs, alphabet_size: int, size: int) -> Excerpt:
    """Return the first ``size`` tokens of a text, or all if there are fewer.

    The bytes are cut where the last token ends, and are tokenised anew without what followed, so
    that the number of tokens may differ by a few.

    Raises:
        UsageError: the file is missing or empty.
    """
    if not path.is_file():
        raise UsageError(f"{path} does not exist or is not a file: name the text to code")
    with path.open("rb") as file:
        start = file.read(size * MAX_TOKEN_BYTES)
    content = symbol_map.decode(symbol_map.encode(start, alphabet_size)[:size])
    if not content:
        raise UsageError(f"{path} is empty: name a text to code")
    return Excerpt(content, symbol_map.encode(content, alphabet_size))
