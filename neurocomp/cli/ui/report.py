"""Messages to people, on stderr, and the exit code that they add up to."""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from neurocomp.errors import NeurocompError, UsageError
from neurocomp.names import printable
from neurocomp.temporaries import OutputError

STDIN_NAME = "(stdin)"
DEBUG_VARIABLE = "NEUROCOMP_DEBUG"


class ExitCode(enum.IntEnum):
    """Exit codes; after a signal, 128 plus its number."""

    OK = 0
    ERROR = 1
    USAGE = 2
    BROKEN_PIPE = 141


class Refused(Exception):
    """A file that is not worked on; the message says why, and what to do."""


class Reporter:
    """Says what happens and remembers whether all went well.

    Args:
        quiet: leave warnings and notes out.
        verbose: tell the details.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.exit_code = ExitCode.OK
        self.num_errors = 0
        self.num_unreadable = 0

    def error(self, name: str, message: str) -> None:
        """Report that ``name`` failed, and set the exit code to 1."""
        self.exit_code = ExitCode.ERROR
        self.num_errors += 1
        say(f"{name}: {message}")

    def unreadable(self, name: str, error: OSError) -> None:
        """Report that the input ``name`` cannot be read, and set the exit code to 1."""
        self.num_unreadable += 1
        self.error(name, describe(error, name))

    def note(self, message: str) -> None:
        """Print a note."""
        if not self.quiet:
            say(message)

    def detail(self, message: str) -> None:
        """Print a detail, with ``-v`` only."""
        if self.verbose and not self.quiet:
            say(message)

    @contextmanager
    def guard(self, name: str) -> Iterator[None]:
        """Turn errors on the file ``name`` into messages, so that the next file has its turn."""
        try:
            yield
        except (BrokenPipeError, UsageError):
            raise
        except Refused as error:
            self.error(name, str(error))
        except (NeurocompError, OSError, MemoryError) as error:
            show_traceback()
            self.error(name, describe(error, name))


def show_traceback() -> None:
    """Print where the current exception arose, for those who asked for it."""
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exc()


def say(message: str) -> None:
    """Print one line on stderr, whatever characters the names in it have."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"neurocomp: {printable(message)}", file=sys.stderr, flush=True)


def describe(error: Exception, name: str) -> str:
    """Return a description of the error of file ``name``, without repeating the name."""
    if isinstance(error, MemoryError):
        return "not enough memory: a smaller --block-size or fewer --threads need less"
    if isinstance(error, FileExistsError):
        return f"{error}: give -f to overwrite it"
    if isinstance(error, OSError) and error.strerror:
        other = None if error.filename is None else display(error.filename)
        if other is None or other == name:
            return error.strerror
        verb = "cannot write " if isinstance(error, OutputError) else ""
        return f"{verb}{other}: {error.strerror}"
    return str(error)


def describe_system_error(error: OSError) -> str:
    """Return a description of a system error, with its file if known."""
    if error.strerror and isinstance(error.filename, str | bytes | os.PathLike):
        return f"{display(error.filename)}: {error.strerror}"
    return str(error)


def display(path: str | bytes | os.PathLike[str]) -> str:
    """Return ``path`` as it may be shown on a terminal: in quotes where it had to be changed."""
    text = os.fsdecode(path)
    if text.isprintable() and text:
        return text
    return f"'{printable(text.replace(chr(92), chr(92) * 2))}'"
