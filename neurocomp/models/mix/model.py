"""The context-mixing model as the registry knows it."""

from __future__ import annotations


class MixModel:
    """Context mixing of bits.  ``neurocomp.codec.BitCodec`` has the core do it."""

    prefers_line_feeds = True

    identity = bytes.fromhex("58002bee")
    """First bytes of a SHA-256 over payloads of fixed contents: it names what the model *does*.

    ``tests/codec/test_bitwise.py`` computes it and fails where a change of the model was not
    followed by a change of this value.
    """
