"""Text on top of a compressed file that is written."""

from __future__ import annotations

import codecs
import io
from types import TracebackType

from neurocomp.library import ending
from neurocomp.library.file_object import NeurocompFile
from neurocomp.library.writer import NotWholeError


class TextWriter(io.TextIOWrapper):
    """Text to a ``NeurocompFile``.

    A byte-order mark is written where the encoding has one and the content is empty so far; a file
    that is appended to has its own.  ``tell`` is the number of bytes that the text has.

    Args:
        file: open for writing.
        encoding: as in ``open``; likewise ``errors`` and ``newline``.
        errors: see ``open``.
        newline: see ``open``.
    """

    def __init__(
        self, file: NeurocompFile, encoding: str | None, errors: str | None, newline: str | None
    ) -> None:
        self._file = file
        # TextIOWrapper writes a mark only where it can ask for the position, of what can seek.
        with file.posing_as_seekable():
            super().__init__(file, encoding, errors, newline)
        ending.watch(self, is_text=True)

    def write(self, text: str, /) -> int:
        """Take text; return how many characters these are."""
        self._file.claim()
        return super().write(text)

    def tell(self) -> int:
        """Return the number of bytes that were written, of the text so far."""
        with self._file.posing_as_seekable():
            super().flush()
        return self._file.tell()

    def seek(self, cookie: int, whence: int = 0, /) -> int:
        """Raise UnsupportedOperation: what is written stays."""
        raise io.UnsupportedOperation("the file was opened for writing")

    def finish_at_exit(self) -> None:
        """Hand all text on, for a program that ends."""
        if not self.closed and self._file.is_of_this_process:
            with self._file.posing_as_seekable():
                self.reconfigure(write_through=True)

    def __del__(self) -> None:
        file = getattr(self, "_file", None)
        if file is not None and not file.closed:
            if file.is_of_this_process:
                self.close()
            else:
                file.abandon()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self._file.hurry()
        try:
            self.close()
        except NotWholeError:
            if kind is None:
                raise


def check_text_arguments(encoding: str | None, errors: str | None, newline: str | None) -> None:
    """Raise what a text file would, before there is one.

    Raises:
        LookupError: there is no such encoding of text, or no such way with errors.
        ValueError, TypeError: ``newline`` is none.
    """
    io.TextIOWrapper(io.BytesIO(), encoding, errors, newline).close()
    if errors is not None:
        codecs.lookup_error(errors)
