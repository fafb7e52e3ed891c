"""The compressed file below a file object: opened by its path, or somebody else's."""

from __future__ import annotations

import os
from typing import Any, BinaryIO, cast

from neurocomp.errors import FormatError, UsageError
from neurocomp.library.arguments import PathArgument
from neurocomp.library.streams import Stream, check_stream, is_path
from neurocomp.pipeline.seekable import SeekableContent

BINARY_MODES = ("r", "rb", "w", "wb", "x", "xb", "a", "ab")


def check_file_and_mode(file: PathArgument | Stream, mode: str) -> None:
    """Check what can be checked before anything is opened.

    Raises:
        UsageError: ``mode`` is none of `BINARY_MODES`.
        TypeError: ``file`` is neither a path nor a file object for that mode.
    """
    if mode not in BINARY_MODES:
        raise UsageError(f"mode {mode!r} is not one of {', '.join(BINARY_MODES)}")
    if not is_path(file):
        check_stream(file, "read" if mode[0] == "r" else "write")


class Underlying:
    """A file of bytes that is closed only if it was opened here.

    Args:
        file: a path, or a binary file object.
        mode: one of `BINARY_MODES`; it says nothing about a file object.

    Attributes:
        stream: the file object.
        is_own: whether it was opened here.
        content_bytes: size of the content of the file that is appended to; otherwise 0.

    Raises:
        FormatError: what is to be appended to is not made of frames.
        OSError: as ``open``.
    """

    def __init__(self, file: PathArgument | Stream, mode: str) -> None:
        self.stream: Any = file
        self.is_own = is_path(file)
        self.content_bytes = 0
        if self.is_own:
            path = cast(PathArgument, file)
            if mode[0] == "a":
                self.content_bytes = _appendable_bytes(path)
            self.stream = open(path, mode[0] + "b")  # noqa: SIM115

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self.is_own:
            self.stream.close()


def _appendable_bytes(path: PathArgument) -> int:
    """Return the size of the content of the file to be appended to, 0 where there is none.

    Raises:
        FormatError: it is not made of frames, so that nobody could read what is appended.
    """
    try:
        if not os.path.isfile(path) or not os.path.getsize(path):
            return 0
        with open(path, "rb") as file:
            return SeekableContent(cast(BinaryIO, file)).num_bytes
    except FormatError as error:
        raise type(error)(f"{os.fsdecode(path)} cannot be appended to: {error}") from None
