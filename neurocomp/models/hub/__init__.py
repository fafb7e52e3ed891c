"""Models of transformers: fetched and made exact, or run in float where that is not possible."""

from neurocomp.models.hub.float_model import FloatModel

__all__ = ["FloatModel"]
