"""The context-mixing model as the registry knows it."""

from __future__ import annotations

from neurocomp.models import fingerprints


class MixModel:
    """Context mixing of bits.  ``neurocomp.codec.BitCodec`` has the core do it."""

    prefers_line_feeds = True

    identity = fingerprints.MIX
