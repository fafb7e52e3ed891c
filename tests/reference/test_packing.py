"""Model files as they are kept, packed, read by what follows docs/format.md, section 6.2."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from neurocomp.store.stored import StoredModel as PackagedModel
from tests.golden.cases import BYTE_MODEL, NETWORK
from tests.reference.coders import DecodingError
from tests.reference.conftest import packaged
from tests.reference.stored import TYPES, StoredModel


def read_and_compare(path: Path) -> None:
    """Read a file; its hash is compared there, its tensors here with those of the package."""
    found, expected = StoredModel(path.read_bytes()), PackagedModel.load(path)
    assert found.sha256 == expected.sha256
    assert set(found.tensors) == set(expected.tensors)
    for name, tensor in found.tensors.items():
        theirs = expected.tensors[name]
        assert (TYPES[tensor.kind][0], tuple(tensor.shape)) == (theirs.dtype.name, theirs.shape)
        little = theirs.astype(theirs.dtype.newbyteorder("<"), order="C")
        assert tensor.data == little.tobytes(), name


@pytest.mark.parametrize(
    "path", sorted(BYTE_MODEL.parent.glob("*.safetensors")), ids=lambda one: one.stem
)
def test_golden_models(path: Path) -> None:
    read_and_compare(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["text-s", "text-l"])
def test_networks_of_the_package(name: str) -> None:
    read_and_compare(packaged(name))


@pytest.mark.parametrize("change", [0, 1, 7, 80])
def test_damage_is_found(change: int) -> None:
    """In the coding itself: the checksum of the whole is right."""
    content = bytearray(NETWORK.read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    content[start + change] ^= 0x41
    content[-4:] = zlib.crc32(content[:-4]).to_bytes(4, "little")
    with pytest.raises(DecodingError):
        StoredModel(bytes(content))
