"""What is said of blocks is what the codecs did."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import neurocomp
from neurocomp.codec import sections
from neurocomp.codec.bitwise import PRIMED
from neurocomp.frame.block import BlockHead, Method
from neurocomp.models.architectures import BY_ID
from neurocomp.models.mix import NUM_PROFILES
from neurocomp.models.recurrent import NetworkModel
from neurocomp.pipeline.coded_with import (
    CONTEXTS,
    NETWORK,
    PRIMED_CONTEXTS,
    STORED,
    coded_with,
    num_sections,
)
from neurocomp.pipeline.inspect import BlockInfo, inspect_frames
from tests.golden.cases import BYTE_MODEL, TEXT, noise, records

PROSE = Path(__file__).parents[2] / "docs" / "format.md"


def told(content: bytes, **options: object) -> list[BlockInfo]:
    frame = neurocomp.compress(content, **options)  # type: ignore[arg-type]
    (found,) = inspect_frames(io.BytesIO(frame), (BYTE_MODEL.parent,))
    return list(found.blocks)


def head(variant: int, num_lanes: int = 1) -> BlockHead:
    return BlockHead(True, False, Method.MODELLED, variant, 99, 99, num_lanes, 9, 0)


@pytest.mark.parametrize(
    ("content", "model", "expected"),
    [
        (TEXT, "mix", PRIMED_CONTEXTS),
        (records(300), "mix", CONTEXTS),
        (noise(5000), "mix", STORED),
        (TEXT, "text-s", NETWORK),
        (records(300), "text-s", CONTEXTS),
        (TEXT, "adaptive", "adaptive"),
        (TEXT, str(BYTE_MODEL), "ngram"),
    ],
)
def test_what_was_coded_with_what(content: bytes, model: str, expected: str) -> None:
    assert [one.coded_with for one in told(content, model=model)] == [expected]


def test_variants_are_those_of_the_codecs() -> None:
    for variant in range(PRIMED + 1):
        assert (coded_with(head(variant), 1) == PRIMED_CONTEXTS) == (variant == PRIMED)
    for model_id in (6, 7, 11):
        for variant in range(2 * NUM_PROFILES):
            expected = NETWORK if variant >= NUM_PROFILES else CONTEXTS
            assert coded_with(head(variant), model_id) == expected
    assert coded_with(head(0), 99) == "unknown (99)"


@pytest.mark.parametrize("model_id", [6, 11])
def test_sections_are_those_of_the_model(model_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = NetworkModel.shipped(BY_ID[model_id].name, 2 if model_id == 6 else 1)
    assert num_sections(head(2, 4 * model.section_lanes), model_id) == 4
    assert num_sections(head(2), model_id) == 1
    monkeypatch.setattr(sections, "MIN_SECTION_BYTES", 2000)
    (block,) = told(PROSE.read_bytes()[:9001], model=BY_ID[model_id].name)
    assert (block.num_sections, block.num_lanes) == (4, 4 * model.section_lanes)


def test_lanes_of_symbols_are_one_section() -> None:
    assert num_sections(head(0, 7), 3) == 1
    assert num_sections(head(0, 1), 1) == 1
