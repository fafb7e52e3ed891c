"""Networks of the package before they are loaded, which takes its time and memory.

What a frame's head says of them is known from their files' headers; their weights are needed by
the first block that is coded, and never for content that is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neurocomp.models.architectures import BY_ID, EMBEDDED, Architecture
from neurocomp.models.base import BinaryModel, SymbolModel
from neurocomp.models.lookup import check_fingerprint
from neurocomp.models.registry import OpenModel


@dataclass(frozen=True)
class UnloadedModel:
    """What must be known of a network to begin a frame.

    Attributes:
        identity: what a frame records.
        load: returns the network.
        prefers_line_feeds: as the network has it; see ``neurocomp.models.base``.
    """

    identity: bytes
    load: Callable[[], SymbolModel | BinaryModel]
    prefers_line_feeds: bool = True


def find_unloaded(name: str) -> OpenModel | None:
    """Return the network of the package that is called ``name``; None where that is no network."""
    return _unloaded(EMBEDDED.get(name))


def find_frame_unloaded(model_id: int, identity: bytes) -> OpenModel | None:
    """Return the network of the package that a frame names; None where it names another model.

    Raises:
        ModelMismatchError: this package has another network of that name.
    """
    opened = _unloaded(BY_ID.get(model_id))
    if opened is not None:
        check_fingerprint(opened.architecture, opened.model.identity, identity)
    return opened


def _unloaded(architecture: Architecture | None) -> OpenModel | None:
    if architecture is None or architecture.file is None:
        return None
    if architecture.embedded is None or architecture.fingerprint is None:
        return None
    model = UnloadedModel(architecture.fingerprint(), architecture.embedded)
    return OpenModel(architecture, architecture.name, model)
