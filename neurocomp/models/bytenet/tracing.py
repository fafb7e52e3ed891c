"""What the bytes of a block cost that a network and contexts code, in sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from neurocomp.codec.contract import CodedBlock, watch
from neurocomp.codec.trace import Trace, check_payload, clip
from neurocomp.codec.workers import Workers
from neurocomp.models.bytenet.sections import join
from neurocomp.models.mix.tracing import MATCH, NETWORK, join_traces, trace_section

CONTEXTS = "contexts"
"""Context mixing without the network, which has learnt from the same bytes."""

_ANY_ROOM = 16
"""Bytes of a payload that no byte needs more of, whatever it is coded by."""


def trace_sections(
    sections: Sequence[memoryview],
    asked: range,
    plan: dict[str, Any],
    block: CodedBlock,
    workers: Workers,
) -> Trace:
    """Return the cost of each byte of a block; see `Codec.trace`.

    Args:
        sections: sections of the block.
        asked: bytes of the block for which the likeliest ones are wanted.
        plan: arguments that `_core.encode` takes by name.
        block: the coded block, whose payload the traced one must equal.
        workers: workers that trace sections side by side.
    """
    sizes = [len(one) for one in sections]
    bounds = pairwise(np.cumsum([0, *sizes]).tolist())
    wanted = [clip(asked, *pair) for pair in bounds]
    found = workers.map(_trace, zip(sections, wanted, [plan] * len(sizes), strict=True))
    payloads = [payload for payload, _ in found if payload is not None]
    joined = join(payloads)
    check_payload(joined, block.payload)
    framing_bytes = len(joined) - sum(map(len, payloads))
    return join_traces([trace for _, trace in found], sizes, framing_bytes)


def _trace(section: memoryview, asked: range, plan: dict[str, Any]) -> tuple[bytes | None, Trace]:
    """Return a section's payload, and what its bytes cost."""
    data = np.frombuffer(section, np.uint8)
    payload, trace = trace_section(data, data.size, asked, **plan)
    if plan["network"] is None:
        return payload, trace
    alone = {**plan, "network": None, "num_lanes": 1, "progress": partial(watch, plan["progress"])}
    _, contexts = trace_section(data, _ANY_ROOM * data.size + 3, range(0), **alone)
    opinions = {
        NETWORK: trace.opinions[NETWORK],
        CONTEXTS: contexts.bits,
        MATCH: trace.opinions[MATCH],
    }
    return payload, replace(trace, opinions=opinions)
