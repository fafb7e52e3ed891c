"""Temporary files of this process, which a signal that ends it must not leave behind."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_unfinished: set[Path] = set()


@contextmanager
def temporary_beside(target: Path) -> Iterator[Path]:
    """Give a new name in the folder of ``target``; a file left under it is removed in the end.

    What the system refuses of it is said of ``target``, the name that people know.  The new one is
    noted before the file can be there, so that no signal comes between.
    """
    temporary = target.parent / f".neurocomp-{secrets.token_hex(8)}.tmp"
    _unfinished.add(temporary)
    try:
        yield temporary
    except OSError as error:
        if error.filename == os.fspath(temporary):
            error.filename = os.fspath(target)
        raise
    finally:
        temporary.unlink(missing_ok=True)
        _unfinished.discard(temporary)


def discard_unfinished() -> None:
    """Remove all temporary files of this process at once, for one that is about to end."""
    for temporary in tuple(_unfinished):
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
