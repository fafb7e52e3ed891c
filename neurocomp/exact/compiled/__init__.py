"""The exact operations compiled for the CPU: integers only, and no torch."""

from neurocomp.exact.compiled.engine import CompiledEngine

__all__ = ["CompiledEngine"]
