"""Networks of the package before they are loaded, which takes a while.

What a frame's head says of them is known from their files' headers; their weights are needed by
the first block that is coded, and never for content that is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from neurocomp.codec.contract import BinaryModel, Codec, CodedBlock, Model, Tick
from neurocomp.registry.catalogue import Family
from neurocomp.registry.lookup import packaged_of
from neurocomp.registry.opening import OpenModel
from neurocomp.registry.packaged import EMBEDDED, PackagedModel

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from neurocomp.codec.trace import Asked, Trace


class UnloadedModel(BinaryModel):
    """A network that is not loaded yet: what its frame's header needs.

    Args:
        identity: the SHA-256 of its integers.
        load: returns the network.
    """

    prefers_line_feeds = True

    def __init__(self, identity: bytes, load: Callable[[], Model]) -> None:
        self._identity = identity
        self._load = load

    @property
    def identity(self) -> bytes:
        """The SHA-256 of the integers."""
        return self._identity

    def codec(self, coder: str, dictionary: bytes | None, threads: int) -> Codec:
        """Return a codec that loads the network when a block first needs it."""
        return DeferredCodec(lambda: self._load().codec(coder, dictionary, threads))


class DeferredCodec(Codec):
    """Stands for a codec whose model takes long to load: content that is stored never needs it.

    Args:
        make: returns the codec; called once at most, by whichever thread comes first.
    """

    def __init__(self, make: Callable[[], Codec]) -> None:
        self._make = make
        self._codec: Codec | None = None
        self._lock = Lock()

    def encode(self, content: ReadableBuffer, tick: Tick) -> CodedBlock | None:
        """Do what the codec does."""
        return self._made().encode(content, tick)

    def decode(self, block: CodedBlock, tick: Tick) -> bytes:
        """Do what the codec does."""
        return self._made().decode(block, tick)

    def trace(self, block: CodedBlock, content: bytes | None, asked: Asked, tick: Tick) -> Trace:
        """Do what the codec does."""
        return self._made().trace(block, content, asked, tick)

    def _made(self) -> Codec:
        with self._lock:
            if self._codec is None:
                self._codec = self._make()
            return self._codec


def find_unloaded(name: str) -> OpenModel | None:
    """Return the packaged network ``name``; None if that is not a network."""
    return _unloaded(EMBEDDED.get(name))


def find_frame_unloaded(family: Family, identity: bytes) -> OpenModel | None:
    """Return the network of the package that a frame names; None where it names another model.

    Raises:
        ModelMismatchError: this package has no such network.
    """
    return _unloaded(packaged_of(family, identity))


def _unloaded(packaged: PackagedModel | None) -> OpenModel | None:
    if packaged is None or packaged.file is None or packaged.load is None:
        return None
    model = UnloadedModel(packaged.sha256(), packaged.load)
    return OpenModel(packaged.family, packaged.name, model)
