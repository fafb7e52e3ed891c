"""Golden frames, read by the decoder that follows the documents."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from neurocomp.store.stored import StoredModel as PackagedModel
from tests.golden import cases
from tests.reference.coders import DecodingError
from tests.reference.conftest import packaged, plain
from tests.reference.decoder import Decoder
from tests.reference.stored import StoredModel

QUICK = (
    "empty-mix-arithmetic",
    "empty-mix-arithmetic-dictionary",
    "empty-text-s-arithmetic",
    "every-byte-adaptive-arithmetic",
    "every-byte-mix-arithmetic",
    "noise-mix-arithmetic",
    "odd-tokens-adaptive-huffman",
    "odd-tokens-mix-arithmetic",
    "odd-tokens-text-s-arithmetic",
    "text-adaptive-arithmetic",
    "text-adaptive-huffman",
    "text-bytes-arithmetic",
    "text-bytes-huffman",
    "text-text-s-arithmetic",
    "tokens-adaptive-arithmetic",
    "tokens-tokens-arithmetic",
    "few-tokens-gpt-arithmetic",
    "few-tokens-neural-ngram-arithmetic",
    "few-tokens-recurrent-tokens-arithmetic",
    "captioned-images-prior-arithmetic",
    "sampled-images-rainbow-arithmetic",
    "empty-language-arithmetic",
    "one-byte-language-arithmetic",
    "text-language-0-2",
    "text-language-outputs-0-2",
)
SLOW = (
    "few-tokens-sliding-huffman",
    "few-tokens-transformer-arithmetic",
    "few-tokens-gpt-huffman",
    "few-tokens-neural-ngram-huffman",
    "few-tokens-recurrent-tokens-huffman",
    "few-tokens-sliding-arithmetic",
    "few-tokens-transformer-huffman",
    "captioned-images-prior-huffman",
    "images-prior-arithmetic",
    "images-prior-huffman",
    "captions-prior-arithmetic",
    "table-symbols",
    "table-symbols-first",
    "text-language-huffman",
    "every-byte-bytes-arithmetic",
    "line-ends-bytes-huffman",
    "long-text-bytes-arithmetic",
    "long-text-bytes-arithmetic-4096",
    "tokens-tokens-huffman",
    "every-byte-adaptive-huffman",
    "line-ends-adaptive-arithmetic",
    "line-ends-adaptive-huffman",
    "long-text-adaptive-arithmetic-4096",
    "long-text-adaptive-huffman",
    "records-adaptive-arithmetic",
    "records-adaptive-huffman",
    "zeros-adaptive-arithmetic",
    "zeros-adaptive-huffman",
    "line-ends-mix-arithmetic",
    "line-ends-network-arithmetic",
    "line-ends-tokens-arithmetic-4096-or-mix",
    "long-text-mix-arithmetic-4096-dictionary",
    "records-mix-arithmetic",
    "records-mix-arithmetic-dictionary",
    "table-dictionary",
    "table-one-segment",
    "text-mix-arithmetic",
    "text-mix-arithmetic-dictionary",
    "text-network-arithmetic",
    "text-text-s-arithmetic-dictionary",
    "lanes-begin-alike-text-s-arithmetic",
    "every-byte-language-1-4",
)
WITH_TEXT_L = (
    "text-text-l-arithmetic",
    "text-language-arithmetic",
    "text-language-2-3",
    "every-byte-language-arithmetic",
    "line-ends-language-arithmetic",
)
"""Those that need the larger network of the package; all of them are slow."""

with cases.SIZES.open(newline="") as file:
    HASHES = {row["frame"]: row["content_sha256"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def decoder(text_s_file: Path) -> Decoder:
    """A decoder with text-s, the models of golden frames and the prior of the package."""
    files = [text_s_file, packaged("prior"), *cases.BYTE_MODEL.parent.glob("*.safetensors")]
    return Decoder([StoredModel(path.read_bytes()) for path in files])


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
)
def test_valid_frames(decoder: Decoder, name: str) -> None:
    content = decoder.decode((cases.VALID / f"{name}.ncmp").read_bytes())
    assert hashlib.sha256(content).hexdigest() == HASHES[name]


def test_all_named_frames_are_golden_ones() -> None:
    assert {*QUICK, *SLOW, *WITH_TEXT_L} <= {path.stem for path in cases.VALID.glob("*.ncmp")}


@pytest.fixture(scope="module")
def with_text_l(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    folder = tmp_path_factory.mktemp("larger")
    paths = (packaged("text-l"), cases.LANGUAGE)
    files = [plain(PackagedModel.load(path), folder / path.name) for path in paths]
    return Decoder([StoredModel(path.read_bytes()) for path in files])


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_TEXT_L)
def test_frames_of_the_larger_network(with_text_l: Decoder, name: str) -> None:
    test_valid_frames(with_text_l, name)


PRIMED = {
    *("line-ends-size", "payload-too-long-mix", "segment-line-ends-left-out"),
    *("segment-line-ends-size", "segment-no-payload", "segment-other-symbols"),
}
"""Invalid frames that are found to be so when a primer has been read."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(path.stem, marks=pytest.mark.slow if path.stem in PRIMED else ())
        for path in sorted(cases.INVALID.glob("*.ncmp"))
    ],
)
def test_invalid_frames(decoder: Decoder, name: str) -> None:
    with pytest.raises(DecodingError):
        decoder.decode((cases.INVALID / f"{name}.ncmp").read_bytes())
