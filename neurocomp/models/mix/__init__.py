"""Context mixing: the probability of the next bit of a block of bytes, in integers only.

Many contexts look up what happened after them, a gated linear mixture joins their predictions in
the logistic domain, and adaptive maps correct the result (Mahoney, "Adaptive weighing of context
models for lossless data compression", 2005; Knoll and de Freitas, "A machine learning perspective
on predictive coding with PAQ8", 2012).

The core (``core/src/mix``) computes it; here is what is stored of it, and chosen by the encoder.
"""

from neurocomp.models.mix.model import (
    BINARY,
    NUM_PROFILES,
    TEXT,
    MixModel,
    choose_profile,
    primer,
)

__all__ = ["BINARY", "NUM_PROFILES", "TEXT", "MixModel", "choose_profile", "primer"]
