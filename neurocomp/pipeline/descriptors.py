"""Names of this process's own descriptors: /dev/stdout, /dev/fd/1, /proc/self/fd/1."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MAX_LINKS = 40
_OWN_FOLDER = re.compile(r"/(?:dev/fd|proc/(?:self|thread-self|(?P<process>\d+))(?:/task/\d+)?/fd)")


def own_descriptor(path: Path) -> int | None:
    """Return the number of the descriptor that ``path`` stands for, perhaps through links.

    Such a name may lead to a plain file, which the shell opened for this process: to replace it
    would put the output where nobody looks for it, and the link of the system out of the way.
    """
    current = os.path.abspath(path)
    for _ in range(_MAX_LINKS):
        folder = os.path.realpath(os.path.dirname(current))
        name = os.path.basename(current)
        match = _OWN_FOLDER.fullmatch(folder)
        if match is not None and name.isascii() and name.isdigit():
            process = match["process"]
            return int(name) if process is None or int(process) == os.getpid() else None
        try:
            current = os.path.join(folder, os.readlink(os.path.join(folder, name)))
        except OSError:
            return None
    return None
