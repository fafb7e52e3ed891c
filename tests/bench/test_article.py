"""bench article: what it measures, on a text, a vocabulary and models of its own."""

from __future__ import annotations

import csv
import dataclasses
import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from neurocomp import compress
from neurocomp.bench import entropy
from neurocomp.bench.contenders import (
    NgramPlan,
    convert,
    installed,
    min_counts,
    read_excerpt,
    tokenizer_of,
    train_ngrams,
)
from neurocomp.bench.entropy import float_bits, windows
from neurocomp.bench.frames import NAMES, Tally, decode, encode
from neurocomp.bench.measure import measure, read_rows, write_rows
from neurocomp.cli.entry import run
from neurocomp.errors import FormatError, NeurocompError
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.ngram.training import train_ngram
from neurocomp.models.transformer import TransformerModel
from neurocomp.registry.opening import open_model
from neurocomp.store.folder import ModelStore
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import BytePairs
from tests.bench.tables import table_bits
from tests.models.tokennets.networks import make_network
from tests.models.tokennets.networks import write_checkpoint as write_network
from tests.models.transformer.checkpoints import write_checkpoint
from tests.models.transformer.llamas import write_llama
from tests.symbols.vocabulary import ALPHABET_SIZE

NUM_TOKENS = 600
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with its tokenizer, a training text and another one of the same words."""
    folder = tmp_path_factory.mktemp("article")
    write_checkpoint(folder / "tiny")
    vocabulary_path = folder / "tiny" / "vocab.json"
    vocabulary = json.loads(vocabulary_path.read_text())
    # GPT-2's has no numbers without a token.
    unused = sorted(set(range(ALPHABET_SIZE)) - set(vocabulary.values()))
    vocabulary |= {f"unused {number}": number for number in unused}
    vocabulary_path.write_text(json.dumps(vocabulary))
    for kind in ("neural-ngram", "recurrent-tokens"):
        write_network(folder / kind, make_network(kind, ALPHABET_SIZE))
        for name in ("vocab.json", "merges.txt"):
            shutil.copy(folder / "tiny" / name, folder / kind / name)
    chooser = random.Random(5)
    words = ["the", "inner", "band", "in", "then", "another", "a", "winter", "river", "thin"]
    for name, size in (("train", 6000), ("valid", 1000)):
        text = " ".join(chooser.choice(words) for _ in range(size))
        (folder / f"{name}.txt").write_text(text.replace("a winter", "\x1ea winter"))
    return folder


def test_the_command_measures_every_model(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NEUROCOMP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    arguments = ["bench", "article", str(folder / "valid.txt"), "-o", str(tmp_path / "out")]
    arguments += ["--tokenizer", str(folder / "tiny"), "--train", str(folder / "train.txt")]
    arguments += ["--orders", "1,3", "--tokens", str(NUM_TOKENS), "--gpt2", str(folder / "tiny")]
    for kind in ("neural-ngram", "recurrent-tokens"):
        arguments += ["--checkpoint", str(folder / kind)]
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert said.err.count("measuring") == 7
    with (tmp_path / "out" / "article.csv").open() as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    assert list(rows) == [
        *("1-gram, back-off", "3-gram, back-off", "1-gram, Kneser-Ney", "3-gram, Kneser-Ney"),
        *("tiny", "neural-ngram", "recurrent-tokens"),
    ]
    for row in rows.values():
        num_tokens, header_bits = int(row["num_tokens"]), 8 * 60
        ideal = float(row["table_entropy"]) * num_tokens
        coded = 8 * int(row["arithmetic_bytes"])
        assert 0 < coded - ideal < header_bits + 0.001 * ideal
        assert float(row["huffman"]) >= float(row["table_entropy"])
        assert float(row["arithmetic"]) == pytest.approx(coded / num_tokens)
    assert float(rows["3-gram, Kneser-Ney"]["arithmetic"]) < float(
        rows["1-gram, Kneser-Ney"]["arithmetic"]
    )
    for name in ("tiny", "neural-ngram", "recurrent-tokens"):
        exact = pytest.approx(float(rows[name]["table_entropy"]), rel=2e-3)
        assert float(rows[name]["float_entropy"]) == exact
    for name in ("bits-per-token.png", "bits-per-token.svg", "scaling.png", "scaling.svg"):
        assert (tmp_path / "out" / name).stat().st_size > 1000

    before = read_rows(tmp_path / "out" / "article.csv")
    assert run(arguments) == 0
    assert "measuring" not in capsys.readouterr().err
    assert read_rows(tmp_path / "out" / "article.csv") == before

    # What came without its float original is measured again with it.
    without = [dataclasses.replace(row, float_entropy=None) for row in before]
    write_rows(tmp_path / "out" / "article.csv", without)
    assert run(arguments) == 0
    assert capsys.readouterr().err.count("measuring") == 3
    after = read_rows(tmp_path / "out" / "article.csv")
    assert [row.float_entropy for row in after] == [row.float_entropy for row in before]

    # A run with one model shows what others have left, of this text, and the newest of a name.
    others = [
        dataclasses.replace(before[0], model="of another text", text="0" * 64),
        dataclasses.replace(before[-1], sha256="0" * 64, arithmetic_bytes=123_456_789),
    ]
    write_rows(tmp_path / "out" / "article.csv", [*before[:-1], *others, before[-1]])
    figures = {path: path.read_bytes() for path in (tmp_path / "out").glob("*.svg")}
    words = [*arguments[:7], "--tokens", str(NUM_TOKENS), "--checkpoint", arguments[-1]]
    assert run(words) == 0
    said = capsys.readouterr()
    assert "measuring" not in said.err
    assert all(row.model in said.out for row in before)
    assert "of another text" not in said.out
    assert "123456789" not in said.out
    assert {path: path.read_bytes() for path in figures} == figures


def test_the_float_original_reads_the_windows_of_the_exact_form(
    folder: Path, tmp_path: Path
) -> None:
    contender = convert(folder / "tiny", tmp_path)
    assert contender.path is not None
    model = TransformerModel.from_stored(StoredModel.load(contender.path))
    tokens = np.random.default_rng(2).integers(0, 256, 150).astype(np.int32)
    floats, num_parameters = float_bits(folder / "tiny", tokens, model.num_lanes(tokens.size))
    assert floats == pytest.approx(table_bits(model, tokens), rel=2e-3)
    assert num_parameters > ALPHABET_SIZE * 32


@pytest.mark.parametrize("name", ["tiny", "neural-ngram", "recurrent-tokens"])
def test_float_lanes_of_unequal_length(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entropy, "STEPS_AT_ONCE", 30)
    tokens = np.random.default_rng(3).integers(0, 256, 101).astype(np.int32)
    apart = [float_bits(folder / name, part, 1)[0] for part in np.split(tokens, [34, 68])]
    assert float_bits(folder / name, tokens, 3)[0] == pytest.approx(sum(apart), rel=1e-6)


def test_a_damaged_checkpoint_of_tokens(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "neural-ngram", "width": 3}')
    with pytest.raises(FormatError, match="alphabet_size"):
        float_bits(tmp_path, np.zeros(3, np.int32), 1)
    (tmp_path / "config.json").write_text('{"model_type": "glr"}')
    with pytest.raises(NeurocompError):
        float_bits(tmp_path, np.zeros(3, np.int32), 1)


def test_frames_are_those_of_compress(folder: Path, tmp_path: Path) -> None:
    plan = NgramPlan([folder / "train.txt"], folder / "tiny", [2])
    _, contender = train_ngrams(plan, tokenizer_of(folder / "tiny"), tmp_path)
    content = (folder / "valid.txt").read_bytes()
    opened, tally = open_model(str(contender.path), ModelStore()), Tally()
    frames = encode(opened, content, tally)
    for name in NAMES:
        assert frames[name] == compress(content, model=str(contender.path), coder=name)
    assert decode(opened, frames, tally) == content
    assert tally.bits == pytest.approx(8 * len(frames["arithmetic"]), abs=600)
    damaged = {**frames, "huffman": frames["arithmetic"]}
    with pytest.raises(NeurocompError):
        decode(opened, damaged, tally)


@pytest.mark.parametrize(("length", "overlap"), [(2, 4), (9, 4), (10, 4), (40, 1), (41, 7)])
def test_windows_predict_every_symbol_once(length: int, overlap: int) -> None:
    predicted: list[int] = []
    for first, last, new in windows(length, 8, overlap):
        assert last - first <= 8
        assert new == 0 or new - first >= overlap - 1
        predicted += range(new + 1, last + 1)
    assert predicted == list(range(1, length))


def test_ngrams_code_text_by_the_tokenizer_they_hold(folder: Path, tmp_path: Path) -> None:
    tokenizer = tokenizer_of(folder / "tiny")
    plan = NgramPlan([folder / "train.txt"], folder / "tiny", [2])
    names = [one.name for one in train_ngrams(plan, tokenizer, tmp_path)]
    assert names == ["2-gram, back-off", "2-gram, Kneser-Ney"]
    excerpt = read_excerpt(folder / "valid.txt", BytePairs(tokenizer), ALPHABET_SIZE, 50)
    assert (folder / "valid.txt").read_bytes().startswith(excerpt.content)
    assert 50 <= excerpt.tokens.size <= 52


@pytest.mark.parametrize("smoothing", ["katz", "kneser-ney"])
def test_no_order_is_worse_than_a_shorter_one(smoothing: str) -> None:
    """With every n-gram stored, those of Katz are: 3.18 bits with four bytes, 3.21 with five."""
    primer = np.frombuffer((ROOT / "neurocomp/models/mix/primer.txt").read_bytes(), np.uint8)
    unseen = np.frombuffer((ROOT / "corpora/samples/prose.txt").read_bytes()[:6000], np.uint8)
    bits = []
    for order in (1, 2, 3, 4, 5):
        stored = min_counts(smoothing, order, 1)
        bits.append(table_bits(train_ngram([primer], 256, order, smoothing, stored), unseen))
    assert 8 * unseen.size > bits[0]
    assert bits == sorted(bits, reverse=True)


def test_without_models_there_is_nothing_to_measure(folder: Path, tmp_path: Path) -> None:
    text, tokenizer = str(folder / "valid.txt"), str(folder / "tiny")
    arguments = ["bench", "article", text, "--tokenizer", tokenizer, "-o", str(tmp_path)]
    assert run(arguments) == 2


def test_models_of_bits_are_counted_by_the_excerpts_tokens(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A language model has other tokens, and is measured by them and mixed with contexts."""
    monkeypatch.setenv("NEUROCOMP_HOME", str(tmp_path))
    path = tmp_path / "tiny.safetensors"
    convert_checkpoint(write_llama(tmp_path / "llama", "tied")).save(path)
    ModelStore().add(path, "tiny-llama")
    symbol_map = BytePairs(tokenizer_of(folder / "tiny"))
    excerpt = read_excerpt(folder / "valid.txt", symbol_map, ALPHABET_SIZE, 300)
    contenders = [*installed("mix"), *installed("tiny-llama")]
    assert [one.name for one in contenders] == [
        *("mix", "tiny-llama", "tiny-llama, mixed with contexts")
    ]
    rows = [measure(contender, excerpt) for contender in contenders]
    write_rows(tmp_path / "article.csv", rows)
    assert read_rows(tmp_path / "article.csv") == rows
    assert [row.num_tokens for row in rows] == [excerpt.tokens.size] * 3
    frame = compress(excerpt.content, model="mix")
    assert rows[0].arithmetic == 8 * len(frame) / excerpt.tokens.size
    assert [row.huffman is None for row in rows] == [True, False, True]
    assert [row.table_entropy is None for row in rows] == [True, False, True]
    assert len({(row.sha256, row.kind) for row in rows}) == 3


