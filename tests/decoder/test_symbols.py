"""Models of symbols: what neurocomp codes with constriction's coder, the library decodes."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import neurocomp
from neurocomp.models.common.tokens import TOKENIZER
from neurocomp.models.ngram.training import train_ngram
from neurocomp.models.transformer import conformance
from neurocomp.pipeline import choice
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import BytePairs
from tests.conftest import make_text
from tests.decoder import build
from tests.decoder.library import Failed, Library, Models, Status
from tests.golden import cases
from tests.symbols import vocabulary

CODERS = ("arithmetic", "huffman")


def compress(
    content: bytes,
    model: str | Path,
    coder: str,
    *,
    overlap: int | None = None,
    window: int | None = None,
) -> bytes:
    """Code content with a model, also where contexts would be shorter."""
    with patch.object(choice, "can_fall_back", lambda _: False):
        return neurocomp.compress(
            content, model=str(model), coder=coder, overlap=overlap, window=window
        )


def save(stored: StoredModel, folder: Path) -> Path:
    path = folder / f"{stored.architecture}-{stored.sha256.hex()[:8]}.safetensors"
    stored.save(path)
    return path


def check(library: Library, path: Path | None, frame: bytes, content: bytes) -> None:
    """Decode in one thread and in several."""
    models = library.models()
    if path is not None:
        models.add_file(path)
    for num_threads in (1, 3):
        decoder = library.decoder(models)
        decoder.threads(num_threads)
        assert decoder.decode(frame) == content


def contents() -> dict[str, bytes]:
    rng = random.Random(3)
    return {
        "one value": bytes(700),
        "rare surprises": b"".join(rng.choice([b"a" * 90, b"b", b"\xff\0"]) for _ in range(60)),
        "even": rng.randbytes(64) * 20,
        "text": make_text(6000),
    }


@pytest.mark.parametrize("coder", CODERS)
@pytest.mark.parametrize("name", contents())
def test_adaptive(library: Library, name: str, coder: str) -> None:
    content = contents()[name]
    frame = compress(content, "adaptive", coder)
    assert len(frame) < len(content)
    check(library, None, frame, content)


@pytest.mark.parametrize("coder", CODERS)
@pytest.mark.parametrize(
    ("order", "smoothing"), [(1, "kneser-ney"), (1, "katz"), (3, "katz"), (6, "kneser-ney")]
)
def test_ngrams_of_bytes(
    library: Library, tmp_path: Path, order: int, smoothing: str, coder: str
) -> None:
    known = np.frombuffer(make_text(4000, seed=1), np.uint8)
    path = save(train_ngram(known, 256, order, smoothing).to_stored(), tmp_path)
    content = make_text(3000, seed=2) + b"\x00\xff"
    check(library, path, compress(content, path, coder), content)


@pytest.mark.parametrize("coder", CODERS)
def test_ngrams_in_lanes(library: Library, tmp_path: Path, coder: str) -> None:
    rng = np.random.default_rng(1)
    known = rng.binomial(400, 0.5, 30_001).astype(np.uint16)
    path = save(train_ngram(known, 1000, 3).to_stored(), tmp_path)
    content = rng.binomial(400, 0.5, 24_577).astype("<u2").tobytes()  # three lanes, one longer
    check(library, path, compress(content, path, coder), content)


@pytest.mark.parametrize("coder", CODERS)
def test_byte_pairs(library: Library, tmp_path: Path, coder: str) -> None:
    pairs = BytePairs(vocabulary.tokenizer())
    known = pairs.encode(make_text(8000, seed=1), vocabulary.ALPHABET_SIZE)
    stored = train_ngram(known, vocabulary.ALPHABET_SIZE, 3).to_stored()
    tokenizer = np.frombuffer(vocabulary.tokenizer(), np.uint8)
    stored = replace(stored, tensors={**stored.tensors, TOKENIZER: tokenizer})
    path = save(stored, tmp_path)
    content = make_text(3000, seed=2) + "größer\r\n".encode() + b"\x80\xc3"
    check(library, path, compress(content, path, coder), content)


@pytest.mark.parametrize("kind", conformance.SAMPLES)
@pytest.mark.parametrize("coder", CODERS)
def test_transformers(library: Library, tmp_path: Path, kind: str, coder: str) -> None:
    stored = conformance.SAMPLES[kind]()
    path = save(stored, tmp_path)
    rng = np.random.default_rng(2)
    tokens = rng.integers(conformance.ALPHABET_SIZE, size=2051)  # two lanes, one longer
    content = tokens.astype("<u2").tobytes()
    check(library, path, compress(content, path, coder), content)
    # A window of another length, or other overlaps of it.
    if kind in ("sliding", "outputs"):
        frame = compress(content[:400], path, coder, window=3)
    else:
        frame = compress(content[:400], path, coder, overlap=1)
    assert frame != compress(content[:400], path, coder)
    check(library, path, frame, content[:400])


@pytest.mark.parametrize("name", ["neural-ngram", "recurrent-tokens"])
def test_networks_of_tokens_in_lanes(library: Library, name: str) -> None:
    path = build.STORED / f"{name}.safetensors"
    content = np.random.default_rng(4).integers(90, size=3100).astype("<u2").tobytes()
    check(library, path, compress(content, path, "arithmetic"), content)


def test_a_missing_model_is_named(library: Library) -> None:
    frame = (cases.VALID / "text-bytes-arithmetic.ncmp").read_bytes()
    with pytest.raises(Failed, match="needs the n-gram model of hash") as caught:
        library.decoder(library.models()).decode(frame)
    assert caught.value.status is Status.MODEL_NOT_FOUND


FRAMES = (
    *("long-text-adaptive-huffman", "long-text-bytes-arithmetic", "tokens-tokens-huffman"),
    *("few-tokens-transformer-arithmetic", "few-tokens-neural-ngram-huffman"),
    *("few-tokens-recurrent-tokens-arithmetic", "captioned-images-prior-arithmetic"),
)


@pytest.mark.parametrize("name", FRAMES)
def test_memory_may_be_limited(library: Library, models: Models, name: str) -> None:
    data = (cases.VALID / f"{name}.ncmp").read_bytes()
    content = library.decoder(models).decode(data)
    assert 1 << 8 < library.memory_needed(data, models, content) < 1 << 26


def forged(stored: StoredModel, rng: random.Random) -> StoredModel:
    """Return a model with something else in it, under a hash that is right."""
    tensors = dict(stored.tensors)
    name = rng.choice(sorted(tensors))
    tensor = tensors[name].copy()
    way = rng.randrange(4)
    if way == 0:
        del tensors[name]
    elif way == 1:
        tensors[name] = tensor.reshape(-1)[:-1].copy()
    elif way == 2 and tensor.dtype.itemsize > 1:
        tensors[name] = tensor.astype(np.int8)
    else:
        flat = tensor.reshape(-1)
        limits = np.iinfo(tensor.dtype)
        for _ in range(rng.randint(1, 3)):
            flat[rng.randrange(flat.size)] = rng.choice([limits.min, limits.max, 0, 1, 77])
        tensors[name] = tensor
    config = dict(stored.config)
    if rng.random() < 0.3:
        field = rng.choice(sorted(config))
        config[field] = rng.choice([-1, 0, 1, 7, 1 << 20, 1 << 63, "x", True])
    return StoredModel(stored.architecture, config, tensors)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("text", "bytes"),
        ("tokens", "tokens"),
        ("few-tokens", "transformer"),
        ("few-tokens", "neural-ngram"),
        ("few-tokens", "recurrent-tokens"),
        ("images", "prior"),
    ],
)
def test_forged_models_are_refused_or_decode(library: Library, content: str, name: str) -> None:
    """Their hashes are right: what keeps the decoder within its memory are its own checks."""
    stored = StoredModel.load(build.STORED / f"{name}.safetensors")
    data = (cases.VALID / f"{content}-{name}-arithmetic.ncmp").read_bytes()
    rng = random.Random(name)
    seen = set[Status]()
    for _ in range(40):
        other = forged(stored, rng)
        if other.sha256 == stored.sha256:
            continue
        frame = naming(data, stored.sha256, other.sha256)
        models = library.models()
        models.add_bytes(other.to_bytes())
        try:
            library.decoder(models).decode(frame)
        except Failed as failed:
            seen.add(failed.status)
    assert seen <= {Status.FORMAT, Status.CHECKSUM, Status.UNSUPPORTED, Status.MODEL_MISMATCH}
    assert Status.FORMAT in seen


def naming(data: bytes, before: bytes, after: bytes) -> bytes:
    """Return a frame of one block that names another model, its checksum made right again."""
    start = data.index(before)
    changed = data[:start] + after + data[start + len(before) :]
    return changed[:-4] + zlib.crc32(changed[:-4]).to_bytes(4, "little")
