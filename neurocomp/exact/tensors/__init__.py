"""The exact operations in torch, on any of its devices: the twin of ``exact.compiled``."""

from neurocomp.exact.tensors.engine import TensorEngine

__all__ = ["TensorEngine"]
