"""Language models of the documents are those of the package."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurocomp import _core
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.conformance import sample
from neurocomp.models.language import LanguageModel as PackagedLanguage
from neurocomp.models.transformer import TransformerModel
from neurocomp.store.stored import StoredModel as PackagedModel
from tests.golden import cases
from tests.golden.cases import TEXT, noise, records
from tests.golden.language_blocks import coded_block
from tests.reference.building import Part, entry, frame, header
from tests.reference.bytenet import Network
from tests.reference.coders import DecodingError, FineBitDecoder
from tests.reference.conftest import plain
from tests.reference.decoder import Decoder
from tests.reference.frames import DICTIONARY, LANGUAGE, lane_starts
from tests.reference.language import LanguageModel, begin, code_block
from tests.reference.stored import StoredModel
from tests.reference.symbol_models import PARAMETERS
from tests.reference.transformer import Transformer
from tests.reference.vocabulary import Vocabulary

WINDOW = 24
NUM_TOKENS = 400
REPEATED = b"the and in the " * 6


def load(model: PackagedModel, folder: Path) -> StoredModel:
    return StoredModel(plain(model, folder / "model.safetensors").read_bytes())


def second_opinion(folder: Path) -> tuple[_core.Network, Network]:
    """Return a small network in place of the package's larger one, for the package and for us."""
    stored = sample(hashed=True)
    return NetworkModel(stored).core, Network(load(stored, folder))


@pytest.fixture(scope="module")
def packaged_language() -> PackagedLanguage:
    return PackagedLanguage.from_stored(PackagedModel.load(cases.LANGUAGE))


@pytest.mark.parametrize(
    ("content", "variant", "num_lanes"),
    [
        pytest.param(TEXT[:150], 0, 1, id="text"),
        pytest.param(records(9), 1, 1, id="data"),
        # Those in two lanes have more than 128 tokens in the first, and a byte less in the other.
        pytest.param(TEXT[:331], 0, 2, id="text-in-two-lanes", marks=pytest.mark.slow),
        pytest.param(bytes(range(97, 103)) * 25, 1, 5, id="data-in-lanes-of-few-tokens"),
        pytest.param(TEXT[:120], 2, 1, id="text-helped"),
        pytest.param(records(8), 3, 2, id="data-in-lanes-of-few-tokens-helped"),
        pytest.param(TEXT[:331], 2, 2, id="text-in-two-lanes-helped", marks=pytest.mark.slow),
    ],
)
def test_blocks(
    content: bytes,
    variant: int,
    num_lanes: int,
    packaged_language: PackagedLanguage,
    tmp_path: Path,
) -> None:
    core, network = second_opinion(tmp_path) if variant >= 2 else (None, None)
    block = coded_block(packaged_language, content, variant, num_lanes, core)
    language = LanguageModel(Transformer(load(PackagedModel.load(cases.LANGUAGE), tmp_path)))
    starts = lane_starts(len(content), num_lanes)
    sizes = [last - first for first, last in pairwise(starts)]
    coder = FineBitDecoder(block.payload, len(content))
    assert code_block(coder, language, WINDOW, sizes, variant % 2, network) == content
    coder.finish()


def many_prefixes(rng: np.random.Generator) -> list[bytes]:
    """Return all bytes, and others of two to six, of few letters; some are there twice."""
    tokens = [bytes([byte]) for byte in range(256)]
    while len(tokens) < NUM_TOKENS:
        tokens.append(rng.integers(97, 101, rng.integers(2, 7)).astype(np.uint8).tobytes())
    return [tokens[i] for i in rng.permutation(NUM_TOKENS)]


@pytest.mark.parametrize("is_helped", [False, True])
@pytest.mark.parametrize("spread", [4096, 40_000])
def test_models_that_are_sure(spread: int, is_helped: bool, tmp_path: Path) -> None:
    """Logits lie far apart, and are right but for a few tokens."""
    rng = np.random.default_rng(spread)
    contents = many_prefixes(rng)
    first = {content: number for number, content in reversed([*enumerate(contents)])}
    parts = [text if first[text] == number else b"" for number, text in enumerate(contents)]
    starts = np.cumsum([0, *map(len, parts)], dtype=np.int32)
    known = _core.language.Vocabulary(np.frombuffer(b"".join(parts), np.uint8), starts)
    vocabulary = Vocabulary(dict(enumerate(contents)))
    assert known.order.tolist() == vocabulary.numbers
    assert len(vocabulary.numbers) < NUM_TOKENS
    rows = np.round(rng.normal(0, spread, (90, NUM_TOKENS))).astype(np.int32)
    sorted_rows = rows[:, known.order]
    tokens = known.order[sorted_rows.argmax(1)]
    tokens[::30] = rng.choice(known.order, 3)
    content = b"".join(parts[token] for token in tokens)
    core, network = second_opinion(tmp_path) if is_helped else (None, None)
    encoder = _core.language.TokenEncoder(
        known, 0, [len(content)], len(content), core, np.frombuffer(content, np.uint8)
    )
    for row, token in zip(sorted_rows, tokens, strict=True):
        assert encoder.encode(0, np.ascontiguousarray(row[None]), np.array([token], np.int32))
    payload = encoder.finish()
    assert payload is not None
    coder = FineBitDecoder(payload, len(content))
    (lane,) = begin(vocabulary, [len(content)], 0, network)
    assert [lane.code_token(coder, row.tolist()) for row in rows] == tokens.tolist()
    assert lane.content == content
    coder.finish()


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    """Return who knows the language model, and transformers that are none."""
    paths = (cases.LANGUAGE, cases.TRANSFORMER, cases.SLIDING)
    folders = (tmp_path_factory.mktemp(path.stem) for path in paths)
    models = [
        load(PackagedModel.load(path), folder) for path, folder in zip(paths, folders, strict=True)
    ]
    return Decoder(models)


