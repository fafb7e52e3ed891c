"""Files that are being written: none is left behind by a signal, none is lost by a crash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_unfinished: set[Path] = set()


class OutputError(OSError):
    """An output could not be written; ``filename`` names it.

    What the system says of a full disk names no file, and whoever reads a file and writes another
    could not tell which of the two it is about.
    """


def output_error(error: OSError, name: str | os.PathLike[str]) -> OSError:
    """Return ``error`` as one that says which output it is about.

    A broken pipe stays one: it is not a failure but the wish of the reader.
    """
    if isinstance(error, BrokenPipeError):
        return error
    return OutputError(error.errno, error.strerror or str(error), os.fspath(name))


@contextmanager
def temporary_beside(target: Path, suffix: str = ".tmp") -> Iterator[Path]:
    """Give a new name in the folder of ``target``; a file left under it is removed in the end.

    What the system refuses of it is said of ``target``, the name that people know.  The new one is
    noted before the file can be there, so that no signal comes between.
    """
    temporary = target.parent / f".neurocomp-{os.urandom(8).hex()}{suffix}"
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
