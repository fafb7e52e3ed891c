"""Blocks under the context-mixing model and the binary arithmetic coder.

The core (``core/src/sections``) codes them; here it is decided how.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from neurocomp import _core
from neurocomp.codec.contract import Codec, CodedBlock, Tick, watch
from neurocomp.codec.damage import damage_as_format_errors
from neurocomp.errors import FormatError
from neurocomp.frame.constants import VARIANT_PRIMED
from neurocomp.models.mix import NUM_PROFILES, TEXT, choose_profile, primer

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from neurocomp.codec.trace import Asked, Trace

PRIMED = VARIANT_PRIMED
"""Variant of a block of text before which the model has read its primer."""

_TRIAL_BYTES = 1 << 14
"""A block's start, which tells whether the primer helps."""


class BitCodec(Codec):
    """Codes the bytes of a block under the context-mixing model.

    The variant of a block is its profile of contexts, and `PRIMED` for text before which the model
    has read its primer.

    Args:
        dictionary: bytes that the model reads before each block, after the primer; or None.
    """

    def __init__(self, dictionary: bytes | None = None) -> None:
        self._dictionary = dictionary

    def encode(self, content: ReadableBuffer, tick: Tick) -> CodedBlock | None:
        """Code at least one byte; None where the payload would not be shorter."""
        data = memoryview(content)
        variant = choose_profile(data)
        payload: bytes | None = None
        if variant == TEXT:
            start = data[:_TRIAL_BYTES]
            stop = partial(watch, tick)
            trials = {one: self.encode_as(start, one, stop) for one in (TEXT, PRIMED)}
            variant = min(trials, key=lambda one: len(trials[one] or start))
            payload = trials[variant] if len(start) == len(data) else None
        if payload is None:
            payload = self.encode_as(data, variant, tick)
        else:
            tick(len(data))
        return None if payload is None else CodedBlock(payload, len(data), 1, variant)

    def encode_as(self, data: memoryview, variant: int, tick: Tick) -> bytes | None:
        """Return the payload of ``data`` in a given variant; None where it is not shorter."""
        (payload,) = _core.encode([data], len(data), **self._plan(variant, tick))
        return payload

    def decode(self, block: CodedBlock, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is damaged, or the block is not one of this codec's.
        """
        if block.num_lanes != 1 or block.variant > PRIMED:
            raise FormatError(
                f"context mixing has 1 lane and {PRIMED + 1} variants, the block has "
                f"{block.num_lanes} and variant {block.variant}"
            )
        data = bytearray(block.num_symbols)
        with damage_as_format_errors():
            _core.decode([block.payload], [data], **self._plan(block.variant, tick))
        return bytes(data)

    def trace(self, block: CodedBlock, content: bytes | None, asked: Asked, tick: Tick) -> Trace:
        """Return the cost of each byte, and its cost under the longest match."""
        from neurocomp.codec.trace import check_payload
        from neurocomp.models.mix.tracing import as_bytes, trace_section

        data = as_bytes(self, block, content, tick)
        plan = self._plan(block.variant, tick)
        payload, trace = trace_section(data, data.size, asked.of_bytes(data.size), **plan)
        check_payload(payload, block.payload)
        return trace

    def _plan(self, variant: int, tick: Tick) -> dict[str, Any]:
        """Return the core's settings for a block of that variant."""
        return {
            "profile": variant % NUM_PROFILES,
            "primer": primer() if variant == PRIMED else None,
            "dictionary": self._dictionary,
            "progress": tick,
        }
