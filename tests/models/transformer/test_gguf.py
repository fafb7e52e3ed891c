"""GGUF files: the models that folders of transformers give, in every form of tensors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import neurocomp
from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.hub.gguf import GgufCheckpoint
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.checkpoint import Checkpoint
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import PIECES_RULE
from neurocomp.symbols.pieces import SPACE
from tests.models.transformer.gguf_files import write_gguf
from tests.models.transformer.llamas import CONTEXT, float_llama, relative_loss, write_llama
from tests.symbols.vocabulary import PIECES

pytest.importorskip("gguf", reason="the package gguf is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_llama(tmp_path_factory.mktemp("llama"), "tied")


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "granite", "smollm3", "olmo2"])
def test_a_gguf_file_gives_the_same_model(kind: str, tmp_path: Path) -> None:
    folder = write_llama(tmp_path / kind, kind)
    expected = convert_checkpoint(folder)
    found = convert_checkpoint(write_gguf(tmp_path / "model.gguf", folder))
    assert found.config == expected.config
    assert found.tensors.keys() == expected.tensors.keys()
    for name in expected.tensors.keys() - {"tokenizer"}:  # it has no tokens without content
        np.testing.assert_array_equal(found.tensors[name], expected.tensors[name])


@pytest.mark.parametrize("kind", ["llama", "mistral"])
def test_pieces_are_read_of_a_gguf_file(kind: str, tmp_path: Path) -> None:
    """Llama 2, TinyLlama and Mistral have them."""
    folder = write_llama(tmp_path / kind, kind, sliding_window=None)
    stored = convert_checkpoint(write_gguf(tmp_path / "model.gguf", folder, has_pieces=True))
    fields = json.loads(stored.tensors["tokenizer"].tobytes())
    assert fields["rule"] == PIECES_RULE
    assert fields["merges"].index("t h") < fields["merges"].index("h e")
    assert not {"<s>", "</s>", "<unk>"} & fields["vocab"].keys()
    model = TransformerModel(stored)
    tokens = model.symbol_map.encode(b" the and\xff", model.alphabet_size)
    assert tokens is not None
    assert [PIECES[number] for number in tokens] == [f"{SPACE}the", SPACE, "and", "<0xFF>"]
    path = tmp_path / "model.safetensors"
    stored.save(path)
    content = f" the and\n the {SPACE} \0".encode() + bytes(range(256))
    frame = neurocomp.compress(content, model=str(path))
    assert neurocomp.decompress(frame, model_path=(path,)) == content


def test_factors_of_positions_are_the_scaling_of_a_folder(tmp_path: Path) -> None:
    """Llama 3.1's scaling is a tensor in its GGUF files."""
    folder = write_llama(tmp_path / "llama3", "llama3")
    rotary = float_llama(folder).model.rotary_emb
    plain = 1 / 10_000.0 ** (np.arange(0, 8, 2) / 8)
    factors = (plain / rotary.inv_freq.numpy()).astype(np.float32)
    assert 1 < factors[0] < factors[-1] == pytest.approx(4)

    def turns(stored: StoredModel) -> NDArray[np.int64]:
        return stored.tensors["turns"][0, :, :CONTEXT].astype(np.int64)

    expected = turns(convert_checkpoint(folder))
    found = turns(convert_checkpoint(write_gguf(tmp_path / "model.gguf", folder, factors=factors)))
    unscaled = turns(convert_checkpoint(write_gguf(tmp_path / "model.gguf", folder)))
    assert np.abs(found - expected).max() <= expected.max() * 1e-5
    assert np.abs(unscaled - expected).max() > expected.max() * 0.1
    damaged = write_gguf(tmp_path / "model.gguf", folder, factors=factors[:-1])
    with pytest.raises(FormatError, match="factors"):
        convert_checkpoint(damaged)


def test_mixtures_of_experts_are_refused(tmp_path: Path) -> None:
    folder = write_llama(tmp_path / "llama", "llama")
    with pytest.raises(UnsupportedError, match="mixture of 8 experts"):
        convert_checkpoint(write_gguf(tmp_path / "model.gguf", folder, num_experts=8))
    convert_checkpoint(write_gguf(tmp_path / "model.gguf", folder, num_experts=0))


@pytest.mark.parametrize("form", ["F16", "BF16", "Q8_0", "Q5_1", "Q4_0", "Q4_1"])
def test_forms_of_gguf_tensors_are_read(form: str, folder: Path, tmp_path: Path) -> None:
    stored = convert_checkpoint(write_gguf(tmp_path / "model.gguf", folder, form))
    bound = {"F16": 0.01, "BF16": 0.02, "Q8_0": 0.02}.get(form, 0.6)
    assert 0 <= relative_loss(folder, stored) < bound


def test_a_form_of_the_k_family_is_read(tmp_path: Path) -> None:
    """Its blocks are of 256 values, so rows are wider."""
    folder = write_llama(tmp_path / "llama", "llama", hidden_size=256, intermediate_size=256)
    path = write_gguf(tmp_path / "model.gguf", folder, "Q6_K")
    name = "model.layers.1.mlp.up_proj.weight"
    expected, found = Checkpoint(folder).tensor(name), GgufCheckpoint(path).tensor(name)
    assert 0 < np.abs(found - expected).max() < np.abs(expected).max() / 31
    assert 0 <= relative_loss(folder, convert_checkpoint(path)) < 0.3


def test_a_form_that_is_not_supported_is_named(folder: Path, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "model.gguf", folder, "Q4_0")
    content = bytearray(path.read_bytes())
    name = b"token_embd.weight"
    start = content.index(name) + len(name) + 4 + 2 * 8
    content[start : start + 4] = (6).to_bytes(4, "little")  # Q5_0, and then one of the K family
    path.write_bytes(content)
    convert_checkpoint_or_damage(path)
    content[start : start + 4] = (16).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises((UnsupportedError, FormatError), match=r"IQ2_XXS|not a GGUF file"):
        convert_checkpoint(path)


def convert_checkpoint_or_damage(path: Path) -> None:
    try:
        convert_checkpoint(path)
    except FormatError:
        return


def test_a_damaged_gguf_file_is_one_line(folder: Path, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "model.gguf", folder)
    content = path.read_bytes()
    for damaged in (b"", b"GGUF", content[: len(content) // 3], b"x" * 100, content[:-5000]):
        path.write_bytes(damaged)
        with pytest.raises(FormatError) as caught:
            convert_checkpoint(path)
        assert str(caught.value).isprintable()
