"""A network that ships with the package, to be mixed with contexts."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import numpy as np

from neurocomp.errors import FormatError, ModelMismatchError
from neurocomp.models.recurrent.compiled import (
    NetworkState,
    PackedLayers,
    new_network_state,
    pack_layers,
)
from neurocomp.models.recurrent.config import RecurrentConfig
from neurocomp.models.recurrent.parts import Parts, read_parts
from neurocomp.models.stored import StoredModel

ARCHITECTURE = "recurrent"
WEIGHTS = Path(__file__).parent / "weights"

BEHAVIOUR = bytes.fromhex("00000000")
"""First bytes of a SHA-256 over payloads of fixed contents under a small network.

``tests/codec/test_networked.py`` computes it and fails where a change of what the mixture does was not
followed by a change of this value.
"""


class NetworkModel:
    """A network in its exact form; ``neurocomp.codec.NetworkCodec`` drives it.

    Args:
        stored: its integers.

    Raises:
        FormatError: they are of another architecture, damaged, or would not be exact.
    """

    def __init__(self, stored: StoredModel) -> None:
        if stored.architecture != ARCHITECTURE:
            raise FormatError(f"a model of architecture {stored.architecture!r} is no network")
        self._sha256 = stored.sha256
        self.config = RecurrentConfig.from_json(dict(stored.config))
        self.parts: Parts = read_parts(self.config, stored.tensors)

    @classmethod
    def shipped(cls, name: str, sha256: str) -> NetworkModel:
        """Return the network ``name`` of the package.

        Raises:
            ModelMismatchError: its weights are not those that this version was made with.
        """
        path = WEIGHTS / f"{name}.safetensors"
        stored = StoredModel.load(path)
        if stored.sha256.hex() != sha256:
            raise ModelMismatchError(
                f"weights of {name!r} have SHA-256 {stored.sha256.hex()}, this neurocomp needs "
                f"{sha256}: install it anew (pip install --force-reinstall neurocomp)"
            )
        return cls(stored)

    @cached_property
    def _layers(self) -> PackedLayers:
        return pack_layers(self.parts)

    @cached_property
    def identity(self) -> bytes:
        """4 bytes that name both the weights and what is done with them."""
        return hashlib.sha256(self._sha256 + BEHAVIOUR).digest()[:4]

    def state(self, num_lanes: int) -> NetworkState:
        """Return the network before the first byte of ``num_lanes`` lanes."""
        return new_network_state(self.config, self.parts, self._layers, num_lanes)

    def absent_state(self) -> NetworkState:
        """Return a network without blocks or lanes, for contexts alone."""
        state = self.state(1)
        return state._replace(states=np.zeros((0, 1, self.config.width), np.int32))
