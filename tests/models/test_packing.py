"""Integers of tensors come back as they were, in few bytes, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurocomp import _core
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.conformance import sample
from neurocomp.store.shipped import network_file, packaged_priors
from neurocomp.store.stored import StoredModel

BadModel = _core.weights.BadModel
PACKAGED = [network_file("text-s"), network_file("text-l")]
PACKAGED += packaged_priors().values()


def pack(tensor: np.ndarray) -> bytes | None:
    elements = np.ascontiguousarray(tensor).reshape(-1).view(np.uint8)
    return _core.weights.pack(elements, tensor.dtype.name, tensor.shape[-1])


def unpack(payload: bytes, like: np.ndarray) -> np.ndarray:
    width = like.shape[-1]
    elements = _core.weights.unpack(payload, like.dtype.name, like.size // width, width)
    return elements.view(like.dtype).reshape(like.shape)


def check(tensor: np.ndarray) -> int:
    payload = pack(tensor)
    assert payload is not None
    np.testing.assert_array_equal(unpack(payload, tensor), tensor)
    return len(payload)


TYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"]


def tensors_of(dtype: str) -> st.SearchStrategy[np.ndarray]:
    limits = np.iinfo(np.dtype(dtype))
    least, most = max(int(limits.min), 1 - (1 << 59)), min(int(limits.max), (1 << 59) - 1)
    elements = st.one_of(st.integers(0, 3), st.integers(least, most))
    shapes = st.tuples(st.integers(1, 30), st.integers(1, 17))
    return hnp.arrays(np.dtype(dtype), shapes, elements=elements)


@settings(deadline=None)
@given(st.sampled_from(TYPES).flatmap(tensors_of))
def test_round_trip(tensor: np.ndarray) -> None:
    check(tensor)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint8", "uint16", "uint32"])
def test_extremes(dtype: str) -> None:
    limits = np.iinfo(dtype)
    some = [64, 65, limits.min]  # whose magnitude is one more than the greatest
    for values in ([limits.min], [limits.max], [limits.min, limits.max] * 9, [0], [7] * 1000, some):
        check(np.array(values, dtype)[None])
        check(np.array(values, dtype)[:, None])


def test_every_interval_has_its_range() -> None:
    edges = [(1 << n) + d for n in range(2, 59) for d in (-1, 0, 1)]
    check(np.array([[edge, -edge] for edge in edges], np.int64))
    check(np.array([edge for edge in edges if edge >= 0], np.uint64)[None])


def test_what_is_too_large_is_not_packed() -> None:
    for value in (1 << 59, -(1 << 59), -(1 << 63), (1 << 63) - 1):
        assert pack(np.array([[value]], np.int64)) is None
    assert pack(np.array([[1 << 63]], np.uint64)) is None
    assert pack(np.zeros((0, 3), np.int8)) is None


@pytest.mark.parametrize("width", [1, 255, 256, 257])
def test_rows_need_not_be_whole_groups(width: int) -> None:
    generator = np.random.default_rng(width)
    rows = generator.choice([-1, 0, 0, 0, 1], (60, width)).astype(np.int8)
    entropy_bytes = 1.371 * rows.size / 8
    assert check(rows) < 1.05 * entropy_bytes + 200


def test_the_size_is_near_the_entropy() -> None:
    generator = np.random.default_rng(1)
    values = np.clip(np.round(generator.normal(0, 18, (200, 250))), -64, 64).astype(np.int8)
    shares = np.unique(values, return_counts=True)[1] / values.size
    entropy_bytes = -(shares * np.log2(shares)).sum() * values.size / 8
    assert entropy_bytes <= check(values) < 1.01 * entropy_bytes


def test_what_rises_is_packed_as_differences() -> None:
    assert check(np.arange(1 << 16, dtype=np.int32)[None] * 3) < 200
    table = np.arange(40)[:, None] * 7 + np.random.default_rng(2).integers(0, 999, 300)
    assert check(table.astype(np.int16)) < 2 * 300 + 300


EXAMPLES = {
    "groups": np.arange(77, dtype=np.int8).reshape(7, 11) % 3 - 1,
    "rests": (np.arange(60, dtype=np.int64) ** 5)[None],
    "differences": (np.arange(90, dtype=np.int16) * 31).reshape(9, 10),
    "constant": np.full((5, 9), -7, np.int32),
}


@pytest.mark.parametrize("tensor", EXAMPLES.values(), ids=EXAMPLES)
def test_damage_is_seen_or_leads_to_other_integers(tensor: np.ndarray) -> None:
    """A file has a checksum; without it, damage leads nowhere else."""
    payload = pack(tensor)
    assert payload is not None
    for place in range(len(payload)):
        for change in (1, 4, 128, 255):
            damaged = bytearray(payload)
            damaged[place] ^= change
            with contextlib.suppress(BadModel):
                unpack(bytes(damaged), tensor)
    for size in range(len(payload)):
        with pytest.raises(BadModel, match="packed integers"):
            unpack(payload[:size], tensor)
    with pytest.raises(BadModel, match="packed integers"):
        unpack(payload + b"\0", tensor)


@pytest.mark.parametrize("size", [*range(70), 119, 120, 127, 128, 129, 1000])
def test_hashes_are_those_of_everybody(size: int) -> None:
    content = bytes(i * i % 251 for i in range(size))
    expected = hashlib.sha256(content).digest()
    assert _core.weights.sha256([content]) == expected
    for cut in (1, size // 2, size - 1):
        assert _core.weights.sha256([content[:cut], b"", content[cut:]]) == expected
    assert _core.weights.crc32(content) == zlib.crc32(content)


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_core_reads_what_python_does(path: Path) -> None:
    architecture, config, sha256, tensors = _core.weights.read(path.read_bytes(), "identity")
    stored = StoredModel.load(path)
    assert (architecture, json.loads(config), sha256) == (
        stored.architecture,
        stored.config,
        stored.sha256,
    )
    assert tensors.keys() == stored.tensors.keys()
    for name, (dtype, shape, elements) in tensors.items():
        expected = stored.tensors[name]
        assert (dtype, shape) == (expected.dtype.name, expected.shape)
        np.testing.assert_array_equal(elements.view(dtype).reshape(shape), expected)


STRANGE: dict[str, Any] = {"ü\u2028\U0001f600": ['"\\/\b\f\n\r\t\x7f', -0.5, 1e300, True, None]}


def test_identities_are_of_canonical_json(tmp_path: Path) -> None:
    """Names and texts of any characters, numbers that the core does not compute with."""
    stored = StoredModel("strange", STRANGE, {"é": np.zeros((0, 3), np.int8), "z": np.array(3)})
    for packed in (False, True):
        stored.save(tmp_path / "m", packed=packed)
        content = (tmp_path / "m").read_bytes()
        architecture, config, sha256, tensors = _core.weights.read(content, "identity")
        assert (architecture, json.loads(config)) == ("strange", STRANGE)
        assert sha256 == stored.sha256
        assert tensors["é"][:2] == ("int8", (0, 3))


@pytest.mark.parametrize("packed", [False, True])
def test_every_damage_of_a_file_is_seen_by_the_core(tmp_path: Path, packed: bool) -> None:
    tensors: dict[str, np.ndarray] = {
        "flat": np.zeros((3, 50), np.uint32),
        "wide": np.arange(-6, 6, dtype=np.int16),
    }
    StoredModel("ngram", {"order": 3, "names": ["a", "ü"]}, tensors).save(
        tmp_path / "m", packed=packed
    )
    whole = (tmp_path / "m").read_bytes()
    sha256 = _core.weights.read(whole, "checksum")[2]
    for place in range(len(whole)):
        for change in (1, 32, 128):
            damaged = whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]
            try:
                found = _core.weights.read(damaged, "checksum")
            except BadModel:
                continue
            # JSON may say the same in another way: a hexadecimal digit, white space.
            assert not packed
            assert found[2] == sha256
    for size in range(len(whole)):
        with pytest.raises(BadModel):
            _core.weights.read(whole[:size], "checksum")


def test_packed_networks_compute_the_same(tmp_path: Path) -> None:
    """Rows that stay packed in memory, and rows that lie plain."""
    symbols = np.frombuffer(b"to be or not to be", np.uint8)[None]
    for hashed in (False, True):
        stored = sample(hashed=hashed)
        stored.save(tmp_path / "m", packed=True)
        network = _core.Network((tmp_path / "m").read_bytes(), "checksum")
        expected = NetworkModel(stored).core.weigh(symbols)
        np.testing.assert_array_equal(network.weigh(symbols), expected)
        few = dict(stored.tensors)
        if hashed:
            few["hashed.rows"] = np.sign(few["hashed.rows"])
            levels = StoredModel(stored.architecture, stored.config, few)
            levels.save(tmp_path / "m", packed=True)
            network = _core.Network((tmp_path / "m").read_bytes(), "identity")
            expected = NetworkModel(levels).core.weigh(symbols)
            np.testing.assert_array_equal(network.weigh(symbols), expected)


def test_other_models_are_no_networks() -> None:
    other = StoredModel("ngram", {}, {}).to_bytes()
    with pytest.raises(_core.weights.UnsupportedModel, match="ngram"):
        _core.Network(other, "identity")
    with pytest.raises(ValueError, match="identity, checksum or nothing"):
        _core.Network(other, "everything")
