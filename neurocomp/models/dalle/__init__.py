"""DALL-E: autoencoders of images, the exact prior of captions and codes, sampling."""

from __future__ import annotations

from neurocomp.models.dalle.model import DalleModel

__all__ = ["DalleModel"]
