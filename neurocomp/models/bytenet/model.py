"""A stored network of bytes, of the package or one's own, to be mixed with contexts."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp import _core
from neurocomp.codec.contract import BinaryModel, Codec
from neurocomp.errors import FormatError, ModelMismatchError, UnsupportedError
from neurocomp.frame.constants import FAMILY_BYTENET, FAMILY_NAMES
from neurocomp.names import printable
from neurocomp.store.headers import ModelHeader
from neurocomp.store.shipped import packaged_folder

if TYPE_CHECKING:
    from neurocomp.models.bytenet.config import RecurrentConfig
    from neurocomp.models.bytenet.parts import Parts
    from neurocomp.models.mix.experience import Experience
    from neurocomp.store.stored import StoredModel

ARCHITECTURE = FAMILY_NAMES[FAMILY_BYTENET]
WEIGHTS = packaged_folder("bytenet")

MIXERS = "mixers."
"""Begins the names of tensors that are not the network's but the mixers' beside it."""


class NetworkModel(BinaryModel):
    """A network in its exact form; `NetworkCodec` drives it.

    Args:
        source: its integers, or a file of ours that holds them, which is read by the core alone.

    Attributes:
        section_lanes: lanes in a section of a long block: two share the reading of the weights, one
            alone is slower, and learns more from what is near.
        core: the network as the core computes it; it has no state.

    Raises:
        FormatError: they are of another architecture, damaged, or would not be exact.
    """

    prefers_line_feeds = True

    def __init__(self, source: StoredModel | Path) -> None:
        self._source = source
        if isinstance(source, Path):
            self.core = _load(source)
            self._identity = ModelHeader.read(source).sha256
        elif source.architecture != ARCHITECTURE:
            raise FormatError(f"a model of architecture {source.architecture!r} is not a network")
        else:
            try:
                self.core = _core.Network(source.to_bytes(), "nothing")
            except _core.weights.BadModel as error:
                raise FormatError(str(error)) from None
            self._identity = source.sha256
        self.section_lanes = self.core.section_lanes

    @property
    def identity(self) -> bytes:
        """The SHA-256 of the integers."""
        return self._identity

    def codec(self, coder: str, dictionary: bytes | None, threads: int) -> Codec:
        """Return the codec of blocks of bytes."""
        from neurocomp.models.bytenet.codec import NetworkCodec

        return NetworkCodec(self, dictionary, threads)

    @classmethod
    def shipped(cls, name: str) -> NetworkModel:
        """Return the network ``name`` of the package.

        Raises:
            FormatError: the file is damaged: its checksum, over all of it, is another.
        """
        return cls(WEIGHTS / f"{name}.safetensors")

    @cached_property
    def stored(self) -> StoredModel:
        """Its integers; read at first use, with their hash verified, where it is of a file."""
        from neurocomp.store.stored import StoredModel

        return StoredModel.load(self._source) if isinstance(self._source, Path) else self._source

    @cached_property
    def config(self) -> RecurrentConfig:
        """The shape."""
        from neurocomp.models.bytenet.config import RecurrentConfig

        return RecurrentConfig.from_json(dict(self.stored.config))

    @cached_property
    def parts(self) -> Parts:
        """The parts, for engines other than the core."""
        from neurocomp.models.bytenet.parts import read_parts

        return read_parts(self.config, self.stored.tensors)

    @property
    def experience(self) -> Experience | None:
        """What its mixers have learnt from text."""
        return self._experience

    @experience.setter
    def experience(self, experience: Experience | None) -> None:
        self._experience = experience
        self.core.set_experience(None if experience is None else experience.parts)

    @cached_property
    def _experience(self) -> Experience | None:
        from neurocomp.models.mix.experience import Experience

        mixers = {
            name.removeprefix(MIXERS): tensor
            for name, tensor in self.stored.tensors.items()
            if name.startswith(MIXERS)
        }
        return Experience(mixers) if mixers else None


def _load(path: Path) -> _core.Network:
    """Return the network in a file of ours.

    Raises:
        FormatError, UnsupportedError, ModelMismatchError: it is none, or damaged.
    """
    try:
        return _core.Network(path.read_bytes(), "checksum")
    except _core.weights.UnsupportedModel as error:
        raise UnsupportedError(f"{printable(path)}: {error}") from None
    except _core.weights.BadModel as error:
        kind = (
            ModelMismatchError if isinstance(error, _core.weights.MismatchedModel) else FormatError
        )
        raise kind(f"{printable(path)} is damaged: {error}: fetch the file again") from None
