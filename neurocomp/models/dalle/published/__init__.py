"""Autoencoders that others have trained and published, from their files."""

from neurocomp.models.dalle.published.opening import Published, open_published

__all__ = ["Published", "open_published"]
