"""Stored models: one hash for one content, and errors for everything else."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from neurocomp import _core
from neurocomp.errors import FormatError, ModelMismatchError, UnsupportedError
from neurocomp.store import stored as stored_module
from neurocomp.store.headers import ModelHeader, canonical_json
from neurocomp.store.stored import StoredModel
from neurocomp.store.writer import pieces

CONFIG = {"order": 3, "names": ["a", "ü"], "deep": {"x": None}}
TENSORS: dict[str, Any] = {
    "bytes": np.arange(7, dtype=np.uint8),
    "none": np.zeros((0, 4), np.int32),
    "one": np.array(5, np.int64),
    "wide": np.arange(-6, 6, dtype=np.int16).reshape(3, 4),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    StoredModel("ngram", CONFIG, TENSORS).save(path)
    return path


PACKABLE: dict[str, Any] = {
    **TENSORS,
    "flat": np.zeros((3, 50), np.uint32),
    "huge": np.full(9, (1 << 64) - 1, np.uint64),
    "table": np.arange(200, dtype=np.int32) ** 2,
}


@pytest.fixture
def packed_path(tmp_path: Path) -> Path:
    path = tmp_path / "packed.safetensors"
    StoredModel("ngram", CONFIG, PACKABLE).save(path, packed=True)
    return path


def write(path: Path, metadata: dict[str, str] | None, **tensors: Any) -> Path:
    save_file(tensors or {"x": np.zeros(2, np.int8)}, path, metadata)
    return path


def fields(**changes: Any) -> dict[str, str]:
    standard = {"version": 1, "architecture": "a", "config": {}, "sha256": "00" * 32}
    return {"neurocomp": json.dumps({**standard, **changes})}


def test_round_trip(path: Path) -> None:
    model = StoredModel.load(path)
    assert model.architecture == "ngram"
    assert model.config == CONFIG
    assert sorted(model.tensors) == sorted(TENSORS)
    for name, tensor in TENSORS.items():
        assert model.tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(model.tensors[name], tensor)
    assert model.sha256 == StoredModel("ngram", CONFIG, TENSORS).sha256
    assert ModelHeader.read(path) == ModelHeader("ngram", CONFIG, model.sha256)


def test_the_hash_is_the_documented_one() -> None:
    model = StoredModel("a", {"k": 1}, {"t": np.array([[1, 2]], np.uint16)})
    text = b'["a",{"k":1}]\0["t","uint16",[1,2]]\0\x01\0\x02\0'
    assert model.sha256 == hashlib.sha256(text).digest()


def test_the_hash_ignores_order_and_layout() -> None:
    backwards = {name: TENSORS[name] for name in sorted(TENSORS, reverse=True)}
    backwards["wide"] = np.asfortranarray(TENSORS["wide"]).astype(">i2")
    config = dict(reversed(CONFIG.items()))
    assert (
        StoredModel("ngram", config, backwards).sha256
        == StoredModel("ngram", CONFIG, TENSORS).sha256
    )


@pytest.mark.parametrize(
    "changed",
    [
        StoredModel("other", CONFIG, TENSORS),
        StoredModel("ngram", {**CONFIG, "order": 4}, TENSORS),
        StoredModel("ngram", CONFIG, {**TENSORS, "one": np.array(6, np.int64)}),
        StoredModel("ngram", CONFIG, {**TENSORS, "one": np.array(5, np.int32)}),
        StoredModel("ngram", CONFIG, {**TENSORS, "one": np.array([5], np.int64)}),
        StoredModel("ngram", CONFIG, {**TENSORS, "more": np.zeros(0, np.int8)}),
    ],
)
def test_the_hash_sees_every_change(changed: StoredModel) -> None:
    assert changed.sha256 != StoredModel("ngram", CONFIG, TENSORS).sha256


def test_equal_models_make_equal_files(path: Path, tmp_path: Path) -> None:
    StoredModel.load(path).save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_tensors_are_read_only(path: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        StoredModel.load(path).tensors["bytes"][0] = 1


@given(st.binary(max_size=200))
def test_no_other_bytes_are_a_model(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "file"
    path.write_bytes(data)
    with pytest.raises(FormatError):
        StoredModel.load(path)


def test_every_damage_is_seen(path: Path) -> None:
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((FormatError, ModelMismatchError)):
            StoredModel.load(path)


def test_every_truncation_is_seen(path: Path) -> None:
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(FormatError):
            StoredModel.load(path)


def test_a_packed_file_holds_the_same_model(packed_path: Path, tmp_path: Path) -> None:
    plain = StoredModel("ngram", CONFIG, PACKABLE)
    plain.save(tmp_path / "plain")
    model = StoredModel.load(packed_path)
    for name, tensor in PACKABLE.items():
        assert model.tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(model.tensors[name], tensor)
    header = ModelHeader.read(packed_path)
    assert (model.sha256, header.sha256) == (plain.sha256, plain.sha256)
    assert header.packed == {
        "flat": ("uint32", (3, 50)),
        "one": ("int64", ()),
        "table": ("int32", (200,)),
    }
    assert packed_path.stat().st_size < (tmp_path / "plain").stat().st_size - 800
    model.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "plain").read_bytes()


def test_every_damage_of_a_packed_file_is_seen(packed_path: Path) -> None:
    whole = packed_path.read_bytes()
    for place in range(len(whole)):
        damaged = bytes([whole[place] ^ 1])
        packed_path.write_bytes(whole[:place] + damaged + whole[place + 1 :])
        with pytest.raises((FormatError, ModelMismatchError)):
            StoredModel.load(packed_path)


@pytest.mark.parametrize(
    "packed",
    [
        None,
        [],
        {"x": ["int8"]},
        {"x": ["float32", [1]]},
        {"x": ["int8", [-1]]},
        {"x": ["int8", [True]]},
        {"x": ["int8", [1 << 40]]},
    ],
)
def test_bad_forms_are_refused(tmp_path: Path, packed: Any) -> None:
    with pytest.raises(FormatError, match="metadata"):
        StoredModel.load(write(tmp_path / "m", fields(version=3, packed=packed)))


def write_packed(path: Path, packed: dict[str, Any], **tensors: Any) -> Path:
    tensors["crc32"] = np.zeros(4, np.uint8)
    content = b"".join(pieces(tensors, fields(version=3, packed=packed)))
    path.write_bytes(content[:-4] + zlib.crc32(content[:-4]).to_bytes(4, "little"))
    return path


def test_forms_must_fit_their_tensors(tmp_path: Path) -> None:
    for name, form in (("x", ["int8", [1]]), ("other", ["int8", [1]])):
        path = write_packed(tmp_path / "m", {name: form}, x=np.zeros(2, np.int8))
        with pytest.raises(FormatError, match="damaged"):
            StoredModel.load(path)
        with pytest.raises(_core.weights.BadModel, match="packed"):
            _core.weights.read(path.read_bytes(), "checksum")


def test_a_small_file_cannot_unpack_to_a_large_one(tmp_path: Path) -> None:
    payload = _core.weights.pack(np.zeros(4096, np.uint8), "int8", 4096)
    assert payload is not None
    zeros = np.frombuffer(payload, np.uint8)
    packed = {name: ["int8", [1 << 14, 1 << 12]] for name in "abc"}
    path = write_packed(tmp_path / "m", packed, a=zeros, b=zeros, c=zeros)
    assert path.stat().st_size < 1000
    with pytest.raises(FormatError, match="134217728 elements"):
        StoredModel.load(path)
    with pytest.raises(_core.weights.BadModel, match="134217728 elements"):
        _core.weights.read(path.read_bytes(), "checksum")


def test_a_packed_file_ends_with_its_checksum(tmp_path: Path) -> None:
    for path in (
        write(tmp_path / "m", fields(version=3, packed={})),
        write(tmp_path / "m", fields(version=3, packed={}), crc32=np.zeros(4, np.uint8)),
    ):
        with pytest.raises(FormatError, match="checksum"):
            StoredModel.load(path)
        with pytest.raises(_core.weights.BadModel, match="checksum"):
            _core.weights.read(path.read_bytes(), "checksum")


def test_floats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="integers only"):
        StoredModel("a", {}, {"x": np.zeros(2, np.float32)})
    path = write(tmp_path / "m", fields(), x=np.zeros(2, np.float32))
    with pytest.raises(UnsupportedError, match="integers only"):
        StoredModel.load(path)


def test_other_safetensors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a neurocomp model"):
        StoredModel.load(write(tmp_path / "m", None))


@pytest.mark.parametrize(
    "metadata",
    [
        {"neurocomp": "no json"},
        {"neurocomp": "[]"},
        {"neurocomp": "[" * 100_000},
        {"neurocomp": " " * (1 << 21)},
        {"neurocomp": '{"version":1}'},
        fields(version="1"),
        fields(version=0),
        fields(architecture=3),
        fields(config=[]),
        fields(config={"x": float("nan")}),
        fields(sha256="zz"),
        fields(sha256="00"),
        fields(sha256=None),
    ],
)
def test_bad_metadata_are_refused(tmp_path: Path, metadata: dict[str, str]) -> None:
    with pytest.raises(FormatError, match="metadata"):
        StoredModel.load(write(tmp_path / "m", metadata))


def test_a_newer_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="version 4"):
        StoredModel.load(write(tmp_path / "m", fields(version=4)))


def test_a_wrong_hash_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatchError, match="00000000"):
        StoredModel.load(write(tmp_path / "m", fields()))


def test_limits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_module, "MAX_TENSORS", 3)
    with pytest.raises(FormatError, match="4 tensors"):
        StoredModel.load(path)
    with pytest.raises(ValueError, match="4 tensors"):
        StoredModel("a", {}, TENSORS)
    monkeypatch.setattr(stored_module, "MAX_FILE_BYTES", 10)
    with pytest.raises(FormatError, match="more than 10"):
        StoredModel.load(path)


def test_a_huge_header_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
    with pytest.raises(FormatError, match="cut short"):
        StoredModel.load(path)


def test_a_configuration_must_be_json_of_moderate_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        StoredModel("a", {"x": float("inf")}, {}).save(tmp_path / "m")
    with pytest.raises(ValueError, match="configuration takes more"):
        StoredModel("a", {"x": "y" * (1 << 20)}, {}).save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        StoredModel("b", {}, {}).save(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_canonical_json() -> None:
    assert canonical_json({"b": 1, "a": "é"}) == '{"a":"\\u00e9","b":1}'
