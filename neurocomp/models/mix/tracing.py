"""Costs of a section's bytes, from the core's notes on their bits."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.codec.contract import Codec, CodedBlock, Tick, watch
from neurocomp.codec.trace import Bits, Bytes, Likely, Trace, clip
from neurocomp.symbols import BYTES

NETWORK, MATCH = "network", "match"
"""Parts that have an opinion of a byte."""

_ROWS_AT_ONCE = 1 << 14

_CHOSEN_ONE, _MATCHED_ONE, _SHARE_ONE = 1 << 16, 1 << 12, 1 << 32


def trace_section(data: Bytes, room: int, asked: range, **plan: Any) -> tuple[bytes | None, Trace]:
    """Code a section and return its payload, and what its bytes cost.

    Args:
        data: bytes of the section, uint8 (n,).
        room: largest number of bytes of the payload; None comes back where it is longer.
        asked: bytes for which the likeliest ones are wanted: those before the byte's first bit, for
            the mixture learns between the bits.
        plan: arguments that `_core.encode` takes by name.
    """
    asked = clip(asked, 0, data.size)
    payload, chosen, matched, foreseen, likely, shares = _core.trace(
        data, room, first_asked=asked.start, last_asked=asked.stop, **plan
    )
    opinions = {MATCH: _match_bits(matched)}
    if plan.get("network") is not None:
        opinions[NETWORK] = -np.log2(foreseen[:, 0] / foreseen[:, 1])
    found = Likely(asked.start, likely.astype(np.int32), shares / _SHARE_ONE)
    bits = _costs(chosen, _CHOSEN_ONE)
    return payload, Trace(data.astype(np.int32), BYTES, bits, opinions, found)


def _costs(parts: NDArray[np.uint16], one: int) -> Bits:
    """Return the bits of each byte, (n,), whose bits have these parts (n, 8) of ``one``."""
    bits = np.empty(len(parts))
    for start in range(0, len(parts), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        bits[rows] = -np.log2(parts[rows] / one).sum(axis=1)
    return bits


def _match_bits(matched: NDArray[np.uint16]) -> Bits:
    """Return the cost of each byte under the longest match by itself.

    A bit on each of its bits for which there was no match any more; NaN where there was none from
    the start.
    """
    spoke = matched[:, 0] > 0
    matched[matched == 0] = _MATCHED_ONE // 2
    return np.where(spoke, _costs(matched, _MATCHED_ONE), np.nan)


def join_traces(traces: list[Trace], sizes: list[int], framing_bytes: int) -> Trace:
    """Return the trace of a block of sections of so many bytes."""
    names = dict.fromkeys(name for one in traces for name in one.opinions)
    opinions = {
        name: np.concatenate(
            [
                one.opinions.get(name, np.full(size, np.nan))
                for one, size in zip(traces, sizes, strict=True)
            ]
        )
        for name in names
    }
    starts = np.cumsum([0, *sizes]).tolist()
    lists = [
        (start + one.likely.first, one.likely)
        for start, one in zip(starts, traces, strict=False)
        if len(one.likely.symbols)
    ]
    likely = Likely.nothing()
    if lists:
        likely = Likely(
            lists[0][0],
            np.concatenate([one.symbols for _, one in lists]),
            np.concatenate([one.probabilities for _, one in lists]),
        )
    bits = np.concatenate([one.bits for one in traces])
    ids = np.concatenate([one.ids for one in traces])
    return Trace(ids, BYTES, bits, opinions, likely, len(traces), framing_bytes)


def as_bytes(codec: Codec, block: CodedBlock, content: bytes | None, tick: Tick) -> Bytes:
    """Return the bytes of a block, uint8 (n,), decoded where they are not known."""
    if content is None:
        content = codec.decode(block, partial(watch, tick))
    return np.frombuffer(content, np.uint8)
