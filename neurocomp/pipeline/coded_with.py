"""What a block was coded with, told by its head and its frame's; no model is loaded.

The numbers are those of docs/format.md, section 6; ``tests/pipeline/test_coded_with.py`` compares
them with what the codecs write.
"""

from __future__ import annotations

from neurocomp.frame import constants
from neurocomp.frame.block import Method
from neurocomp.frame.block_reader import BlockHead

STORED = "stored"
CONTEXTS = "contexts"
PRIMED_CONTEXTS = "contexts + primer"
NETWORK = "network"


def coded_with(head: BlockHead, family: int) -> str:
    """Return what made the block: "stored", "contexts", "contexts + primer", "network".

    A model of symbols is called by its family, for it codes all blocks alike.

    Args:
        head: the block's.
        family: of the block's model.
    """
    if head.method is Method.STORED:
        return STORED
    if family == constants.FAMILY_MIX:
        return PRIMED_CONTEXTS if head.variant == constants.VARIANT_PRIMED else CONTEXTS
    if family == constants.FAMILY_BYTENET:
        return NETWORK if head.variant >= constants.VARIANT_NETWORK else CONTEXTS
    return constants.FAMILY_NAMES.get(family, f"unknown ({family})")


def num_sections(head: BlockHead, family: int, section_lanes: int) -> int:
    """Return how many parts of the block know nothing of each other and are coded side by side.

    Args:
        head: the block's.
        family: of the block's model.
        section_lanes: of a network of bytes.
    """
    if family != constants.FAMILY_BYTENET:
        return 1
    return max(head.num_lanes // section_lanes, 1)
