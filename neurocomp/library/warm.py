"""Coders that a process has opened, for the next who needs the same."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from stat import S_ISREG
from typing import Generic, TypeVar

from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions
from neurocomp.pipeline.streams import FrameCoders
from neurocomp.store.contents import SETTLED_NS, content_key
from neurocomp.store.folder import ModelStore
from neurocomp.threads import ForkLock

_KEPT = 8
"""Different options whose coders stay open."""

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Kept(Generic[Key, Made]):
    """The last few things that were made in this process, by what they were made of."""

    def __init__(self, make: Callable[[Key], Made]) -> None:
        self._make = make
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = ForkLock()
        self._made: OrderedDict[Key, Made] = OrderedDict()

    def get(self, key: Key) -> Made:
        """Return the cached value of ``key``, or make it."""
        if self._process != os.getpid():
            self._begin()  # A forked process may have got what another thread was changing.
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(key)
                if len(self._made) > _KEPT:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]


def coder_of(options: CompressOptions) -> BlockCoder:
    """Return the coder that ``options`` ask for, with the models that their names have now."""
    return _coders.get((options, _versions(options)))


def frame_coders_of(model_path: tuple[Path, ...], threads: int) -> FrameCoders:
    """Return coders of frames that look for models there."""
    return _frame_coders.get((model_path, threads, _place()))


_Version = tuple[object, ...]


def _place() -> _Version:
    """Return the state that relative paths and the store's place depend on."""
    return os.getcwd(), os.environ.get("NEUROCOMP_HOME")


def _versions(options: CompressOptions) -> _Version:
    """Return a value that changes when the content behind a name changes."""
    names = (options.model, options.dictionary, *options.model_path)
    store = _version(ModelStore().names_path)  # a name may be given to another model
    return (*_place(), store, *(_version(name) for name in names if name is not None))


def _version(path: str | Path) -> _Version:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return ()
    version = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    # A file that was just written may be written again without a change of its times.
    if S_ISREG(status.st_mode) and time.time_ns() - max(version[3:]) < SETTLED_NS:
        try:
            return *version, content_key(Path(path))
        except OSError:
            return ()
    return version


_coders: Kept[tuple[CompressOptions, _Version], BlockCoder] = Kept(
    lambda key: BlockCoder.for_options(key[0])
)
_frame_coders: Kept[tuple[tuple[Path, ...], int, _Version], FrameCoders] = Kept(
    lambda key: FrameCoders(key[0], key[1])
)
