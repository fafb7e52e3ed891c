"""A frame never grows by the model that was asked for: contexts or storing take over."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurocomp
from neurocomp.frame import constants
from neurocomp.frame.block import LINE_ENDS, Method
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.models.ngram.training import train_ngram
from neurocomp.pipeline import choice
from neurocomp.pipeline.options import MIN_BLOCK_BYTES, CompressOptions
from neurocomp.pipeline.streams import compress_stream
from neurocomp.registry.dictionary import stored_dictionary
from tests.conftest import make_text
from tests.golden.cases import BYTE_MODEL, CONTENTS, PRIOR, TEXT, TOKEN_MODEL, noise, token_set

MIX, NGRAM, DALLE = constants.FAMILY_MIX, constants.FAMILY_NGRAM, constants.FAMILY_DALLE


def compress(content: bytes, model: object, block_bytes: int | None = None) -> tuple[bytes, str]:
    sink = io.BytesIO()
    options = CompressOptions(model=str(model), block_bytes=block_bytes, threads=2)
    note = compress_stream(io.BytesIO(content), sink, options).note
    frame = sink.getvalue()
    assert neurocomp.decompress(frame, model_path=(BYTE_MODEL.parent,)) == content
    return frame, note


def blocks(frame: bytes) -> list[FrameBlock]:
    return [one for one in read_frames(io.BytesIO(frame)) if isinstance(one, FrameBlock)]


def model_and_methods(frame: bytes) -> tuple[int, list[Method]]:
    found = blocks(frame)
    return found[0].header.models[0].family, [one.block.method for one in found]


def test_a_model_that_shrinks_the_content_is_the_frame_s() -> None:
    """Also where contexts are shorter: a user who asks for n-grams gets them."""
    frame, note = compress(TEXT * 3, BYTE_MODEL)
    assert model_and_methods(frame) == (NGRAM, [Method.MODELLED])
    assert note == ""
    assert len(neurocomp.compress(TEXT * 3, model="mix")) < len(frame)


def test_contexts_code_what_the_model_would_not_shrink() -> None:
    frame, note = compress(bytes(9000), BYTE_MODEL)
    assert model_and_methods(frame) == (MIX, [Method.MODELLED])
    assert note == f"coded with mix: it takes 23 bytes, with {BYTE_MODEL} 9049"
    assert len(frame) == 23


@pytest.mark.parametrize("content", [noise(700), b"x", b"", noise(5000)])
def test_what_nothing_shrinks_is_stored_under_a_short_head(content: bytes) -> None:
    for model in (BYTE_MODEL, TOKEN_MODEL):
        frame, note = compress(content, model)
        assert model_and_methods(frame) == (MIX, [Method.STORED])
        assert note.startswith("stored: it takes")
        assert len(frame) <= len(content) + 24


def test_each_block_has_the_model_that_serves_it() -> None:
    text, zeros, crlf = TEXT * 20, bytes(2 * MIN_BLOCK_BYTES), CONTENTS["line-ends"]()
    content = noise(MIN_BLOCK_BYTES) + zeros + text[:MIN_BLOCK_BYTES]
    frame, note = compress(content, BYTE_MODEL, MIN_BLOCK_BYTES)
    found = blocks(frame)
    assert [one.family for one in found[0].header.models] == [NGRAM, MIX]
    methods = [Method.STORED, Method.SEGMENT, Method.SEGMENT, Method.MODELLED]
    assert [one.block.method for one in found] == methods
    assert [one.block.model for one in found] == [0, 1, 1, 0]
    assert note == f"2 of 4 blocks coded with mix, which takes less than {BYTE_MODEL}"
    # The tokens of that model are others: contexts code this, with line ends rewritten.
    frame, _ = compress(
        crlf[: len(crlf) // 2 * 2 - 1] + b"\r\n" * 3000, TOKEN_MODEL, MIN_BLOCK_BYTES
    )
    segments = [one.block for one in blocks(frame) if one.block.method is Method.SEGMENT]
    assert segments
    assert segments[0].transforms == (LINE_ENDS,)


def test_frames_of_several_blocks_name_contexts_where_they_may_be_needed() -> None:
    for content, families in ((TEXT * 20, [NGRAM, MIX]), (TEXT * 3, [NGRAM])):
        frame, note = compress(content, BYTE_MODEL, MIN_BLOCK_BYTES)
        assert [one.family for one in blocks(frame)[0].header.models] == families
        assert {one.block.method for one in blocks(frame)} == {Method.MODELLED}
        assert note == ""
    for model in ("mix", "adaptive", "text-s"):
        frame, _ = compress(TEXT * 10, model, MIN_BLOCK_BYTES)
        assert len(blocks(frame)) == 2
        assert len(blocks(frame)[0].header.models) == 1


@pytest.mark.parametrize(
    "content",
    [
        bytes(MIN_BLOCK_BYTES),
        bytes(MIN_BLOCK_BYTES) + b"x",
        (TEXT * 20)[:MIN_BLOCK_BYTES],
        noise(MIN_BLOCK_BYTES),
        bytes(3 * MIN_BLOCK_BYTES) + TEXT,
        b"",
    ],
)
def test_all_ways_of_writing_make_the_same_frame(content: bytes) -> None:
    """A writer that takes pieces does not know whether the first block is the last as well."""
    options: Any = {"model": str(BYTE_MODEL), "block_bytes": MIN_BLOCK_BYTES, "threads": 1}
    expected = neurocomp.compress(content, **options)
    compressor = neurocomp.Compressor(**options)
    pieces = [compressor.compress(content[at : at + 1000]) for at in range(0, len(content), 1000)]
    assert b"".join([*pieces, compressor.flush()]) == expected
    assert list(neurocomp.compress_many([content, content], **options)) == [expected] * 2
    sink = io.BytesIO()
    with neurocomp.open(sink, "wb", **options) as file:
        file.write(content)
    assert sink.getvalue() == expected


def test_token_sets_unlike_the_prior_s_training_do_not_grow() -> None:
    """The prior of the tests was trained on nothing: contexts are shorter."""
    sets = {
        "images": token_set(30, captions=False, images=True),
        "captions": token_set(30, captions=True, images=False),
        "both": token_set(40, captions=True, images=True),
    }
    for content in sets.values():
        frame, note = compress(content, PRIOR)
        assert model_and_methods(frame)[0] == MIX
        assert len(frame) <= len(neurocomp.compress(content, model="mix")) < len(content)
        assert "coded with mix" in note


def test_token_sets_that_the_prior_knows_stay_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_CONTEXTS", "adaptive")  # which needs more for so few bytes
    content = token_set(10, captions=False, images=True)
    frame, note = compress(content, PRIOR)
    assert (model_and_methods(frame)[0], note) == (DALLE, "")


def test_dense_content_is_stored_whatever_the_preset() -> None:
    content = noise(20_000)
    for preset in ("fast", "default", "best"):
        frame = neurocomp.compress(content, preset=preset)
        assert model_and_methods(frame)[1] == [Method.STORED]
        assert len(frame) <= len(content) + 24


def test_each_block_is_stored_or_coded_for_itself() -> None:
    content = noise(8192) + make_text(8192) + noise(8192)
    for model in ("mix", "adaptive"):
        frame, _ = compress(content, model, 8192)
        methods = model_and_methods(frame)[1]
        assert methods == [Method.STORED, Method.MODELLED, Method.STORED]


def test_dense_content_that_the_model_knows_is_coded(tmp_path: Path) -> None:
    """A dictionary, or n-grams, may hold the very bytes that look random."""
    content = noise(6000)
    ngrams, dictionary = tmp_path / "ngrams.safetensors", tmp_path / "noise.dict"
    train_ngram([np.frombuffer(content, np.uint8)], 256, order=3).to_stored().save(ngrams)
    stored_dictionary(content[1000:]).save(dictionary)
    frames = (
        neurocomp.compress(content, model=str(ngrams)),
        neurocomp.compress(content, model="mix", dictionary=str(dictionary)),
    )
    for frame, family in zip(frames, (NGRAM, MIX), strict=True):
        assert model_and_methods(frame) == (family, [Method.MODELLED])
        assert len(frame) < 0.5 * len(content)
        assert neurocomp.decompress(frame, model_path=(ngrams, dictionary)) == content
