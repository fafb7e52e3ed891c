"""Networks of the package before they are loaded, which takes its time and memory.

What a frame's head says of them is known from their files' headers; their weights are needed by
the first block that is coded, and never for content that is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neurocomp.contract import BinaryModel, SymbolModel
from neurocomp.frame.constants import FAMILY_BYTENET
from neurocomp.registry.catalogue import Architecture
from neurocomp.registry.lookup import packaged_of
from neurocomp.registry.opening import OpenModel
from neurocomp.registry.packaged import EMBEDDED, PackagedModel


@dataclass(frozen=True)
class UnloadedModel:
    """What must be known of a network to begin a frame.

    Attributes:
        identity: the SHA-256 of its integers.
        load: returns the network.
        prefers_line_feeds: as the network has it; see ``neurocomp.contract``.
    """

    identity: bytes
    load: Callable[[], SymbolModel | BinaryModel]
    prefers_line_feeds: bool = True


def find_unloaded(name: str) -> OpenModel | None:
    """Return the network of the package that is called ``name``; None where that is no network."""
    return _unloaded(EMBEDDED.get(name))


def find_frame_unloaded(architecture: Architecture, identity: bytes) -> OpenModel | None:
    """Return the network of the package that a frame names; None where it names another model.

    Raises:
        ModelMismatchError: this package has no such network.
    """
    return _unloaded(packaged_of(architecture, identity))


def _unloaded(packaged: PackagedModel | None) -> OpenModel | None:
    if packaged is None or packaged.architecture.id != FAMILY_BYTENET or packaged.load is None:
        return None
    model = UnloadedModel(packaged.sha256(), packaged.load)
    return OpenModel(packaged.architecture, packaged.name, model)
