"""Headers of safetensors files are believed only as far as the file bears them out."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from neurocomp.errors import FormatError, NeurocompError, UnsupportedError
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.store.layout import TensorPlace, read_layout
from neurocomp.store.stored import StoredModel
from neurocomp.store.verification import verify_file


def write(path: Path, header: Any, data: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def entry(dtype: str = "I8", shape: Any = (4,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_a_file_of_the_library_is_read(tmp_path: Path) -> None:
    tensors: dict[str, Any] = {
        "a": np.arange(6, dtype=np.int16).reshape(2, 3),
        "b": np.zeros((0, 4), np.float32),
        "c": np.array(7, np.uint8),
    }
    save_file(tensors, tmp_path / "m", {"key": "value"})
    layout = read_layout(tmp_path / "m")
    assert layout.metadata == {"key": "value"}
    content = (tmp_path / "m").read_bytes()
    for name, tensor in tensors.items():
        place = layout.tensors[name]
        assert place.shape == tensor.shape
        assert content[place.offset : place.offset + place.num_bytes] == tensor.tobytes()
    assert layout.tensors["a"] == TensorPlace("I16", (2, 3), layout.tensors["a"].offset, 12)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ([], "not a JSON object"),
        (b"{", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b'{"a": ' + b"9" * 5000 + b"}", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b'{"__metadata__": {}, "__metadata__": {}}', "twice"),
        ({"__metadata__": {"a": 1}}, "not texts"),
        ({"x": 1}, "no type, shape and place"),
        ({"x": entry(shape=(-4,))}, "no type, shape and place"),
        ({"x": entry(shape=(4.0,))}, "no type, shape and place"),
        ({"x": entry(shape=(True, 4))}, "no type, shape and place"),
        ({"x": entry(offsets=(0, 4, 4))}, "no type, shape and place"),
        ({"x": entry(shape=(1,) * 100)}, "100 dimensions"),
        ({"x": entry(shape=(1 << 40, 1 << 40))}, "has 4 bytes"),
        ({"x": entry(shape=(1 << 62, 1 << 2))}, "has 4 bytes"),
        ({"x": entry(shape=(5,))}, "has 4 bytes"),
        ({"x": entry("I64")}, "has 4 bytes"),
        ({"x": entry(offsets=(4, 0))}, "has -4 bytes"),
        ({"x": entry(offsets=(1, 5))}, "after a gap"),
        ({"x": entry(), "y": entry(shape=(2,), offsets=(2, 4))}, "overlaps"),
        ({"x": entry(), "y": entry()}, "overlaps"),
        ({"x": entry(shape=(3,), offsets=(0, 3))}, "the file at"),
        ({"x": entry(shape=(1 << 40,), offsets=(0, 1 << 40))}, "the file at"),
    ],
)
def test_damaged_headers_are_refused(tmp_path: Path, header: Any, message: str) -> None:
    path = write(tmp_path / "m.safetensors", header, b"1234")
    with pytest.raises(FormatError, match=message) as caught:
        read_layout(path)
    assert "m.safetensors" in str(caught.value)


@pytest.mark.parametrize("dtype", ["F4", "I128", "", "\x1b[2J"])
def test_an_unknown_type_is_named(tmp_path: Path, dtype: str) -> None:
    path = write(tmp_path / "m", {"x\n": entry(dtype)}, b"1234")
    with pytest.raises(UnsupportedError, match=r"tensor 'x\\n' is of type") as caught:
        read_layout(path)
    assert str(caught.value).isprintable()


def test_other_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(FormatError, match="not a regular file"):
            read_layout(path)
    for content in (b"", b"1234567", struct.pack("<Q", 1 << 62) + b"{}"):
        (tmp_path / "m").write_bytes(content)
        with pytest.raises(FormatError, match="cut short"):
            read_layout(tmp_path / "m")
    with (tmp_path / "m").open("wb") as file:
        file.write(struct.pack("<Q", 1 << 30))
        file.truncate(1 << 31)  # with a hole, which takes no room
    with pytest.raises(FormatError, match="more than 16777216"):
        read_layout(tmp_path / "m")


def test_a_claim_costs_no_memory(tmp_path: Path) -> None:
    """Model files and checkpoints that claim terabytes, plain and packed."""
    metadata = {"version": 2, "architecture": "ngram", "config": {}, "sha256": "00" * 32}
    packed = {**metadata, "packed": {"x": ["int64", [1 << 27, 1 << 10]]}}
    huge = {"x": entry(shape=(1 << 42,), offsets=(0, 1 << 42))}
    headers = [
        {"__metadata__": {"neurocomp": json.dumps({**metadata, "version": 1})}, **huge},
        {"__metadata__": {"neurocomp": json.dumps(packed)}, "x": entry("U8")},
    ]
    tracemalloc.start()
    try:
        for header in headers:
            path = write(tmp_path / "m", header, b"1234")
            with pytest.raises(NeurocompError):
                StoredModel.load(path)
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "config.json").write_text('{"model_type": "gpt2"}')
        write(tmp_path / "folder" / "model.safetensors", {"x": {**huge["x"], "dtype": "F32"}})
        with pytest.raises(NeurocompError):
            convert_checkpoint(tmp_path / "folder")
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


def test_a_file_is_verified_without_numpy_as_with_it(tmp_path: Path) -> None:
    tensors: dict[str, Any] = {
        "b": np.arange(1000, dtype=np.int32).reshape(10, 100),
        "a": np.array(-3, np.int64),
        "none": np.zeros((0, 2), np.uint16),
        "zeros": np.zeros(5000, np.int16),
    }
    model = StoredModel("ngram", {"é": [1, None]}, tensors)
    for packed in (False, True):
        path = tmp_path / "m"
        model.save(path, packed=packed)
        from neurocomp.store.headers import ModelHeader

        verify_file(path, ModelHeader.read(path), path)
        whole = bytearray(path.read_bytes())
        whole[-1] ^= 1
        path.write_bytes(whole)
        with pytest.raises(NeurocompError):
            verify_file(path, ModelHeader.read(path), path)


def test_an_index_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    files: Any
    for files in ({"x": "../m.safetensors"}, {"x": "/etc/passwd"}, {"x": 3}, {}, []):
        (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))
        with pytest.raises(FormatError, match=r"index\.json"):
            convert_checkpoint(tmp_path)
