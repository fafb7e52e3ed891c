"""Context mixing: predicts the next bit of a block of bytes."""

from neurocomp.models.mix.model import MixModel
from neurocomp.models.mix.predictor import predict, start_byte, update
from neurocomp.models.mix.profiles import NUM_PROFILES, choose_profile
from neurocomp.models.mix.state import MixState, new_state

__all__ = [
    "NUM_PROFILES",
    "MixModel",
    "MixState",
    "choose_profile",
    "new_state",
    "predict",
    "start_byte",
    "update",
]
