"""Models and dictionaries are known by what they contain, never by where they are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import neurocomp
from neurocomp.errors import ModelMismatchError, ModelNotFoundError
from neurocomp.models.ngram import NgramModel
from neurocomp.models.ngram.training import train_ngram
from neurocomp.registry.dictionary import open_dictionary, stored_dictionary
from neurocomp.registry.opening import open_model
from neurocomp.store import contents
from neurocomp.store.contents import ContentCache, content_key
from neurocomp.store.folder import ModelStore
from neurocomp.store.stored import StoredModel

ONE, TWO = b"alpha beta gamma delta\n" * 30, b"zzz yyy xxx other words\n" * 30


def write_dictionary(path: Path, content: bytes) -> bytes:
    stored = stored_dictionary(content)
    stored.save(path)
    return stored.sha256


def ngram(content: bytes) -> NgramModel:
    return train_ngram(np.frombuffer(content, np.uint8), 256, 2)


def rewrite_within_the_same_tick(path: Path, content: bytes) -> None:
    """Change the content in place: same inode, size and times as before."""
    status = path.stat()
    assert len(content) == status.st_size
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_replaced_dictionary_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "d.dict"
    for content in (ONE, TWO, ONE[:50]):
        sha256 = write_dictionary(path, content)
        assert open_dictionary(str(path), ModelStore(tmp_path)).sha256 == sha256
        frame = neurocomp.compress(b"alpha beta", preset="fast", dictionary=str(path))
        assert neurocomp.decompress(frame, model_path=(path,)) == b"alpha beta"


def test_a_relative_path_means_the_folder_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = []
    for name, content in (("a", ONE), ("b", TWO)):
        (tmp_path / name).mkdir()
        hashes.append(write_dictionary(tmp_path / name / "d.dict", content))
    for name, sha256 in zip("ab", hashes, strict=True):
        monkeypatch.chdir(tmp_path / name)
        assert open_dictionary("d.dict", ModelStore(tmp_path)).sha256 == sha256


def test_a_name_means_the_home_of_now(tmp_path: Path) -> None:
    for name, content in (("a", ONE), ("b", TWO)):
        store = ModelStore(tmp_path / name)
        file = tmp_path / f"{name}.dict"
        sha256 = write_dictionary(file, content)
        store.add(file, "words")
        assert open_dictionary("words", store).sha256 == sha256


def test_a_replaced_model_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    for content in (ONE, TWO):
        stored = ngram(content).to_stored()
        stored.save(path)
        opened = open_model(str(path), ModelStore(tmp_path))
        assert opened.model.identity == stored.sha256
        frame = neurocomp.compress(content, model=str(path))
        assert stored.sha256 in frame
        assert neurocomp.decompress(frame, model_path=(path,)) == content


def test_content_changed_in_place_under_the_same_times_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    cache = ContentCache(Path.read_bytes, 4)
    assert cache(path) == b"one"
    rewrite_within_the_same_tick(path, b"two")
    assert cache(path) == b"two"
    monkeypatch.setattr(contents, "HASHED_BYTES", 0)  # as if it were large
    assert cache(path) == b"two"
    rewrite_within_the_same_tick(path, b"six")
    assert cache(path) == b"six"


def test_a_large_settled_file_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "HASHED_BYTES", 0)
    monkeypatch.setattr(contents, "SETTLED_NS", -(10**12))  # as if it had been there for long
    path = tmp_path / "file"
    path.write_bytes(b"one")
    assert isinstance(content_key(path), tuple)
    calls = []
    cache = ContentCache(lambda path: calls.append(path), 4)
    cache(path)
    cache(path)
    assert len(calls) == 1
    path.replace(tmp_path / "other")
    path.write_bytes(b"two")
    cache(path)
    assert len(calls) == 2


def test_a_file_exchanged_while_it_is_read_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")

    def load(path: Path) -> bytes:
        content = path.read_bytes()
        path.write_bytes(b"two")
        return content

    cache = ContentCache(load, 4)
    assert [cache(path), cache(path)] == [b"one", b"two"]


def test_the_cache_forgets_what_is_oldest(tmp_path: Path) -> None:
    calls = []
    cache = ContentCache(lambda path: calls.append(path.name), 2)
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    for name in ("a", "b", "a", "c", "a", "b"):
        cache(tmp_path / name)
    assert calls == ["a", "b", "c", "b"]


def test_a_file_under_another_models_hash_is_refused(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "home")
    file = tmp_path / "m.safetensors"
    ngram(ONE).to_stored().save(file)
    entry = store.add(file, "letters")
    ngram(TWO).to_stored().save(entry.path)
    with pytest.raises(ModelMismatchError, match="holds the model"):
        open_model("letters", store)
    write_dictionary(tmp_path / "d.dict", ONE)
    entry = store.add(tmp_path / "d.dict", "words")
    write_dictionary(entry.path, TWO)
    with pytest.raises(ModelMismatchError, match="holds the dictionary"):
        open_dictionary("words", store)


def test_what_a_frame_says_is_what_coded_it(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    ngram(ONE).to_stored().save(path)
    model = open_model(str(path), ModelStore(tmp_path))
    ngram(TWO).to_stored().save(path)
    assert model.model.identity == ngram(ONE).to_stored().sha256
    assert StoredModel.load(path).sha256 == ngram(TWO).to_stored().sha256


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpt2", "neurocomp models pull gpt2"),
        ("openai-community/gpt2-xl", "neurocomp models pull gpt2-xl"),
        ("gpt2", "neurocomp models import FOLDER --name gpt2"),
        ("smollm2", "neurocomp models pull smollm2 --index"),
        ("smollm2", "neurocomp models import FILE.gguf --name smollm2"),
        ("text-m", "did you mean text-s?"),
        ("Text-L", "did you mean text-l?"),
        ("rainbow", "did you mean dalle:rainbow?"),
        ("lettres", "did you mean letters?"),
        ("qqqqqq", "in the package are: mix"),
        ("no/such.safetensors", "there is no model file"),
        ("a\x1b[31m", r"\\x1b"),
    ],
)
def test_a_missing_model_says_what_else(tmp_path: Path, name: str, message: str) -> None:
    store = ModelStore(tmp_path / "home")
    file = tmp_path / "m.safetensors"
    ngram(ONE).to_stored().save(file)
    store.add(file, "letters")
    with pytest.raises(ModelNotFoundError, match=message) as caught:
        open_model(name, store)
    assert str(caught.value).isprintable()
