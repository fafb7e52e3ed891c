"""What is said of blocks is what the codecs did."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import neurocomp
from neurocomp.frame import constants
from neurocomp.frame.block import Method
from neurocomp.frame.block_reader import BlockHead
from neurocomp.models.bytenet import NetworkModel, sections
from neurocomp.models.bytenet.conformance import sample
from neurocomp.models.mix import NUM_PROFILES
from neurocomp.models.mix.codec import PRIMED
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.inspect import (
    STORED,
    BlockInfo,
    coded_with,
    inspect_frames,
    num_sections,
)
from neurocomp.pipeline.options import CompressOptions
from neurocomp.registry.catalogue import (
    BY_ID,
    CONTEXTS,
    LANGUAGE,
    LANGUAGE_AND_NETWORK,
    NETWORK,
    PRIMED_CONTEXTS,
)
from neurocomp.registry.lookup import name_frame_model
from neurocomp.registry.opening import open_model
from neurocomp.registry.packaged import EMBEDDED
from neurocomp.store.folder import ModelStore
from neurocomp.store.stored import StoredModel
from tests.golden.cases import BYTE_MODEL, TEXT, noise, records
from tests.golden.cases import NETWORK as NETWORK_FILE

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
        told_of = coded_with(head(variant), constants.FAMILY_MIX)
        assert (told_of == PRIMED_CONTEXTS) == (variant == PRIMED)
    for variant in range(2 * NUM_PROFILES):
        expected = NETWORK if variant >= NUM_PROFILES else CONTEXTS
        assert coded_with(head(variant), constants.FAMILY_BYTENET) == expected
        expected = LANGUAGE_AND_NETWORK if variant >= NUM_PROFILES else LANGUAGE
        assert coded_with(head(variant), constants.FAMILY_LANGUAGE) == expected
    assert coded_with(head(0), 99) == "unknown (99)"


@pytest.mark.parametrize("name", ["text-s", "text-l", "mine", str(NETWORK_FILE)])
def test_sections_are_those_of_the_model(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of a copy of a network of the package, and of a network whose file says how many."""
    path: Path | None = None
    if name == "mine":
        stored = sample()
        path = tmp_path / "mine.safetensors"
        config = {**stored.config, "section_lanes": 3}
        StoredModel(stored.architecture, config, stored.tensors).save(path)
    elif name in EMBEDDED:
        path = EMBEDDED[name].file
    else:
        path = Path(name)
    assert path is not None
    opened = open_model(str(path), ModelStore()).model
    assert isinstance(opened, NetworkModel)
    lanes = {"text-l": 1, "mine": 3}.get(name, 2)
    assert opened.section_lanes == lanes
    monkeypatch.setattr(sections, "MIN_SECTION_BYTES", 500)
    options = CompressOptions(model=str(path), threads=1)
    block = BlockCoder.for_options(options).encode(PROSE.read_bytes()[:2001], lambda _: None)
    assert block.num_lanes in (1, 4 * lanes)
    assert block.num_lanes > 1 or name not in EMBEDDED  # samples were trained on nothing
    found = BlockHead(True, False, Method.MODELLED, 2, 99, 99, 4 * lanes, 9, 0)
    assert num_sections(found, constants.FAMILY_BYTENET, lanes) == 4
    assert num_sections(head(2), constants.FAMILY_BYTENET, lanes) == 1


def test_info_knows_the_sections_of_stored_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = sample()
    path = tmp_path / "mine.safetensors"
    config = {**stored.config, "section_lanes": 3}
    StoredModel(stored.architecture, config, stored.tensors).save(path)
    store = ModelStore(search_path=(path,))
    named = name_frame_model(
        BY_ID[constants.FAMILY_BYTENET],
        StoredModel.load(path).sha256,
        store,
        b"",
        b"",
    )
    assert named.section_lanes == 3


def test_lanes_of_symbols_are_one_section() -> None:
    assert num_sections(head(0, 7), constants.FAMILY_NGRAM, 2) == 1
    assert num_sections(head(0, 1), constants.FAMILY_MIX, 2) == 1
