"""Where the bits of a file went: what each symbol cost, told in several ways."""

from neurocomp.explain.explanation import Explanation
from neurocomp.explain.gathering import explain

__all__ = ["Explanation", "explain"]
