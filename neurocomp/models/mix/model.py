"""The context-mixing model as the registry knows it."""

from __future__ import annotations

from neurocomp.models.mix.priming import primer_sha256


class MixModel:
    """Context mixing of bits.  ``neurocomp.codec.BitCodec`` has the core do it."""

    prefers_line_feeds = True

    @property
    def identity(self) -> bytes:
        """The SHA-256 of the primer, which is what is stored of this model."""
        return primer_sha256()
