"""Signals, and standard input, output and error, also where the caller closed one of them."""

from __future__ import annotations

import io
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, cast

from neurocomp.errors import UsageError
from neurocomp.temporaries import discard_unfinished, output_error

if TYPE_CHECKING:
    from typing import BinaryIO

    from _typeshed import ReadableBuffer

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


OUTPUT_NAME = "standard output"


class StandardOutput(io.RawIOBase):
    """Standard output without a buffer, whose errors name it.

    What cannot be written is an error once; what comes after is dropped, so that the end of the
    program does not fail a second time.
    """

    _is_lost = False

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return 1."""
        return 1

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return os.isatty(1)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of ``data``."""
        view = memoryview(data).cast("B")
        size = len(view)
        try:
            while view and not self._is_lost:
                view = view[os.write(1, view) :]
        except OSError as error:
            self._is_lost = True
            raise output_error(error, OUTPUT_NAME) from None
        return size


def prepare_standard_streams() -> None:
    """Make every use of a standard stream that is closed, or full, an error that says so."""
    _occupy_standard_descriptors()
    if os.name == "nt" and sys.stdout is not None:
        return  # a console of Windows takes text, not bytes
    # Where descriptor 1 is closed Python has no sys.stdout, and what is printed is lost silently.
    line_buffering = os.isatty(1)
    encoding = "utf-8" if sys.stdout is None else sys.stdout.encoding
    buffered = io.BufferedWriter(StandardOutput())
    sys.stdout = io.TextIOWrapper(
        buffered, encoding, errors="backslashreplace", line_buffering=line_buffering
    )


def finish_standard_output() -> None:
    """Write what is left to write.

    Raises:
        OSError: that failed, or what was written before is lost.
    """
    if sys.stdout is None:
        return
    sys.stdout.flush()
    try:
        os.close(os.dup(1))  # network file systems tell of a full disk only now
    except OSError as error:
        raise output_error(error, OUTPUT_NAME) from None


def refuse_closed_input() -> None:
    """Raise UsageError where there is no standard input to read."""
    if sys.stdin is None:
        raise UsageError("standard input is closed: name a FILE, or use a pipe")


def standard_output() -> BinaryIO:
    """Return standard output for data, each piece of which leaves at once."""
    return cast("BinaryIO", StandardOutput())


def _occupy_standard_descriptors() -> None:
    """Keep a file that is opened from becoming the standard input, output or error.

    Where one of them was closed by the caller, its use remains an error.
    """
    for descriptor, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_RDONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)
