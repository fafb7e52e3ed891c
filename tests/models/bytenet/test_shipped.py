"""The networks of the package: entropy-coded, and refused where a byte of them is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp.errors import FormatError, ModelMismatchError
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet import model as module
from neurocomp.store.headers import ModelHeader

MAX_BYTES = {"text-s": 5_000_000, "text-l": 25_000_000}


@pytest.mark.parametrize("name", MAX_BYTES)
def test_it_is_packed_and_small(name: str) -> None:
    path = module.WEIGHTS / f"{name}.safetensors"
    assert path.stat().st_size <= MAX_BYTES[name]
    packed = ModelHeader.read(path).packed
    assert {"embeddings", "hashed.rows", "head.weight", "mixers.weights"} <= packed.keys()


@pytest.mark.parametrize(
    ("name", "share"), [*(("text-s", share) for share in (0, 0.3, 0.6, 0.99)), ("text-l", 0.5)]
)
def test_a_changed_byte_is_refused(
    name: str, share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray((module.WEIGHTS / f"{name}.safetensors").read_bytes())
    content[int(share * len(content))] ^= 16
    (tmp_path / f"{name}.safetensors").write_bytes(content)
    monkeypatch.setattr(module, "WEIGHTS", tmp_path)
    with pytest.raises((FormatError, ModelMismatchError), match=rf"{name}\.safetensors"):
        NetworkModel.shipped(name)
