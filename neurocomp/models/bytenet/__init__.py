"""The byte network in its exact form: a gated linear recurrence in integers."""

from neurocomp.models.bytenet.model import NetworkModel

__all__ = ["NetworkModel"]
