"""First words that are nearly a command."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection

from neurocomp.errors import UsageError

_ELSEWHERE = {
    "add": "models add",
    "check": "test",
    "cat": "decompress -c",
    "decode": "decompress",
    "encode": "compress",
    "expand": "decompress",
    "extract": "decompress",
    "generate": "dalle generate",
    "help": "--help",
    "import": "models import",
    "inspect": "info",
    "list": "info",
    "ls": "info",
    "pack": "compress",
    "pull": "models pull",
    "recover": "decompress --recover",
    "remove": "models remove",
    "restore": "decompress",
    "show": "info",
    "uncompress": "decompress",
    "unpack": "decompress",
    "unzip": "decompress",
    "verify": "test",
    "version": "--version",
    "zip": "compress",
}
"""What the words of other tools are here."""

_MIN_ABBREVIATION = 2
_MIN_RATIO = 0.7


def refuse_near_command(word: str, commands: Collection[str]) -> None:
    """Raise UsageError where ``word`` is no file, but looks like a command.

    It would be taken for a file to compress, and so would what comes after it.
    """
    if word.startswith("-") or not word or os.path.lexists(word):
        return
    guess = _nearest(word.casefold(), commands)
    if guess is not None:
        raise UsageError(
            f"there is no command and no file {word!r}: did you mean 'neurocomp {guess}'?"
        )


def _nearest(word: str, commands: Collection[str]) -> str | None:
    if word in commands:
        return word
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    begun = sorted(name for name in commands if name.startswith(word))
    if begun and len(word) >= _MIN_ABBREVIATION:
        return begun[0]
    near = difflib.get_close_matches(word, [*commands, *_ELSEWHERE], n=1, cutoff=_MIN_RATIO)
    return _ELSEWHERE.get(near[0], near[0]) if near else None
