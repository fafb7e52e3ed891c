"""The preset max: the largest language model that is installed."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

import neurocomp
from neurocomp.bench.suite.frame_facts import facts_of
from neurocomp.errors import ModelMismatchError, ModelNotFoundError
from neurocomp.frame.constants import LANGUAGE_HASH_BYTES
from neurocomp.models.language import second
from neurocomp.models.language.codec import Ways
from neurocomp.models.mix import NUM_PROFILES
from neurocomp.pipeline.inspect import inspect_frames
from neurocomp.pipeline.options import CompressOptions
from neurocomp.registry import catalogue
from neurocomp.registry.catalogue import LANGUAGE_AND_NETWORK
from neurocomp.registry.lookup import largest_language_model
from neurocomp.store.folder import HOME_VARIABLE, ModelStore
from neurocomp.store.origins import PULLED
from neurocomp.store.shipped import network_file
from neurocomp.store.stored import StoredModel
from tests.golden.cases import BYTE_MODEL, LANGUAGE, TEXT
from tests.models.language.test_model import WORDS, language_frame


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


def test_without_a_language_model_the_error_tells_how_to_get_one() -> None:
    ModelStore().add(BYTE_MODEL, "counts")
    with pytest.raises(ModelNotFoundError, match="models pull smollm2 --index"):
        neurocomp.compress(TEXT, preset="max")


def test_the_largest_is_taken(file: Path) -> None:
    small, large = sorted((file, LANGUAGE), key=lambda path: path.stat().st_size)
    store = ModelStore()
    store.add(large, "zebra")
    store.add(small, "ant")
    assert largest_language_model(store) == "zebra"
    assert CompressOptions(preset="max").resolved_model == "zebra"
    assert CompressOptions(preset="max", model="mix").resolved_model == "mix"


def test_what_it_writes_comes_back(file: Path) -> None:
    ModelStore().add(file, "tiny")
    frame = neurocomp.compress(WORDS * 60, preset="max")
    assert frame == neurocomp.compress(WORDS * 60, model="tiny")
    assert neurocomp.decompress(frame) == WORDS * 60


def test_info_tells_of_model_window_and_network(file: Path) -> None:
    ModelStore().add(file, "tiny")
    frame = language_frame(file, TEXT)
    (told,) = inspect_frames(io.BytesIO(frame), ())
    (model,) = told.models
    assert (model.model, model.family, model.missing) == ("tiny", "language", None)
    assert model.window is not None
    assert len(model.hash) == 2 * LANGUAGE_HASH_BYTES
    assert [block.coded_with for block in told.blocks] == [LANGUAGE_AND_NETWORK]


def test_a_frame_whose_model_is_known_says_how_to_pull_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = language_frame(file, TEXT)
    with pytest.raises(ModelNotFoundError, match="get its file from whoever") as unknown:
        neurocomp.decompress(frame)
    assert "models pull" not in str(unknown.value)
    identity = StoredModel.load(file).sha256.hex()
    monkeypatch.setitem(PULLED, "smollm2", replace(PULLED["smollm2"], identity=identity))
    with pytest.raises(ModelNotFoundError, match="'neurocomp models pull smollm2 --index'"):
        neurocomp.decompress(frame)


def test_weights_of_a_frame_count_the_second_opinion(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, both = tmp_path / "frame.ncmp", Ways.payloads
    own, network = file.stat().st_size, network_file(second.NAME).stat().st_size

    def only_alone(ways: Ways) -> dict[int, bytes]:
        return {variant: one for variant, one in both(ways).items() if variant < NUM_PROFILES}

    for payloads, made_by, expected in (
        (both, LANGUAGE_AND_NETWORK, own + network),
        (only_alone, catalogue.LANGUAGE, own),
    ):
        monkeypatch.setattr(Ways, "payloads", payloads)
        frame.write_bytes(language_frame(file, TEXT))
        (told,) = inspect_frames(io.BytesIO(frame.read_bytes()), ())
        assert [block.coded_with for block in told.blocks] == [made_by]
        assert facts_of(frame, [str(file.parent)]).model_bytes == expected


def test_another_network_of_bytes_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = language_frame(file, TEXT)
    monkeypatch.setattr(second, "SHA256", bytes(32))
    second.second_network.cache_clear()
    with pytest.raises(ModelMismatchError, match="'text-l' of the package is the model"):
        neurocomp.decompress(frame, model_path=file)
