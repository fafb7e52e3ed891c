"""Blocks of a language model, in a variant and in lanes that an encoder may not choose."""

from __future__ import annotations

import numpy as np

from neurocomp import _core
from neurocomp.codec import CodedBlock
from neurocomp.models.language import LanguageModel
from neurocomp.models.language.cutting import cut_tokens, sizes_of
from neurocomp.models.mix import NUM_PROFILES


def coded_block(
    model: LanguageModel,
    content: bytes,
    variant: int,
    num_lanes: int,
    network: _core.Network | None,
) -> CodedBlock:
    """Return the block of ``content``.

    Args:
        model: weighs the tokens.
        content: at least one byte for each lane.
        variant: 0 to 3.
        num_lanes: of the block.
        network: the second opinion, of variants 2 and 3 only.
    """
    assert (network is not None) == (variant >= NUM_PROFILES)
    sizes = sizes_of(len(content), num_lanes)
    encoder = _core.language.TokenEncoder(
        model.vocabulary,
        variant % NUM_PROFILES,
        sizes,
        2 * len(content) + 8,
        network,
        np.frombuffer(content, np.uint8),
    )
    cut = cut_tokens(model, content, sizes)
    lanes = model.lanes(num_lanes)
    for column, logits in zip(cut.grid.T, lanes.foresee(cut.grid, cut.num_shared), strict=True):
        assert encoder.encode(0, logits, np.ascontiguousarray(column[: len(logits)]))
    payload = encoder.finish()
    assert payload is not None
    return CodedBlock(payload, len(content), num_lanes, variant)
