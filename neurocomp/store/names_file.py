"""The file of a store that says what its models are called."""

from __future__ import annotations

import json
import re
from pathlib import Path

from neurocomp.errors import FormatError, UsageError
from neurocomp.names import printable, quoted
from neurocomp.store.files import write_atomically

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_HASH = re.compile(r"[0-9a-f]{64}")


def is_name(name: str) -> bool:
    """Return whether ``name`` can name a model."""
    return _NAME.fullmatch(name) is not None


def is_hash(text: str) -> bool:
    """Return whether ``text`` is a SHA-256 in hexadecimal."""
    return _HASH.fullmatch(text) is not None


def check_name(name: str) -> None:
    """Raise UsageError where ``name`` can't name a model."""
    if not is_name(name):
        raise UsageError(
            f"{quoted(name)} cannot name a model: use a-z, 0-9, '.', '_' and '-', "
            "beginning with a letter or digit"
        )


class NamesFile:
    """Names and hashes of models, as JSON; replaced whole.

    Args:
        path: the file, which need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, str]:
        """Return the hashes, in hexadecimal, by name; none where there is no file.

        Raises:
            FormatError: the file is damaged.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError:
            text = ""
        try:
            names = json.loads(text)
        except (ValueError, RecursionError):
            names = None
        if not isinstance(names, dict) or not all(
            is_name(name) and isinstance(sha256, str) and is_hash(sha256)
            for name, sha256 in names.items()
        ):
            raise FormatError(
                f"{printable(self._path)} is damaged: remove it and name the models again "
                "with 'neurocomp models add FILE --name NAME'; the models themselves are not lost"
            )
        return names

    def write(self, names: dict[str, str]) -> None:
        """Replace the file by one of ``names``, hashes by name; whoever calls holds the lock."""
        text = json.dumps(dict(sorted(names.items())), indent=2) + "\n"
        write_atomically(self._path, text.encode())
