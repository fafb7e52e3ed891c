"""Trained n-gram models over any alphabet."""

from neurocomp.models.ngram.model import ARCHITECTURE, NgramModel

__all__ = ["ARCHITECTURE", "NgramModel"]
