"""Names and texts that came from elsewhere, as messages may show them.

A file's name, a tar's member or a caption may hold escape sequences that move a terminal's cursor,
or characters that reverse the direction of what follows.  Messages show them as escapes.
"""

from __future__ import annotations

import os

MAX_SHOWN = 200
"""Characters of a text that a message shows, where the whole is not asked for."""

_ELLIPSIS = "…"


def printable(name: str | bytes | os.PathLike[str], limit: int | None = None) -> str:
    r"""Return ``name`` with what a terminal does not print written as escapes: ``\x1b``, ``\n``.

    Control and format characters (those that change the direction of text among them), separators
    other than the space, and bytes that are not UTF-8 are escaped; letters of every script stay.

    Args:
        name: text, or bytes or a path of the file system.
        limit: characters of ``name`` that are shown; a longer one ends in "…".
    """
    text = os.fsdecode(name)
    if limit is not None and len(text) > limit:
        text = text[:limit] + _ELLIPSIS
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def quoted(text: str, limit: int = MAX_SHOWN) -> str:
    """Return ``text`` in quotation marks, escaped as by `printable` and shortened to ``limit``."""
    return f"'{printable(text, limit)}'"


def _escape(one: str) -> str:
    """Return the escape of a character: of a byte that is not UTF-8 as that byte."""
    if "\udc80" <= one <= "\udcff":
        return f"\\x{ord(one) - 0xDC00:02x}"
    return one.encode("unicode_escape", "surrogatepass").decode("ascii")
