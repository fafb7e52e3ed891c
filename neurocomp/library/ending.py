"""Writers that a program leaves open: what they were given is written before the interpreter ends.

It is done while the interpreter is still whole.  When it clears its modules it is too late: imports
fail, threads don't start, and errors of finalisers are swallowed.
"""

from __future__ import annotations

import atexit
import gc
import io
import weakref
from typing import Protocol


class Unfinished(Protocol):
    """Something with content that is not written yet."""

    def finish_at_exit(self) -> None:
        """Write all of it, in whole frames; what comes later still can be written."""


_binary: weakref.WeakSet[Unfinished] = weakref.WeakSet()
_text: weakref.WeakSet[Unfinished] = weakref.WeakSet()
_is_ending = False


def watch(writer: Unfinished, *, is_text: bool = False) -> None:
    """Finish ``writer`` when the program ends, if it still exists then."""
    (_text if is_text else _binary).add(writer)


def is_ending() -> bool:
    """Return whether the program is at its end, so that nothing may be left for later."""
    return _is_ending


def layers_on(file: io.IOBase) -> list[io.IOBase]:
    """Return Python's own text and buffer layers around ``file``, outermost first.

    They hand their content on when they are collected, which is too late as well.
    """
    found: list[io.IOBase] = []
    below: list[io.IOBase] = [file]
    while below:
        kinds = (io.TextIOWrapper, io.BufferedWriter)
        above = [one for one in gc.get_referrers(*below) if isinstance(one, kinds)]
        below = [one for one in above if one not in found and not one.closed]
        found += below
    return found[::-1]


@atexit.register
def _finish_all() -> None:
    """Finish text, which is written to binary files, then those.

    Raises:
        Exception: what the first of them raised, which Python prints.
    """
    global _is_ending
    _is_ending = True
    failures: list[Exception] = []
    for writer in (*_text, *_binary):
        try:
            writer.finish_at_exit()
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
