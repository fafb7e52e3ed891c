"""The byte network in its exact form: a gated linear recurrence in integers."""

from neurocomp.models.recurrent.compiled import advance, read_bytes
from neurocomp.models.recurrent.model import NetworkModel
from neurocomp.models.recurrent.state import NetworkState

__all__ = ["NetworkModel", "NetworkState", "advance", "read_bytes"]
