"""The prior of captions and image tokens, in exact integer arithmetic."""

from __future__ import annotations

from neurocomp.models.dalle.model import DalleModel

__all__ = ["DalleModel"]
