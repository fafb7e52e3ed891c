"""Language models mixed with contexts: what neurocomp codes, the library decodes."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurocomp
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.index import read_index
from neurocomp.models.mix import NUM_PROFILES
from neurocomp.store.stored import StoredModel
from tests import forging
from tests.conftest import make_text
from tests.decoder import build
from tests.decoder.lanes import block_of, code, lanes_of
from tests.decoder.library import Failed, Library, Limit, Models, Status
from tests.decoder.test_symbols import forged
from tests.golden import cases

FILE = cases.LANGUAGE
TEXT = make_text(1500)
RECORDS = cases.records(150)
REFUSED = {Status.FORMAT, Status.CHECKSUM}


@pytest.fixture(scope="module")
def frame() -> bytes:
    """Four lanes with a second opinion."""
    return code(TEXT, 4, is_helped=True)


@pytest.mark.parametrize("is_helped", [False, True])
@pytest.mark.parametrize("num_lanes", [1, 2, 7, 8, 31])
def test_lanes(library: Library, models: Models, num_lanes: int, is_helped: bool) -> None:
    for content in (TEXT, RECORDS):
        data = code(content, num_lanes, is_helped=is_helped)
        for num_threads in (1, 3):
            decoder = library.decoder(models)
            decoder.threads(num_threads)
            assert decoder.decode(data) == content


def test_lanes_that_end_before_all_begin(library: Library, models: Models) -> None:
    content = b"the same " * 20
    data = code(content, 3, is_helped=False)
    assert library.decoder(models).decode(data) == content


@pytest.mark.parametrize("window", [5, 17])
def test_windows_of_another_length(library: Library, models: Models, window: int) -> None:
    data = code(TEXT, 2, is_helped=False, window=window)
    assert data != code(TEXT, 2, is_helped=False)
    assert library.decoder(models).decode(data) == TEXT


def test_blocks_side_by_side(library: Library, models: Models) -> None:
    content = TEXT * 4 + RECORDS * 2
    with lanes_of(500):
        data = neurocomp.compress(content, model=str(FILE), block_bytes=4096)
    assert len(forging.take_apart(data).blocks) == 3
    for num_threads in (1, 4):
        decoder = library.decoder(models)
        decoder.threads(num_threads)
        assert decoder.decode(data) == content


def test_memory_may_be_limited(library: Library, models: Models, frame: bytes) -> None:
    assert 1 << 24 < library.memory_needed(frame, models, TEXT) < 1 << 28


def test_missing_models_are_named(library: Library, frame: bytes) -> None:
    for missing, name in ((FILE, "the language model of hash"), (None, r"text-l\.safetensors")):
        models = library.models(build.NETWORKS) if missing else library.models(build.STORED)
        with pytest.raises(Failed, match=f"the frame needs .*{name}") as caught:
            library.decoder(models).decode(frame)
        assert caught.value.status is Status.MODEL_NOT_FOUND


def test_a_second_opinion_is_opened_only_where_it_is_needed(library: Library) -> None:
    models = library.models()
    models.add_file(FILE)
    assert library.decoder(models).decode(code(TEXT, 1, is_helped=False)) == TEXT


@pytest.mark.parametrize("name", ["sliding", "gpt", "bytes"])
def test_models_that_are_none_of_language(library: Library, frame: bytes, name: str) -> None:
    other = StoredModel.load(build.STORED / f"{name}.safetensors")
    with pytest.raises(Failed) as caught:
        library.decoder(library.models(*build.MODELS)).decode(naming(frame, other))
    assert caught.value.status is Status.MODEL_MISMATCH
    with pytest.raises(neurocomp.ModelMismatchError):
        neurocomp.decompress(naming(frame, other), model_path=build.STORED)


@pytest.mark.parametrize(
    "changes",
    [
        {"norms_heads": False},
        {"norms_together": False},
        {"norms_together": 1},
        {"norms_outputs": False},
        {"norms_outputs": "yes"},
        {"sinks": 0},
    ],
)
def test_norms_that_do_not_go_together(
    library: Library, frame: bytes, changes: dict[str, Any], tmp_path: Path
) -> None:
    """Tensors are those of norms of outputs, and of all heads as one."""
    sound = StoredModel.load(build.STORED / "language-outputs.safetensors")
    other = replace(sound, config={**sound.config, **changes})
    path = tmp_path / "other.safetensors"
    other.save(path)
    models = library.models()
    models.add_file(path)
    with pytest.raises(Failed) as caught:
        library.decoder(models).decode(naming(frame, other))
    assert caught.value.status in {Status.FORMAT, Status.UNSUPPORTED}


def naming(data: bytes, model: StoredModel, parameters: bytes = b"") -> bytes:
    """Return a frame of one block as one of another model."""
    (index,) = read_index(io.BytesIO(data))
    entry = replace(index.header.models[0], hash=model.sha256[:4], parameters=parameters)
    header = FrameHeader((entry,)).to_bytes()
    return header + forging.under(header, forging.take_apart(data).blocks[0])


@pytest.mark.parametrize("parameters", [b"\x05", b"\x04\0", b"\x19\0", b"\x18\0", b"\x05\0\0"])
def test_windows_that_no_frame_records(
    library: Library, models: Models, frame: bytes, parameters: bytes
) -> None:
    """Of a model whose context is 24, and which has 4 sinks."""
    other = naming(frame, StoredModel.load(FILE), parameters)
    with pytest.raises(Failed) as caught:
        library.decoder(models).decode(other)
    assert caught.value.status is Status.FORMAT
    with pytest.raises(neurocomp.FormatError):
        neurocomp.decompress(other, model_path=build.STORED)


def claim(
    frame: bytes, num_bytes: int, payload: bytes, num_lanes: int, variant: int = NUM_PROFILES
) -> bytes:
    """Return a frame of the same model whose block claims to hold so much."""
    header = forging.take_apart(frame).header
    block = forging.modelled_block(header, num_bytes, payload, num_lanes, variant)
    return header + block


@pytest.mark.parametrize(
    ("num_bytes", "num_lanes"),
    [
        (1000, 33),
        (1 << 26, 129),
        (1 << 26, 127),
        (1 << 25, 65),
        ((1 << 19) + 1, 1),
        ((1 << 24) + 1, 32),
    ],
)
def test_lanes_that_no_writer_takes(
    library: Library, models: Models, frame: bytes, num_bytes: int, num_lanes: int
) -> None:
    data = claim(frame, num_bytes, b"abc", num_lanes)
    with pytest.raises(Failed, match="lane") as caught:
        library.decoder(models).decode(data)
    assert caught.value.status is Status.FORMAT
    with pytest.raises(neurocomp.FormatError, match="lanes"):
        neurocomp.decompress(data, model_path=build.STORED)


def test_keys_and_values_of_long_windows_count(library: Library, frame: bytes) -> None:
    stored = StoredModel.load(FILE)
    model = replace(stored, config={**stored.config, "context": 32_767})
    models = library.models(*build.MODELS)
    models.add_bytes(model.to_bytes())
    statuses = []
    for parameters in (b"\x18\0", b"\xff\x7f"):
        named = naming(frame, model, parameters)
        decoder = library.decoder(models)
        decoder.limit(Limit.MEMORY, 90 << 20)
        with pytest.raises(Failed) as caught:
            decoder.decode(claim(named, 1000, b"abc", 32))
        statuses.append(caught.value.status)
    assert statuses == [Status.FORMAT, Status.MEMORY_LIMIT]


def changed(payload: bytes, rng: random.Random) -> bytes:
    out = bytearray(payload)
    match rng.randrange(4):
        case 0:
            del out[rng.randrange(1, len(out)) :]
        case 1:
            out += rng.randbytes(rng.randint(1, 3))
        case 2:
            out[:] = rng.randbytes(rng.randint(1, len(out)))
        case _:
            out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


@pytest.mark.parametrize("is_helped", [False, True])
def test_it_agrees_with_neurocomp_about_payloads(
    library: Library, models: Models, is_helped: bool
) -> None:
    """Their checksums are right, so that what refuses them is the model."""
    rng = random.Random(is_helped)
    content = TEXT[:700]
    data = code(content, 3, is_helped=is_helped)
    block = block_of(data)
    num_content = 0
    for number in range(24):
        payload = changed(block.payload, rng)
        frame = claim(data, len(content), payload, rng.choice((1, 3, 3, 9)), block.variant)
        decoder = library.decoder(models)
        decoder.threads(1 + number % 2)
        with pytest.raises(Failed) as caught:
            decoder.decode(frame)
        with pytest.raises(neurocomp.NeurocompError) as raised:
            neurocomp.decompress(frame, model_path=build.STORED)
        # A payload of other bytes is sound, and only the checksum of the content is wrong.
        is_sound = isinstance(raised.value, neurocomp.ChecksumError)
        assert caught.value.status is (Status.CHECKSUM if is_sound else Status.FORMAT)
        num_content += is_sound
    assert num_content < 24


def test_forged_models_are_refused_or_decode(library: Library) -> None:
    """Their hashes are right: what keeps the decoder within its memory are its own checks."""
    stored = StoredModel.load(FILE)
    data = code(TEXT[:300], 2, is_helped=False)
    rng = random.Random(7)
    seen = set[Status]()
    for number in range(60):
        other = forged_vocabulary(stored, rng) if number % 3 == 0 else forged(stored, rng)
        if other.sha256 == stored.sha256:
            continue
        models = library.models()
        models.add_bytes(other.to_bytes())
        try:
            library.decoder(models).decode(naming(data, other))
        except Failed as failed:
            seen.add(failed.status)
    assert seen <= {*REFUSED, Status.UNSUPPORTED, Status.MODEL_MISMATCH}
    assert Status.FORMAT in seen


def forged_vocabulary(stored: StoredModel, rng: random.Random) -> StoredModel:
    """Return a model with another tokenizer, which makes no sense or is another one."""
    fields = json.loads(stored.tensors["tokenizer"].tobytes())
    vocabulary = fields["vocab"]
    token = rng.choice(sorted(vocabulary))
    match rng.randrange(6):
        case 0:
            vocabulary[token] = rng.choice((1000, 1 << 20, -1, "x", vocabulary["b"]))
        case 1:
            del vocabulary[token]
        case 2:
            vocabulary[token * 5000] = 290  # more bytes than a token has
            fields["merges"].append(f"{token} {token * 4999}")
            vocabulary[token * 4999] = 291
        case 3:
            fields["merges"].append(rng.choice(("b", "b b", "  ", 5)))
        case 4:
            fields["rule"] = rng.choice(("pieces", "digits", "other", 5))
        case _:
            vocabulary["bb"], vocabulary["b"] = vocabulary["b"], 280
    return with_vocabulary(stored, fields)


def with_vocabulary(stored: StoredModel, fields: dict[str, Any]) -> StoredModel:
    tokenizer = np.frombuffer(json.dumps(fields).encode(), np.uint8)
    return replace(stored, tensors={**stored.tensors, "tokenizer": tokenizer})


def test_a_byte_needs_a_token_of_the_alphabet(
    library: Library, frame: bytes, tmp_path: Path
) -> None:
    stored = StoredModel.load(FILE)
    fields = json.loads(stored.tensors["tokenizer"].tobytes())
    fields["vocab"]["b"] = 300
    other = with_vocabulary(stored, fields)
    other.save(tmp_path / "other.safetensors")
    models = library.models(build.NETWORKS, tmp_path)
    with pytest.raises(Failed, match="a byte has no token") as caught:
        library.decoder(models).decode(naming(frame, other))
    assert caught.value.status is Status.FORMAT
    with pytest.raises(neurocomp.FormatError, match="a byte has no token"):
        neurocomp.decompress(naming(frame, other), model_path=tmp_path)
