"""A compressed file on top of another library's file object, both of which end together."""

from __future__ import annotations

from typing import Unpack

from neurocomp.library.arguments import CompressArguments
from neurocomp.library.file_object import NeurocompFile
from neurocomp.library.streams import Stream


class OwnedFile(NeurocompFile):
    """A ``NeurocompFile`` that closes the file object that it was given.

    Args:
        file: a binary file object.
        mode: "rb", "wb" or "ab".
        arguments: those of ``NeurocompFile``.

    Raises:
        What ``NeurocompFile`` raises; ``file`` is closed then.
    """

    def __init__(self, file: Stream, mode: str, **arguments: Unpack[CompressArguments]) -> None:
        self._owned: Stream | None = file
        try:
            super().__init__(file, mode, **arguments)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Finish the frame, then close the file below."""
        try:
            super().close()
        finally:
            owned, self._owned = self._owned, None
            if owned is not None:
                owned.close()
