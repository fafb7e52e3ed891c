"""The store: two processes at once, full disks, origins, and lists that load nothing."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurocomp.errors import FormatError, ModelMismatchError
from neurocomp.registry.packaged import EMBEDDED
from neurocomp.store.files import write_atomically
from neurocomp.store.folder import ModelStore
from neurocomp.store.origins import Origin, read_licence, read_origin
from neurocomp.store.shipped import network_file
from neurocomp.store.stored import StoredModel

PROGRAM = """
import sys
import zlib
from pathlib import Path
from neurocomp.store.folder import ModelStore
store = ModelStore(Path(sys.argv[1]))
for path in sys.argv[2:]:
    store.add(Path(path), Path(path).stem)
"""
LIGHT = """
import sys
from neurocomp.cli.entry import run
assert run({arguments!r}) == {code}
heavy = {{"numpy", "torch", "constriction", "safetensors"}} & set(sys.modules)
assert not heavy, heavy
"""


def make(path: Path, number: int) -> StoredModel:
    model = StoredModel("ngram", {"n": number}, {"x": np.full(number + 1, number, np.int16)})
    model.save(path)
    return model


def test_two_processes_add_at_the_same_time(tmp_path: Path) -> None:
    paths = []
    for number in range(12):
        paths.append(tmp_path / f"m{number}.safetensors")
        make(paths[-1], number)
    home = tmp_path / "home"
    running = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, home, *paths[k::3]]) for k in range(3)
    ]
    assert [one.wait() for one in running] == [0, 0, 0]
    entries = ModelStore(home).entries()
    assert {one.name for one in entries} == {path.stem for path in paths}
    assert len(json.loads((home / "names.json").read_text())) == 12


@pytest.mark.parametrize("is_installed", [False, True])
def test_a_full_disk_names_the_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_installed: bool
) -> None:
    model = make(tmp_path / "m.safetensors", 3)
    store = ModelStore(tmp_path / "home")
    store.add(tmp_path / "m.safetensors", "old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted((tmp_path / "home").rglob("*"))
    other = make(tmp_path / "other.safetensors", 4)
    monkeypatch.setattr("neurocomp.store.files.os.fsync", full)
    origin = Origin("imported", "folder")
    with pytest.raises(OSError, match="No space left") as caught:
        _ = (
            store.install(other, "new", origin)
            if is_installed
            else store.add(tmp_path / "other.safetensors", "new")
        )
    target = store.home / "models" / f"{other.sha256.hex()}.safetensors"
    assert caught.value.filename == str(target)
    assert sorted((tmp_path / "home").rglob("*")) == before
    assert store.find("old").sha256 == model.sha256


def test_what_is_written_is_synced_and_then_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    replace, fsync = Path.replace, os.fsync

    def noted_sync(descriptor: int) -> None:
        steps.append("sync")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr("neurocomp.store.files.os.fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_atomically(tmp_path / "file", b"content")
    assert steps == ["sync", "rename", "sync"]
    assert (tmp_path / "file").read_bytes() == b"content"


def test_what_a_store_keeps_was_verified(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    make(path, 3)
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.write_bytes(whole)
    store = ModelStore(tmp_path / "home")
    with pytest.raises(ModelMismatchError, match=r"m\.safetensors is damaged"):
        store.add(path, "x")
    assert store.entries() == []
    assert [one.name for one in (tmp_path / "home").rglob("*") if one.is_file()] == ["lock"]


def test_origins_are_kept_beside_the_model(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "home")
    model = make(tmp_path / "m.safetensors", 3)
    added = store.add(tmp_path / "m.safetensors", "x")
    assert store.origin(added) == Origin("added", str(tmp_path / "m.safetensors"))
    pulled = Origin("pulled", "owner/model", "0" * 40, "mit")
    entry = store.install(model, "y", pulled)
    assert store.origin(entry) == pulled
    assert str(pulled) == "pulled from owner/model@000000000000"
    store.remove(model.sha256.hex())
    assert [one.name for one in (tmp_path / "home" / "models").iterdir()] == []
    for text in ("", "[1]", '{"how": 1, "source": "x"}', '{"other": 1}', "[" * 10**5):
        (tmp_path / "o.json").write_text(text)
        assert read_origin(tmp_path / "o.json") is None


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\n# Model\n", "mit"),
        ('---\r\nlicense: "apache-2.0"\r\n---\r\n', "apache-2.0"),
        ("# Model\nlicense: mit\n", None),
        ("---\nlicense: \x1b[31m\n---\n", None),
        ("", None),
    ],
)
def test_licences_are_those_of_model_cards(tmp_path: Path, card: str, licence: str | None) -> None:
    assert read_licence(tmp_path) is None
    (tmp_path / "README.md").write_bytes(card.encode())
    assert read_licence(tmp_path) == licence


def test_hashes_are_known_without_the_models() -> None:
    for name, one in EMBEDDED.items():
        assert one.load is not None, name
        assert one.load().identity == one.sha256(), name


def test_a_wrong_hash_in_the_package_is_refused_when_the_network_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lists believe is compared with the file's checksum before it predicts anything."""
    from neurocomp.models.bytenet import NetworkModel, model

    content = bytearray(network_file("text-s").read_bytes())
    place = content.index(b'sha256\\":\\"') + len(b'sha256\\":\\"')
    content[place] = ord("0") if content[place] != ord("0") else ord("1")
    (tmp_path / "text-s.safetensors").write_bytes(content)
    monkeypatch.setattr(model, "WEIGHTS", tmp_path)
    with pytest.raises(FormatError, match="is damaged: its checksum"):
        NetworkModel.shipped("text-s")
    content[-4:] = zlib.crc32(content[:-4]).to_bytes(4, "little")
    (tmp_path / "text-s.safetensors").write_bytes(content)
    with pytest.raises(ModelMismatchError, match="is damaged"):
        NetworkModel.shipped("text-s").stored  # noqa: B018  it reads and verifies


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["models", "list"], 0),
        (["models", "list", "--json"], 0),
        (["models", "show", "text-l"], 0),
        (["models", "add", "m.safetensors", "--name", "x"], 0),
        (["models", "add", "bad.safetensors"], 1),
        (["models", "add", "m.safetensors", "--name", "mix"], 2),
        (["-l", "a.ncmp", "b.ncmp"], 0),
    ],
)
def test_lists_load_nothing_heavy(tmp_path: Path, arguments: list[str], code: int) -> None:
    import neurocomp

    make(tmp_path / "m.safetensors", 3)
    whole = (tmp_path / "m.safetensors").read_bytes()
    (tmp_path / "bad.safetensors").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    if arguments[0] == "-l":
        for name, preset in (("a", "fast"), ("b", "default")):
            (tmp_path / f"{name}.ncmp").write_bytes(neurocomp.compress(b"hello", preset=preset))
    program = LIGHT.format(arguments=arguments, code=code)
    environment: dict[str, Any] = {"NEUROCOMP_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_list_tells_sizes_licences_and_origins(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from neurocomp.cli.commands.models import models

    store = ModelStore(tmp_path / "home")
    model = make(tmp_path / "m.safetensors", 3)
    store.install(model, "mine", Origin("pulled", "owner/\x1bmodel", "a" * 40, "mit"))
    broken = store.home / "models" / f"{'0' * 64}.safetensors"
    broken.write_bytes(b"damaged")
    runner = CliRunner(env={"NEUROCOMP_HOME": str(store.home)})
    done = runner.invoke(models, ["list"], standalone_mode=False)
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert done.return_value == 1  # one is damaged, the others are listed
    assert "Apache-2.0" in lines["text-s"]
    assert lines["text-s"].split()[-1] == str(network_file("text-s").stat().st_size)
    assert r"pulled from owner/\x1bmodel@aaaaaaaaaaaa" in lines["mine"]
    assert " mit " in lines["mine"]
    rows = json.loads(runner.invoke(models, ["list", "--json"], standalone_mode=False).stdout)
    mine = next(row for row in rows if row["name"] == "mine")
    assert mine["identity"] == model.sha256.hex()
    assert mine["bytes"] == store.find("mine").path.stat().st_size
    assert mine["licence"] == "mit"
