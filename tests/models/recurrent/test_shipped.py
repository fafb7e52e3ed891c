"""The network of the package: entropy-coded, and refused where a byte of it is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp.errors import FormatError, ModelMismatchError
from neurocomp.models.recurrent import NetworkModel
from neurocomp.models.recurrent import model as module
from neurocomp.models.stored import ModelHeader

NAME = "text-s"
MAX_BYTES = 5_000_000


def test_it_is_packed_and_small() -> None:
    path = module.WEIGHTS / f"{NAME}.safetensors"
    assert path.stat().st_size <= MAX_BYTES
    packed = ModelHeader.read(path).packed
    assert {"embeddings", "head.weight", "mixers.weights"} <= packed.keys()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_a_changed_byte_is_refused(
    share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray((module.WEIGHTS / f"{NAME}.safetensors").read_bytes())
    content[int(share * len(content))] ^= 16
    (tmp_path / f"{NAME}.safetensors").write_bytes(content)
    monkeypatch.setattr(module, "WEIGHTS", tmp_path)
    with pytest.raises((FormatError, ModelMismatchError), match=r"text-s\.safetensors"):
        NetworkModel.shipped(NAME)
