"""Dictionaries: read before each block, named by hash, refused where they are not one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurocomp
from neurocomp import _core
from neurocomp.errors import FormatError, ModelNotFoundError, UsageError
from neurocomp.frame.constants import MAX_DICTIONARY_BYTES
from neurocomp.models.mix.codec import BitCodec
from neurocomp.pipeline.inspect import inspect_frames
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.seekable import decompress_range
from neurocomp.registry.dictionary import Dictionary, open_dictionary, stored_dictionary
from neurocomp.store.folder import ModelStore
from neurocomp.store.stored import StoredModel
from tests.conftest import make_text

CONTENT = make_text(5000, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    stored_dictionary(CONTENT).save(tmp_path / "my.dict")
    return tmp_path / "my.dict"


def test_reading_is_coding_without_a_coder() -> None:
    """A half of a block is coded alike after the other half and after a dictionary of that."""
    text = make_text(6000)
    first, whole = _core.encode([text[:3000]], 6000, profile=0) + _core.encode(
        [text], 6000, profile=0
    )
    (behind,) = _core.encode([text[3000:]], 6000, profile=0, dictionary=text[:3000])
    assert first is not None
    assert whole is not None
    assert behind is not None
    assert abs(len(first) + len(behind) - len(whole)) <= 3


@settings(max_examples=25)
@given(st.binary(min_size=1, max_size=300), st.binary(min_size=1, max_size=300))
def test_codec_round_trip(content: bytes, data: bytes) -> None:
    codec = BitCodec(content)
    repeated = data * 3
    block = codec.encode(repeated, lambda _: None)
    if block is not None:
        assert codec.decode(block, lambda _: None) == repeated


def test_round_trip_and_gain(path: Path) -> None:
    data = make_text(700, 2)
    sizes = [len(neurocomp.compress(data)), len(neurocomp.compress(data, dictionary=str(path)))]
    assert sizes[1] < sizes[0]
    frame = neurocomp.compress(data, model="mix", dictionary=str(path))
    without = neurocomp.compress(data, model="mix")
    assert len(frame) < len(without) - 30
    assert neurocomp.decompress(frame, model_path=(path,)) == data
    (told,) = inspect_frames(io.BytesIO(frame), (path,))
    assert told.models[0].dictionary == StoredModel.load(path).sha256[:8].hex()
    assert told.missing is None


def test_a_missing_dictionary_is_named_with_the_way_out(path: Path) -> None:
    sha256 = StoredModel.load(path).sha256[:8].hex()
    frame = neurocomp.compress(b"content", dictionary=str(path))
    with pytest.raises(ModelNotFoundError, match=f"no dictionary with SHA-256 {sha256}….*add FILE"):
        neurocomp.decompress(frame)
    (told,) = inspect_frames(io.BytesIO(frame))
    assert told.missing is not None
    assert sha256 in told.missing
    ModelStore().add(path, "letters")
    assert neurocomp.decompress(frame) == b"content"
    for name in ("letters", sha256[:8]):
        assert neurocomp.compress(b"content", dictionary=name) == frame


def test_each_block_begins_with_it(path: Path) -> None:
    data = make_text(3 * 4096)
    frame = neurocomp.compress(data, dictionary=str(path), block_bytes=4096)
    assert neurocomp.decompress(frame, model_path=(path,)) == data
    sink = io.BytesIO()
    decompress_range(io.BytesIO(frame), sink, 5000, 9000, DecompressOptions(model_path=(path,)))
    assert sink.getvalue() == data[5000:9000]
    sizes = [block.stored_bytes for block in inspect_frames(io.BytesIO(frame), (path,))[0].blocks]
    alone = neurocomp.compress(data[4096:8192], dictionary=str(path))
    assert sizes[1] == len(alone) - 8 - 11  # header and extension


def test_file_objects(path: Path, tmp_path: Path) -> None:
    with neurocomp.open(tmp_path / "a.ncmp", "wb", dictionary=str(path)) as file:
        file.write(CONTENT)
    with neurocomp.open(tmp_path / "a.ncmp", model_path=(path,)) as file:
        assert file.read() == CONTENT
    assert (tmp_path / "a.ncmp").stat().st_size < 200


def test_models_that_take_none(path: Path) -> None:
    with pytest.raises(UsageError, match="'adaptive' takes no dictionary"):
        neurocomp.compress(b"", model="adaptive", dictionary=str(path))


def test_a_dictionary_is_no_model_and_a_model_no_dictionary(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds a dictionary, not a model: give it as --dict"):
        neurocomp.compress(b"", model=str(path))
    model = tmp_path / "model.safetensors"
    StoredModel("ngram", {}, {"x": np.arange(3)}).save(model)
    with pytest.raises(UsageError, match="not a dictionary: use --model"):
        neurocomp.compress(b"", dictionary=str(model))
    with pytest.raises(ModelNotFoundError, match="no dictionary 'nowhere': there is no such file"):
        open_dictionary("nowhere", ModelStore())


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"content": np.zeros(0, np.uint8)},
        {"content": np.zeros(MAX_DICTIONARY_BYTES + 1, np.uint8)},
        {"content": np.zeros(5, np.uint16)},
        {"content": np.zeros((5, 1), np.uint8)},
        {"content": np.zeros(5, np.uint8), "more": np.zeros(5, np.uint8)},
    ],
)
def test_files_that_are_no_dictionary(tensors: dict[str, np.ndarray]) -> None:
    with pytest.raises(FormatError, match=r"x has|x is not"):
        Dictionary.from_stored(StoredModel("dictionary", {}, tensors), "x")
