"""The intermediate values in docs/spec are those of the decoder that follows it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from neurocomp.store.stored import StoredModel as PackagedModel
from tests.golden import cases
from tests.reference import vectors
from tests.reference.bytenet import Network
from tests.reference.conftest import packaged, plain
from tests.reference.contexts import TEXT
from tests.reference.decoder import primer
from tests.reference.frames import read_file
from tests.reference.language import LanguageModel
from tests.reference.stored import StoredModel
from tests.reference.transformer import Transformer

SPEC = Path(__file__).parents[2] / "docs" / "spec"


def section(page: str, heading: str) -> str:
    """Return the text below a heading, up to the next one."""
    text = (SPEC / page).read_text()
    assert text.count(f" {heading}\n") == 1
    return re.split(r"^#+ ", text.split(f" {heading}\n")[1], flags=re.MULTILINE)[0]


def hashes(text: str) -> list[str]:
    return re.findall(r"`([0-9a-f]{64})`", text)


def numbers(text: str) -> list[int]:
    (line,) = re.findall(r"^    ([0-9 ]+)$", text, flags=re.MULTILINE)
    return [int(number) for number in line.split()]


def test_tables() -> None:
    assert hashes(section("mix.md", "1.4 Checks")) == vectors.of_tables()


def test_the_primer() -> None:
    digest = hashlib.sha256(primer()).hexdigest()
    assert hashes(section("mix.md", "11. Blocks")) == [digest]


def test_mix() -> None:
    text = section("mix.md", "12. Test vectors")
    assert numbers(text) == vectors.by_contexts(vectors.WORD, TEXT)[:16]
    assert hashes(text) == vectors.of_mix()


def test_bytenet(text_s: Network) -> None:
    text = section("bytenet.md", "7. Test vectors")
    assert numbers(text) == [row.index(max(row)) for row in vectors.weights(text_s)]
    assert hashes(text) == [text_s.stored.sha256.hex(), *vectors.of_bytenet(text_s)]


def test_adaptive() -> None:
    assert hashes(section("adaptive.md", "5. Test vectors")) == vectors.of_adaptive()


def unpacked(file: Path, folder: Path) -> Path:
    return plain(PackagedModel.load(file), folder / file.name)


def test_ngram(tmp_path: Path) -> None:
    expected = hashes(section("ngram.md", "4. Test vectors"))
    files = (cases.BYTE_MODEL, cases.TOKEN_MODEL)
    contents = (b"neurocomp" * 5, [i * i % 7 for i in range(40)])
    found = [
        vectors.of_ngram(StoredModel(unpacked(file, tmp_path).read_bytes()), content)
        for file, content in zip(files, contents, strict=True)
    ]
    assert found == expected


def read(file: Path, folder: Path) -> StoredModel:
    return StoredModel(unpacked(file, folder).read_bytes())


def test_transformer(tmp_path: Path) -> None:
    files = (cases.GPT, cases.TRANSFORMER, cases.SLIDING, cases.LANGUAGE_OUTPUTS)
    found = [vectors.of_transformer(read(file, tmp_path)) for file in files]
    assert hashes(section("transformer.md", "7. Test vectors")) == found


def test_tokennets(tmp_path: Path) -> None:
    files = (cases.NEURAL_NGRAM, cases.RECURRENT_TOKENS)
    found = vectors.of_tokennets(*(read(file, tmp_path) for file in files))
    assert hashes(section("tokennets.md", "6. Test vectors")) == found


def test_dalle(tmp_path: Path) -> None:
    frame = (cases.VALID / "captioned-images-prior-arithmetic.ncmp").read_bytes()
    shape, digest = vectors.of_dalle(read(cases.PRIOR, tmp_path), frame)
    text = section("dalle.md", "6. Test vectors")
    assert shape in text
    assert hashes(text) == [digest]


DECISIONS = (
    "text-language-0-2",
    "every-byte-language-1-4",
    "text-language-2-3",
    "every-byte-language-arithmetic",
)


def language_model(folder: Path) -> LanguageModel:
    return LanguageModel(Transformer(read(cases.LANGUAGE, folder)))


def test_language(tmp_path: Path) -> None:
    model = language_model(tmp_path)
    vocabulary = model.vocabulary
    text = section("language.md", "7. Test vectors")
    sizes = (
        f"has {len(vocabulary.numbers)} tokens with bytes and {len(vocabulary.prefixes)} prefixes"
    )
    assert sizes in text
    found = [*vectors.of_vocabulary(vocabulary), vectors.of_token_weights(model)]
    assert hashes(text)[:3] == found
    assert len(hashes(text)) == len(found) + len(DECISIONS)


@pytest.mark.slow
@pytest.mark.parametrize("name", DECISIONS)
def test_decisions_of_language(name: str, tmp_path: Path) -> None:
    frame = (cases.VALID / f"{name}.ncmp").read_bytes()
    ((_, (block,)),) = read_file(frame)
    network = Network(read(packaged("text-l"), tmp_path)) if block.variant >= 2 else None
    found = vectors.of_decisions(language_model(tmp_path), frame, network)
    text = section("language.md", "7. Test vectors")
    fields = (f"`{name}`", block.variant, block.num_lanes, len(found))
    start = " | ".join(map(str, fields))
    assert f"| {start} | `{vectors.digest('I', found)}` |" in text
    if name == DECISIONS[0]:
        assert numbers(text) == found[:16]
