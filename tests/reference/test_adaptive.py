"""The adaptive model of the documents and that of the package are one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from neurocomp import _core
from neurocomp.codec.symbolwise import SymbolCodec
from neurocomp.coding.coders import CODERS
from neurocomp.models.adaptive import AdaptiveModel
from tests.golden.cases import TEXT, noise
from tests.reference import adaptive, vectors
from tests.reference.building import Part, entry, frame, header
from tests.reference.coders import DecodingError
from tests.reference.decoder import Decoder
from tests.reference.symbol_models import ADAPTIVE
from tests.reference.symbolwise import ARITHMETIC, HUFFMAN, frequencies

HASH = bytes.fromhex("e3b0c4")


def ignore(num_symbols: int) -> None:
    pass


def test_tables() -> None:
    content = vectors.WORD * 40
    predictor = AdaptiveModel().predictor(1)
    for byte, table in zip(
        content, np.reshape(vectors.tables_before(content), (-1, 256)), strict=True
    ):
        assert np.array_equal(predictor.frequencies()[0], table)
        predictor.update(np.array([byte], np.int32))


@pytest.mark.parametrize("num_lanes", [1, 3])
def test_a_full_memory(num_lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptive, "MAX_NODES", 512)
    monkeypatch.setattr(adaptive, "HISTORY_SYMBOLS", 40)
    core = _core.adaptive.Predictor(num_lanes, 512, 512, 40)
    predictor = adaptive.Predictor(num_lanes)
    steps = np.frombuffer((TEXT + noise(60))[: 150 * num_lanes], np.uint8).reshape(-1, num_lanes)
    out = np.empty((num_lanes, 256), np.int32)
    counts = []
    for step in steps:
        core.predict(out)
        tables = [frequencies(predictor.weigh(lane)) for lane in predictor.lanes]
        assert np.array_equal(out, tables)
        core.update(step.astype(np.int32))
        predictor.learn(step.tolist())
        counts.append(predictor.num_nodes)
    assert any(after < before for before, after in itertools.pairwise(counts))


@pytest.mark.parametrize("num_lanes", [1, 4])
@pytest.mark.parametrize(("coder", "name"), [(ARITHMETIC, "arithmetic"), (HUFFMAN, "huffman")])
def test_frames(coder: int, name: str, num_lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AdaptiveModel, "num_lanes", lambda *_: num_lanes)
    content = TEXT[:103] * 2
    block = SymbolCodec(AdaptiveModel(), CODERS[name]).encode(
        np.frombuffer(content, np.uint8), ignore
    )
    head = header(entry(ADAPTIVE, HASH, coder=coder))
    part = Part(content, block.payload, 0, num_lanes)
    assert Decoder().decode(frame(head, part)) == content
    for payload in (block.payload + b"\0", block.payload[:-1], block.payload[:9]):
        with pytest.raises(DecodingError):
            Decoder().decode(frame(head, Part(content, payload, 0, num_lanes)))
