"""A network that ships with the package, to be mixed with contexts."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

from neurocomp import _core
from neurocomp.errors import FormatError
from neurocomp.models.mix.experience import Experience
from neurocomp.models.recurrent.config import RecurrentConfig
from neurocomp.models.recurrent.packed import pack
from neurocomp.models.recurrent.parts import Parts, read_parts
from neurocomp.models.stored import StoredModel

ARCHITECTURE = "recurrent"
WEIGHTS = Path(__file__).parent / "weights"

IDENTITY_BYTES = 4

MIXERS = "mixers."
"""Begins the names of tensors that are not the network's but the mixers' beside it."""

BEHAVIOUR = bytes.fromhex("7af2cdd3")
"""First bytes of a SHA-256 over payloads of fixed contents under a small network.

``tests/codec/test_networked.py`` computes it and fails where a change of what the mixture does was
not followed by a change of this value.
"""


class NetworkModel:
    """A network in its exact form; ``neurocomp.codec.NetworkCodec`` drives it.

    Args:
        stored: its integers.
        identity: what a frame records to know it again; None for the hash of the integers.
        section_lanes: lanes in a section of a long block: two share the reading of the weights, one
            alone is slower, and learns more from what is near.

    Raises:
        FormatError: they are of another architecture, damaged, or would not be exact.
    """

    def __init__(
        self, stored: StoredModel, identity: bytes | None = None, section_lanes: int = 2
    ) -> None:
        if stored.architecture != ARCHITECTURE:
            raise FormatError(f"a model of architecture {stored.architecture!r} is no network")
        self.identity = stored.sha256 if identity is None else identity
        self.section_lanes = section_lanes
        self.config = RecurrentConfig.from_json(dict(stored.config))
        self.parts: Parts = read_parts(self.config, stored.tensors)
        self.experience = None
        mixers = {
            name.removeprefix(MIXERS): tensor
            for name, tensor in stored.tensors.items()
            if name.startswith(MIXERS)
        }
        if mixers:
            self.experience = Experience(mixers)

    prefers_line_feeds = True

    @classmethod
    def shipped(cls, name: str, section_lanes: int = 2) -> NetworkModel:
        """Return the network ``name`` of the package.

        Raises:
            ModelMismatchError: its weights are not what their hash says.
        """
        stored = StoredModel.load(WEIGHTS / f"{name}.safetensors")
        identity = hashlib.sha256(stored.sha256 + BEHAVIOUR).digest()[:IDENTITY_BYTES]
        return cls(stored, identity, section_lanes)

    @property
    def experience(self) -> Experience | None:
        """What the mixers beside it know of text."""
        return self._experience

    @experience.setter
    def experience(self, experience: Experience | None) -> None:
        self._experience = experience
        self.__dict__.pop("core", None)

    @cached_property
    def core(self) -> _core.Network:
        """The network as the core computes it, packed at first use; it has no state."""
        return pack(self.config, self.parts, self.experience)
