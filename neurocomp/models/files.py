"""Writing files whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from neurocomp.temporaries import temporary_beside


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` beside ``path`` and rename it into place.

    Raises:
        OSError: the folder is missing or cannot be written; ``path`` is as it was before.
    """
    with temporary_beside(path) as temporary:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
