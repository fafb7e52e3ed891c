"""A cache of what was made from files, valid while their content is the same.

A path says nothing about content: a file is replaced, a process changes its folder, a name belongs
to another home.  So what is kept is found by content: by its SHA-256 where the file is small or has
just been written, and else by the file's device, inode, size and times, which no writer leaves as
they were (a file written twice within one tick of the clock is one that has just been written).
"""

from __future__ import annotations

import os
import stat
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")

HASHED_BYTES = 1 << 22
"""Files up to this size are known by their content alone."""

SETTLED_NS = 3_000_000_000
"""Older changes than this show in a file's times: the coarsest clock of a file system has 2 s."""


def content_key(path: Path) -> Hashable:
    """Return a key that is equal for the same content only.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        latest = max(status.st_mtime_ns, status.st_ctime_ns)
        # A time to come is one of another clock.
        settled = latest + SETTLED_NS < time.time_ns()
        if stat.S_ISREG(status.st_mode) and (status.st_size <= HASHED_BYTES or not settled):
            import hashlib

            return hashlib.file_digest(file, "sha256").digest()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class ContentCache(Generic[Value]):
    """Keeps what ``load`` makes of the files that were asked for last.

    Args:
        load: makes it of a path; what it raises is not kept.
        capacity: files at most.
    """

    def __init__(self, load: Callable[[Path], Value], capacity: int) -> None:
        self._load = load
        self._capacity = capacity
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()
        # A child of fork() gets a lock of its own: the parent's may be held by another thread.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew_lock)

    def __call__(self, path: Path) -> Value:
        """Return the value made from the current content of the file at ``path``.

        Raises:
            OSError: it cannot be read.
        """
        key = content_key(path)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = self._load(path)
        # Kept only where the file was not exchanged between the look at it and the reading.
        if content_key(path) == key:
            with self._lock:
                self._kept[key] = value
                while len(self._kept) > self._capacity:
                    self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _renew_lock(self) -> None:
        self._lock = Lock()
