"""What a block was coded with, told by its head and its frame's; no model is loaded.

The numbers are those of docs/format.md, section 6; ``tests/pipeline/test_coded_with.py`` compares
them with what the codecs write.
"""

from __future__ import annotations

from neurocomp.frame.block import BlockHead, Method
from neurocomp.models.architectures import BY_ID

STORED = "stored"
CONTEXTS = "contexts"
PRIMED_CONTEXTS = "contexts + primer"
NETWORK = "network"

_MIX_ID = 1
_PRIMED_VARIANT = 2
_FIRST_NETWORK_VARIANT = 2
_SECTION_LANES = {6: 2, 7: 2, 11: 1}
"""Lanes of a section in the models that are a network mixed with contexts."""


def coded_with(head: BlockHead, model_id: int) -> str:
    """Return what made the block: "stored", "contexts", "contexts + primer", "network".

    A model of symbols is called by its architecture, for it codes all blocks alike.
    """
    if head.method is Method.STORED:
        return STORED
    if model_id == _MIX_ID:
        return PRIMED_CONTEXTS if head.variant == _PRIMED_VARIANT else CONTEXTS
    if model_id in _SECTION_LANES:
        return NETWORK if head.variant >= _FIRST_NETWORK_VARIANT else CONTEXTS
    return BY_ID[model_id].name if model_id in BY_ID else f"unknown ({model_id})"


def num_sections(head: BlockHead, model_id: int) -> int:
    """Return how many parts of the block know nothing of each other and are coded side by side."""
    return max(head.num_lanes // _SECTION_LANES.get(model_id, head.num_lanes), 1)
