"""One lane of a model that several lanes share."""

from __future__ import annotations

from numba import njit

from neurocomp.models.mix.inlining import Integer
from neurocomp.models.mix.state import MixState


@njit(forceinline=True)
def lane_of(lanes: MixState, number: Integer) -> MixState:
    """The model as lane `number` of `lanes` sees it: see `state.PER_LANE`.

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
        lanes.apms,
    )
