"""Token sets that commands are given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp.errors import FormatError, UsageError

if TYPE_CHECKING:
    from neurocomp.symbols.tokens import TokenSet


def read_token_file(path: Path) -> TokenSet:
    """Return the token set in ``path``.

    Raises:
        UsageError: it is no token file.
        OSError: it cannot be read.
    """
    from neurocomp.symbols.tokens import read_tokens

    if path.is_dir():
        raise UsageError(f"{path} is a folder: make a token file with 'neurocomp dalle tokenize'")
    try:
        return read_tokens(path.read_bytes())
    except FormatError as error:
        raise UsageError(
            f"{path} is not a token file ({error}): make one with 'neurocomp dalle tokenize'"
        ) from None
