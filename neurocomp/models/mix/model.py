"""Context mixing as a model: its primer and its sets of contexts.

It serves small files above all: a new model takes some ten thousand bytes to learn which inputs to
trust.  Contexts and matches are not kept; they belong to their text.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from neurocomp import _core
from neurocomp.codec.contract import BinaryModel, Codec
from neurocomp.frame.constants import VARIANT_DATA, VARIANT_TEXT

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class MixModel(BinaryModel):
    """Context mixing of bits; `BitCodec` has the core do it."""

    prefers_line_feeds = True

    @property
    def identity(self) -> bytes:
        """The SHA-256 of the primer, which is what is stored of this model."""
        return primer_sha256()

    def codec(self, coder: str, dictionary: bytes | None, threads: int) -> Codec:
        """Return the codec of blocks of bytes, each of them one section."""
        from neurocomp.models.mix.codec import BitCodec

        return BitCodec(dictionary)


PRIMER = Path(__file__).with_name("primer.txt")


@cache
def primer() -> _core.Primer:
    """Return the text that the model may read before a block: docs/models.md."""
    return _core.Primer(PRIMER.read_bytes())


@cache
def primer_sha256() -> bytes:
    """Return the hash of that text: all that is stored of the model."""
    return _core.weights.sha256([PRIMER.read_bytes()])


TEXT, BINARY = VARIANT_TEXT, VARIANT_DATA
NUM_PROFILES = 2

_SAMPLE_BYTES = 1 << 16
_MAX_CONTROL_SHARE = 10  # terminal logs have a few, binary data a tenth and more
_CONTROL = bytes([*range(9), *range(14, 32)])


def choose_profile(data: ReadableBuffer) -> int:
    """TEXT or BINARY for a block of bytes: text has next to no control characters."""
    sample = bytes(memoryview(data)[:_SAMPLE_BYTES])
    num_control = len(sample) - len(sample.translate(None, _CONTROL))
    return BINARY if num_control * _MAX_CONTROL_SHARE > len(sample) else TEXT
