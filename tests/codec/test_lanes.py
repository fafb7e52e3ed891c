"""Cutting a block's symbols into lanes and joining them again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurocomp.codec import CodedBlock, symbolwise
from neurocomp.codec.symbolwise import SymbolCodec, from_lanes, to_lanes
from neurocomp.coding.coders import CODERS
from neurocomp.errors import FormatError
from neurocomp.frame.constants import MAX_TABLE_ENTRIES
from neurocomp.models.adaptive import AdaptiveModel


@given(st.integers(1, 400), st.integers(1, 50))
def test_round_trip(num_symbols: int, num_lanes: int) -> None:
    num_lanes = min(num_lanes, num_symbols)
    symbols = np.arange(num_symbols, dtype=np.uint16)
    grid = to_lanes(symbols, num_lanes)
    assert grid.shape == (-(-num_symbols // num_lanes), num_lanes)
    assert np.array_equal(from_lanes(grid, num_symbols), symbols)


def test_lanes_are_runs_of_symbols() -> None:
    grid = to_lanes(np.arange(1, 12), 4)
    assert grid.T.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 0]]


@pytest.mark.parametrize("coder", sorted(CODERS))
def test_any_number_of_lanes_decodes(coder: str) -> None:
    """The decoder takes the number of lanes from the block, not from what it would choose."""

    class ManyLanes(AdaptiveModel):
        def num_lanes(self, num_symbols: int) -> int:
            return min(7, num_symbols)

    symbols = np.frombuffer(b"abracadabra " * 20, np.uint8)
    encoder = SymbolCodec(ManyLanes(), CODERS[coder])
    decoder = SymbolCodec(AdaptiveModel(), CODERS[coder])
    for size in (1, 6, 7, 8, 240):
        block = encoder.encode(symbols[:size], lambda _: None)
        assert block.num_lanes == min(7, size)
        assert np.array_equal(decoder.decode(block, lambda _: None), symbols[:size])


def test_the_table_of_all_lanes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    class WideModel(AdaptiveModel):
        alphabet_size = MAX_TABLE_ENTRIES // 100 + 1

    codec = SymbolCodec(WideModel(), CODERS["arithmetic"])
    with pytest.raises(FormatError, match="too many"):
        codec.decode(CodedBlock(b"", 1000, 100, 0), lambda _: None)
    monkeypatch.setattr(WideModel, "num_lanes", lambda self, num_symbols: 100)
    with pytest.raises(FormatError, match="too many"):
        codec.encode(np.zeros(1000, np.int32), lambda _: None)


def test_progress_is_told_and_may_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolwise, "_TICK_SECONDS", 0)

    class Enough(Exception):
        pass

    def stop(num_symbols: int) -> None:
        assert num_symbols > 0
        raise Enough

    symbols = np.zeros(5000, np.uint8)
    codec = SymbolCodec(AdaptiveModel(), CODERS["arithmetic"])
    with pytest.raises(Enough):
        codec.encode(symbols, stop)
    block = codec.encode(symbols, lambda _: None)
    with pytest.raises(Enough):
        codec.decode(block, stop)
