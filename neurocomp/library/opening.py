"""``neurocomp.open``: a compressed file, binary or text."""

from __future__ import annotations

import codecs
import io
from types import TracebackType
from typing import Literal, Unpack, overload

from neurocomp.errors import UsageError
from neurocomp.library import ending
from neurocomp.library.arguments import CompressArguments, ModelPath, PathArgument
from neurocomp.library.file_object import NeurocompFile
from neurocomp.library.streams import Stream
from neurocomp.library.underlying import BINARY_MODES
from neurocomp.library.writer import NotWholeError


class TextWriter(io.TextIOWrapper):
    """Text to a ``NeurocompFile``.

    A byte-order mark is written where the encoding has one and the content is empty so far; a file
    that is appended to has its own.  ``tell`` is the number of bytes that the text has.

    Args:
        file: open for writing.
        encoding: the encoding, as in ``open``; likewise ``errors`` and ``newline``.
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


BinaryMode = Literal["r", "rb", "w", "wb", "x", "xb", "a", "ab"]
TextMode = Literal["rt", "wt", "xt", "at"]
TEXT_MODES = ("rt", "wt", "xt", "at")


@overload
def open_compressed(
    file: PathArgument | Stream,
    mode: BinaryMode = "rb",
    *,
    encoding: None = None,
    errors: None = None,
    newline: None = None,
    **arguments: Unpack[CompressArguments],
) -> NeurocompFile: ...


@overload
def open_compressed(
    file: PathArgument | Stream,
    mode: TextMode,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    **arguments: Unpack[CompressArguments],
) -> io.TextIOWrapper: ...


@overload
def open_compressed(
    file: PathArgument | Stream,
    mode: str,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    **arguments: Unpack[CompressArguments],
) -> NeurocompFile | io.TextIOWrapper: ...


def open_compressed(
    file: PathArgument | Stream,
    mode: str = "rb",
    *,
    preset: str | None = None,
    model: PathArgument | None = None,
    coder: str | None = None,
    block_bytes: int | None = None,
    threads: int = 0,
    verify: bool | None = None,
    model_path: ModelPath = (),
    overlap: int | None = None,
    dictionary: PathArgument | None = None,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    window: int | None = None,
) -> NeurocompFile | io.TextIOWrapper:
    """Open a compressed file for reading or writing its content, as ``lzma.open``.

    Every argument is checked before the file is opened.  ``NeurocompFile`` tells how content is
    read and written, and what happens when a program or a ``with`` statement ends early.

    Args:
        file: a path, or a binary file object that is left open; see ``NeurocompFile``.
        mode: "rb", "wb", "xb", "ab", or with "t" instead of "b" for text; without either, binary.
        preset: the preset for writing, as in ``compress``; likewise the arguments up to ``verify``.
        model: see ``compress``.
        coder: see ``compress``.
        block_bytes: see ``compress``; smaller blocks make shorter seeks and longer files.
        threads: sections of a block that are coded at once; 0 for as many as there are cores.
        verify: see ``compress``.
        model_path: files and folders to search for models as well as the store.
        overlap: see ``compress``; for writing.
        dictionary: see ``compress``; for writing.
        encoding: the encoding of text, as in ``open``; likewise ``errors`` and ``newline``.
        errors: see ``open``.
        newline: see ``open``.
        window: see ``compress``; for writing.

    Raises:
        TypeError: an argument has a type that it can't have.
        UsageError: a mode or option is wrong.
        LookupError: there is no such encoding.
        ModelError: there is no such model.
        FormatError: what is to be appended to is not made of frames.  Files that are read show
            their damage when it is read.
        OSError: as ``open``.
    """
    if not isinstance(mode, str):
        raise TypeError(f"mode is a str, not {type(mode).__name__}")
    if mode not in BINARY_MODES + TEXT_MODES:
        raise UsageError(f"mode {mode!r} is not one of {', '.join(BINARY_MODES + TEXT_MODES)}")
    arguments: CompressArguments = {
        "preset": preset,
        "model": model,
        "coder": coder,
        "block_bytes": block_bytes,
        "threads": threads,
        "verify": verify,
        "model_path": model_path,
        "overlap": overlap,
        "dictionary": dictionary,
        "window": window,
    }
    if mode in BINARY_MODES:
        for name, value in (("encoding", encoding), ("errors", errors), ("newline", newline)):
            if value is not None:
                raise UsageError(f"{name} is for text modes, mode {mode!r} is binary")
        return NeurocompFile(file, mode, **arguments)
    encoding = io.text_encoding(encoding)
    check_text_arguments(encoding, errors, newline)
    content = NeurocompFile(file, mode[0], **arguments)
    text: io.TextIOWrapper
    if mode == "rt":
        text = io.TextIOWrapper(content, encoding, errors, newline)
    else:
        text = TextWriter(content, encoding, errors, newline)
    # As ``open`` does; type checkers take it for a property.
    object.__setattr__(text, "mode", mode)
    return text
