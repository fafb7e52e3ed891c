"""What happens on Ctrl-C and its kind."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from neurocomp.temporaries import discard_unfinished

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_SHOW_CURSOR = b"\r\x1b[K\x1b[?25h"
SIGNALLED = 128
"""Exit codes above it stand for the signal of the rest."""


def exit_on_signals() -> None:
    """Make signals that ask the process to end do so at once and leave no unfinished file.

    A signal that was ignored when the program started, as under ``nohup``, stays ignored.
    """
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _exit)


def die_by(number: int) -> NoReturn:
    """End this process by the signal ``number`` itself.

    A shell goes on with its loop after a command that exits, with whatever code, and ends it only
    where the signal was what ended the command.
    """
    signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    os._exit(SIGNALLED + number)  # where a signal does not end a process


def _exit(number: int, frame: FrameType | None) -> None:
    # Not by an exception: threads in compiled code would have to be waited for.
    discard_unfinished()
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    die_by(number)
