"""Language models of the documents are those of the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.conformance import sample
from neurocomp.models.language import LanguageModel as PackagedLanguage
from neurocomp.store.stored import StoredModel as PackagedModel
from tests.golden import cases
from tests.golden.cases import TEXT, records
from tests.golden.language_blocks import coded_block
from tests.reference.bytenet import Network
from tests.reference.coders import FineBitDecoder
from tests.reference.conftest import plain
from tests.reference.frames import lane_starts
from tests.reference.language import LanguageModel, code_block
from tests.reference.stored import StoredModel
from tests.reference.transformer import Transformer

WINDOW = 24


def load(model: PackagedModel, folder: Path) -> StoredModel:
    return StoredModel(plain(model, folder / "model.safetensors").read_bytes())


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    stored = load(PackagedModel.load(cases.LANGUAGE), tmp_path_factory.mktemp("language"))
    return LanguageModel(Transformer(stored))


@pytest.fixture(scope="module")
def packaged_language() -> PackagedLanguage:
    return PackagedLanguage.from_stored(PackagedModel.load(cases.LANGUAGE))


def sizes_of(num_bytes: int, num_lanes: int) -> list[int]:
    return list(np.diff(lane_starts(num_bytes, num_lanes)).tolist())


@pytest.mark.parametrize(
    ("content", "variant", "num_lanes"),
    [
        pytest.param(TEXT[:150], 0, 1, id="text"),
        pytest.param(records(9), 1, 1, id="data"),
        # The first lane has more than 128 tokens, and the others one byte less.
        pytest.param(TEXT[:331], 0, 2, id="text-in-two-lanes"),
        pytest.param(bytes(range(97, 103)) * 25, 1, 5, id="data-in-lanes-of-few-tokens"),
        pytest.param(TEXT[:120], 2, 1, id="text-helped"),
        pytest.param(records(8), 3, 2, id="data-in-two-lanes-helped"),
        pytest.param(TEXT[:331], 2, 2, id="text-in-two-lanes-helped"),
    ],
)
def test_blocks(
    content: bytes,
    variant: int,
    num_lanes: int,
    language: LanguageModel,
    packaged_language: PackagedLanguage,
    tmp_path: Path,
) -> None:
    """The second opinion is that of a small network, in place of the package's."""
    core = network = None
    if variant >= 2:
        stored = sample(hashed=True)
        core, network = NetworkModel(stored).core, Network(load(stored, tmp_path))
    block = coded_block(packaged_language, content, variant, num_lanes, core)
    sizes = sizes_of(len(content), num_lanes)
    coder = FineBitDecoder(block.payload, len(content))
    assert code_block(coder, language, WINDOW, sizes, variant % 2, network) == content
    coder.finish()
