"""A byte model that starts empty and learns while it codes."""

from neurocomp.models.adaptive.model import AdaptiveModel

__all__ = ["AdaptiveModel"]
