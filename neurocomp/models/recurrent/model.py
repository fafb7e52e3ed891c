"""A network that ships with the package, to be mixed with contexts."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from neurocomp import _core
from neurocomp.errors import FormatError
from neurocomp.frame.constants import FAMILY_BYTENET, FAMILY_NAMES
from neurocomp.models.mix.experience import Experience
from neurocomp.models.recurrent.config import RecurrentConfig
from neurocomp.models.recurrent.packed import pack
from neurocomp.models.recurrent.parts import Parts, read_parts
from neurocomp.models.stored import StoredModel

ARCHITECTURE = FAMILY_NAMES[FAMILY_BYTENET]
ARCHITECTURES = (ARCHITECTURE, "recurrent")
"""What files of networks say that they are; the second before format version 1."""

WEIGHTS = Path(__file__).parent / "weights"

MIXERS = "mixers."
"""Begins the names of tensors that are not the network's but the mixers' beside it."""


class NetworkModel:
    """A network in its exact form; ``neurocomp.codec.NetworkCodec`` drives it.

    Args:
        stored: its integers.
        section_lanes: lanes in a section of a long block: two share the reading of the weights, one
            alone is slower, and learns more from what is near; None for the configuration's.

    Raises:
        FormatError: they are of another architecture, damaged, or would not be exact.
    """

    def __init__(self, stored: StoredModel, section_lanes: int | None = None) -> None:
        if stored.architecture not in ARCHITECTURES:
            raise FormatError(f"a model of architecture {stored.architecture!r} is no network")
        self.identity = stored.sha256
        self.config = RecurrentConfig.from_json(dict(stored.config))
        self.section_lanes = section_lanes or self.config.section_lanes
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
    def shipped(cls, name: str, section_lanes: int | None = None) -> NetworkModel:
        """Return the network ``name`` of the package.

        Raises:
            ModelMismatchError: its weights are not what their hash says.
        """
        # Loading compares the weights with the hash in their header, which lists believe.
        return cls(StoredModel.load(WEIGHTS / f"{name}.safetensors"), section_lanes)

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