def entry_of(path: Path, size: int = 4, **fields: Any) -> bytes:
    """Return the entry of a model, by the first bytes of its hash."""
    digest = PackagedModel.load(path).sha256[:size]
    return entry(LANGUAGE, digest, **{"revision": 3, **fields})


def part_of(language: PackagedLanguage, content: bytes, variant: int, num_lanes: int) -> Part:
    payload = coded_block(language, content, variant, num_lanes, None).payload
    return Part(content, payload, variant, num_lanes)


def window_of(length: int) -> dict[int, bytes]:
    return {PARAMETERS: length.to_bytes(2, "little")}


def test_a_window_that_is_not_the_usual_one(decoder: Decoder) -> None:
    transformer = TransformerModel(PackagedModel.load(cases.LANGUAGE), window=9)
    part = part_of(PackagedLanguage(transformer), REPEATED, 0, 1)
    data = frame(header(entry_of(cases.LANGUAGE, properties=window_of(9))), part)
    assert decoder.decode(data) == REPEATED
    for other in (
        header(entry_of(cases.LANGUAGE)),
        header(entry_of(cases.LANGUAGE, properties=window_of(8))),
    ):
        with pytest.raises(DecodingError):
            decoder.decode(frame(other, part))


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (entry_of(cases.LANGUAGE, revision=2), "revision"),
        (entry_of(cases.LANGUAGE, size=3), "short hash"),
        (entry_of(cases.TRANSFORMER), "slide"),
        (entry_of(cases.SLIDING), "vocabulary"),
        (entry_of(cases.NETWORK), "was given"),
        (entry_of(cases.LANGUAGE, coder=1), "coder"),
        (entry_of(cases.LANGUAGE, coder=2 << 4), "symbols"),
        (entry_of(cases.LANGUAGE, properties={DICTIONARY: bytes(8)}), "property"),
        (entry_of(cases.LANGUAGE, properties=window_of(24)), "usual"),
        (entry_of(cases.LANGUAGE, properties=window_of(2)), "range"),
    ],
)
def test_entries_that_no_writer_writes(head: bytes, reason: str, decoder: Decoder) -> None:
    """They are refused also where no block uses them."""
    with pytest.raises(DecodingError, match=reason):
        decoder.decode(frame(header(head), Part(b"")))


def test_forged_blocks(decoder: Decoder, packaged_language: PackagedLanguage) -> None:
    """Their checksums are right for what they hold."""
    part = part_of(packaged_language, REPEATED, 0, 2)
    assert part.payload is not None
    head = header(entry_of(cases.LANGUAGE))
    assert decoder.decode(frame(head, part)) == REPEATED
    payload = part.payload
    forged = [payload + b"\0", payload[:-1], payload[:5], b"", noise(len(payload))]
    forged += [payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :] for at in (0, 9, -9)]
    parts = [replace(part, payload=one) for one in forged]
    parts += [replace(part, num_lanes=number) for number in (1, 3, 33)]
    parts += [replace(part, variant=variant) for variant in (1, 2, 3)]
    for one in parts:
        with pytest.raises(DecodingError):
            decoder.decode(frame(head, one))


def test_lanes_that_are_too_many_or_too_long(decoder: Decoder) -> None:
    head = header(entry_of(cases.LANGUAGE))
    for num_bytes, num_lanes in ((60, 33), ((1 << 19) + 1, 1), ((1 << 24) + 1, 34)):
        part = Part(bytes(num_bytes), b"x", 0, num_lanes)
        with pytest.raises(DecodingError, match="no such lanes"):
            decoder.decode(frame(head, part))


def test_a_token_that_a_lane_has_no_bytes_for(tmp_path: Path) -> None:
    """A payload of another lane's bytes: its token is longer than this one."""
    contents = {byte: bytes([byte]) for byte in range(256)} | {256: b"abc"}
    parts = [contents[number] for number in range(257)]
    starts = np.cumsum([0, *map(len, parts)], dtype=np.int32)
    known = _core.language.Vocabulary(np.frombuffer(b"".join(parts), np.uint8), starts)
    data = np.frombuffer(b"abc" * 20, np.uint8)
    encoder = _core.language.TokenEncoder(known, 0, [data.size], data.size, None, data)
    row = np.zeros((1, 257), np.int32)
    for _ in range(20):
        assert encoder.encode(0, row, np.array([256], np.int32))
    payload = encoder.finish()
    assert payload is not None
    (lane,) = begin(Vocabulary(contents), [2], 0, None)
    with pytest.raises(DecodingError, match="within a token"):
        lane.code_token(FineBitDecoder(payload, 2), row[0].tolist())


def test_a_vocabulary_that_lacks_a_byte() -> None:
    with pytest.raises(DecodingError, match="single bytes"):
        Vocabulary({byte: bytes([byte]) for byte in range(255)})
