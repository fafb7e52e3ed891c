"""Context mixing: the probability of the next bit of a block of bytes, in integers only.

Many contexts look up what happened after them, a gated linear mixture joins their predictions in
the logistic domain, and adaptive maps correct the result (Mahoney, "Adaptive weighing of context
models for lossless data compression", 2005; Knoll and de Freitas, "A machine learning perspective
on predictive coding with PAQ8", 2012).
"""

from neurocomp.models.mix.experience import Experience
from neurocomp.models.mix.lanes import lane_of, new_lanes
from neurocomp.models.mix.layout import NUM_PROFILES, TEXT
from neurocomp.models.mix.model import MixModel
from neurocomp.models.mix.network import take_weights
from neurocomp.models.mix.predictor import predict, update
from neurocomp.models.mix.priming import loosen, prime, primer
from neurocomp.models.mix.profiles import choose_profile
from neurocomp.models.mix.state import MixState, new_history, new_state, table_sizes

__all__ = [
    "NUM_PROFILES",
    "TEXT",
    "Experience",
    "MixModel",
    "MixState",
    "choose_profile",
    "lane_of",
    "loosen",
    "new_history",
    "new_lanes",
    "new_state",
    "predict",
    "prime",
    "primer",
    "table_sizes",
    "take_weights",
    "update",
]
