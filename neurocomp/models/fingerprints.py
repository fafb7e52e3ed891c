"""The 4-byte names by which frames know the models of the package; needs no model, no numpy.

A fingerprint is known without a look at the weights, so that lists cost nothing.  The weights'
hash is in their file's header, and verified whenever a network is really loaded.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from neurocomp.models.headers import ModelHeader

FINGERPRINT_BYTES = 4

MIX = bytes.fromhex("58002bee")
"""First bytes of a SHA-256 over payloads of fixed contents: it names what the model *does*.

``tests/codec/test_bitwise.py`` computes it and fails where a change of the model was not
followed by a change of this value.
"""

ADAPTIVE = bytes.fromhex("efdddd74")
"""First bytes of a SHA-256 over the model's constants; ``tests/models`` compares them."""

NETWORK_BEHAVIOUR = bytes.fromhex("7af2cdd3")
"""First bytes of a SHA-256 over payloads of fixed contents under a small network.

``tests/codec/test_networked.py`` computes it and fails where a change of what the mixture does was
not followed by a change of this value.
"""

NETWORKS = Path(__file__).parent / "recurrent" / "weights"
"""Where the package keeps its networks."""


def network_file(name: str) -> Path:
    """Return the file of the network ``name`` of the package."""
    return NETWORKS / f"{name}.safetensors"


def network_fingerprint(weights: bytes) -> bytes:
    """Return what a frame records of a network of the package, whose weights have this hash."""
    return hashlib.sha256(weights + NETWORK_BEHAVIOUR).digest()[:FINGERPRINT_BYTES]


def shipped_network(name: str) -> bytes:
    """Return the fingerprint of the network ``name`` of the package, by its file's header.

    Raises:
        FormatError: the header is damaged.
        OSError: the file cannot be read.
    """
    return network_fingerprint(ModelHeader.read(network_file(name)).sha256)
