"""The model store: names, hashes, and messages that say what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from neurocomp.errors import FormatError, ModelMismatchError, ModelNotFoundError, UsageError
from neurocomp.store.folder import MIN_HASH_BYTES, Entry, ModelStore
from neurocomp.store.stored import StoredModel


def make(path: Path, number: int) -> StoredModel:
    model = StoredModel("ngram", {"number": number}, {"x": np.arange(number, dtype=np.uint8)})
    model.save(path)
    return model


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    make(tmp_path / "one.safetensors", 1)
    return tmp_path / "one.safetensors"


def test_an_unused_store_is_empty_and_makes_no_folder(store: ModelStore) -> None:
    assert store.entries() == []
    assert not store.home.exists()


def test_home_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEUROCOMP_HOME", str(tmp_path / "there"))
    assert ModelStore().home == tmp_path / "there"
    monkeypatch.delenv("NEUROCOMP_HOME")
    assert ModelStore().home.name == "neurocomp"


def test_added_models_are_found_by_name_and_hash(store: ModelStore, file: Path) -> None:
    model = StoredModel.load(file)
    entry = store.add(file, "my-model_1.0")
    assert entry.path == store.home / "models" / f"{model.sha256.hex()}.safetensors"
    for found in (
        store.find("my-model_1.0"),
        store.find(model.sha256.hex()),
        store.find(model.sha256.hex()[:6]),
        store.find_by_hash(model.sha256),
    ):
        assert found == entry
    assert store.entries() == [entry]
    assert store.verify(entry).sha256 == model.sha256


@pytest.mark.parametrize(
    "name", ["", "A", "-x", ".x", "../x", "a/b", "a\\b", "a b", "a\n", "ä", "x" * 101]
)
def test_bad_names_are_refused(store: ModelStore, file: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a model"):
        store.add(file, name)
    assert not store.home.exists()


def test_a_damaged_file_is_not_added(store: ModelStore, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(FormatError):
        store.add(file, "x")
    assert store.entries() == []


def test_a_name_can_move(store: ModelStore, file: Path, tmp_path: Path) -> None:
    old = store.add(file, "x")
    make(tmp_path / "two", 2)
    new = store.add(tmp_path / "two", "x")
    assert store.find("x") == new
    assert store.find_by_hash(old.sha256).name == old.sha256.hex()


def test_a_file_goes_with_its_last_name(store: ModelStore, file: Path) -> None:
    entry = store.add(file, "a")
    store.add(file, "b")
    store.remove("a")
    assert store.find_by_hash(entry.sha256).name == "b"
    store.remove("b")
    assert store.entries() == []
    assert not entry.path.exists()


def test_removing_by_hash_removes_all_names(store: ModelStore, file: Path) -> None:
    entry = store.add(file, "a")
    store.add(file, "b")
    store.remove(entry.sha256.hex()[:8])
    assert store.entries() == []


def test_search_path(store: ModelStore, file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    model = make(folder / "two.safetensors", 2)
    save_file({"x": np.zeros(1, np.float32)}, folder / "other.safetensors")
    searching = ModelStore(store.home, [str(file), folder])
    assert [entry.name for entry in searching.entries()] == ["one", "two"]
    assert searching.find("two") == Entry(
        "two", model.sha256, folder / "two.safetensors", installed=False
    )
    assert searching.find_by_hash(model.sha256).name == "two"
    assert searching.find_by_hash(model.sha256[:MIN_HASH_BYTES]).name == "two"
    for wrong in (
        model.sha256[: MIN_HASH_BYTES - 1],
        model.sha256[:8] + b"\0",
        model.sha256 + b"\0",
    ):
        with pytest.raises(ModelNotFoundError):
            searching.find_by_hash(wrong)
    with pytest.raises(ModelNotFoundError):
        searching.remove("two")


def test_bad_search_paths_are_named(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="nowhere does not exist"):
        ModelStore(store.home, [tmp_path / "nowhere"]).entries()
    (tmp_path / "text").write_text("text")
    with pytest.raises(FormatError, match="text is not"):
        ModelStore(store.home, [tmp_path / "text"]).entries()


def test_missing_models_are_named_with_the_way_out(store: ModelStore, file: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"no model named 'x'.*installed are: none"):
        store.find("x")
    store.add(file, "one")
    message = r"no model named 'x'.*installed are: one; neurocomp models add FILE --name NAME"
    with pytest.raises(ModelNotFoundError, match=message):
        store.find("x")
    with pytest.raises(ModelNotFoundError, match=f"{'ab' * 32}.*neurocomp models add"):
        store.find_by_hash(b"\xab" * 32)


def test_short_prefixes_are_no_hashes(store: ModelStore, file: Path) -> None:
    sha256 = store.add(file, "zzz").sha256.hex()
    with pytest.raises(ModelNotFoundError):
        store.find(sha256[:3])


def test_an_ambiguous_prefix_is_refused(store: ModelStore) -> None:
    folder = store.home / "models"
    folder.mkdir(parents=True)
    for digit in "12":
        (folder / f"abcd{digit * 60}.safetensors").write_bytes(b"")
    with pytest.raises(ModelNotFoundError, match="2 models"):
        store.find("abcd")


def test_verify_finds_damage(store: ModelStore, file: Path, tmp_path: Path) -> None:
    entry = store.add(file, "x")
    other = make(tmp_path / "two", 2)
    entry.path.write_bytes((tmp_path / "two").read_bytes())
    with pytest.raises(ModelMismatchError, match=other.sha256.hex()):
        store.verify(entry)
    entry.path.write_bytes(b"")
    with pytest.raises(FormatError):
        store.verify(entry)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"../x": "' + "a" * 64 + '"}', '{"x": "../../secret"}', '{"x": 1}']
)
def test_a_damaged_names_file_is_an_error(store: ModelStore, text: str) -> None:
    store.home.mkdir()
    (store.home / "names.json").write_text(text)
    with pytest.raises(FormatError, match=r"names\.json is damaged"):
        store.entries()


def test_a_names_file_of_other_bytes_is_an_error(store: ModelStore) -> None:
    store.home.mkdir()
    (store.home / "names.json").write_bytes(b"\xff\xfe")
    with pytest.raises(FormatError, match=r"names\.json is damaged"):
        store.entries()


def test_links_and_strangers_are_not_entries(store: ModelStore, file: Path) -> None:
    entry = store.add(file, "x")
    moved = file.with_name("elsewhere")
    entry.path.rename(moved)
    entry.path.symlink_to(moved)
    (entry.path.parent / "readme.safetensors").write_bytes(b"")
    assert store.entries() == []