def test_parameters_are_weights_and_embeddings(folder: Path) -> None:
    """The mixers that are stored with a network are not counted."""
    symbol_map = BytePairs(tokenizer_of(folder / "tiny"))
    excerpt = read_excerpt(folder / "valid.txt", symbol_map, ALPHABET_SIZE, 20)
    [network] = installed("text-s")
    assert network.path is not None
    tensors = StoredModel.load(network.path).tensors
    counted = [name for name in tensors if name.endswith(("embeddings", ".rows", ".weight"))]
    assert len(counted) == 2 + 4 * 4 + 1
    row = measure(network, excerpt)
    assert row.parameters == sum(tensors[name].size for name in counted)


def test_the_suite_runs_the_command(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    shutil.copy(folder / "valid.txt", copies / "wikitext2-valid.txt")
    monkeypatch.setenv("NEUROCOMP_CORPORA", str(copies))
    words = ["bench", "run", "article", "--tokenizer", str(folder / "tiny"), "-o", str(tmp_path)]
    assert run([*words, "-m", str(folder / "neural-ngram"), "-q"]) == 0
    assert "bits per token" in capsys.readouterr().out
    [row] = read_rows(tmp_path / "article" / "article.csv")
    assert (row.model, row.float_entropy is None) == ("neural-ngram", False)
