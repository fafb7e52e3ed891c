"""Frames of a small language model, in lanes that no writer chooses for so little content."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import neurocomp
from neurocomp.codec.contract import CodedBlock
from neurocomp.frame.block import Method
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.models.language import codec
from neurocomp.models.mix import NUM_PROFILES
from neurocomp.pipeline import choice
from tests.golden import cases


@contextmanager
def lanes_of(num_bytes: int, *, is_helped: bool | None = None) -> Iterator[None]:
    """Code lanes of so many bytes, with a second opinion or without one; None for the shorter.

    Contexts alone are not taken.
    """
    ways = codec.Ways.payloads

    def chosen(self: codec.Ways) -> dict[int, bytes]:
        found = ways(self)
        return {one: found[one] for one in found if is_helped in (None, one >= NUM_PROFILES)}

    with (
        patch.object(codec, "LANE_BYTES", num_bytes),
        patch.object(codec.Ways, "payloads", chosen),
        patch.object(choice, "can_fall_back", lambda _: False),
    ):
        yield


def code(content: bytes, num_lanes: int, *, is_helped: bool, window: int | None = None) -> bytes:
    """Return a frame of one block."""
    with lanes_of(max(len(content) // num_lanes, 1), is_helped=is_helped):
        frame = neurocomp.compress(content, model=str(cases.LANGUAGE), window=window)
    block = block_of(frame)
    assert block.num_lanes == num_lanes
    assert (block.variant >= NUM_PROFILES) == is_helped
    return frame


def block_of(frame: bytes) -> CodedBlock:
    """Return the one block of a frame."""
    (event,) = (one for one in read_frames(io.BytesIO(frame)) if isinstance(one, FrameBlock))
    block = event.block
    assert block.method is Method.MODELLED
    return CodedBlock(block.payload, block.num_symbols, block.num_lanes, block.variant)
