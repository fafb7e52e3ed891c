"""Lanes: several places of a block that advance together and share the tables."""

from __future__ import annotations

import numpy as np
from numba import njit

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.experience import Experience
from neurocomp.models.mix.inlining import Integer
from neurocomp.models.mix.priming import prime
from neurocomp.models.mix.state import PER_LANE, MixState, new_state

_FIRST_WEIGHT = 3300  # of 65536: a network knows much from the start, contexts little
_FIRST_MATCH_WEIGHT = 6600
_FIRST_NETWORK_WEIGHT = 45000


def new_lanes(
    block_bytes: int,
    profile: int,
    starts: list[int],
    has_network: bool,
    dictionary: np.ndarray | None = None,
    experience: Experience | None = None,
) -> MixState:
    """The model of lanes that begin at positions ``starts`` of a block and share its tables.

    Args:
        block_bytes: size of the block.
        profile: which contexts are used.
        starts: ascending.
        has_network: whether a network's prediction is mixed in.
        dictionary: uint8 (n,), read before the block; the block's history begins with it.
        experience: what text has taught the mixers beside a network.
    """
    offset = 0 if dictionary is None else dictionary.size
    state = new_state(offset + block_bytes, profile)
    if has_network:
        state.weights[:, 0 : at.FIRST_MATCH_INPUT : 2] = _FIRST_WEIGHT
        state.weights[:, at.FIRST_MATCH_INPUT : at.ORDER0_INPUT : 2] = _FIRST_MATCH_WEIGHT
        state.weights[:, at.NETWORK_INPUT] = _FIRST_NETWORK_WEIGHT
        state.final_weights[:] = 65536 // at.NUM_SETS
        state.registers[at.SETS] = at.NUM_SETS
        state.registers[at.FINALS] = at.NUM_FINALS
        if experience is not None and profile == at.TEXT:
            experience.give(state)
    if dictionary is not None:
        prime(state, dictionary)
    lanes = {name: np.repeat(getattr(state, name)[None], len(starts), axis=0) for name in PER_LANE}
    lanes["registers"][:, at.POSITION] = [offset + start for start in starts]
    lanes["registers"][:, at.START] = starts
    lanes["registers"][:, at.NUM_LANES] = len(starts)
    return state._replace(**lanes)


@njit(forceinline=True)
def lane_of(lanes: MixState, number: Integer) -> MixState:
    """The model as lane ``number`` of ``lanes`` sees it: see `state.PER_LANE`.

    It makes arrays, so unlike the rest of the model it counts references.
    """
    return MixState(
        lanes.history,
        lanes.registers[number],
        lanes.hashes[number],
        lanes.slots,
        lanes.nodes[number],
        lanes.history_maps,
        lanes.history_index[number],
        lanes.order0_map,
        lanes.followers,
        lanes.last_seen[number],
        lanes.votes[number],
        lanes.match_heads,
        lanes.matches[number],
        lanes.match_maps,
        lanes.inputs[number],
        lanes.weights,
        lanes.rows[number],
        lanes.tree[number],
        lanes.outputs[number],
        lanes.final_weights,
        lanes.final_rows[number],
        lanes.finals[number],
        lanes.apms,
    )
