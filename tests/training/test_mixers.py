"""What text teaches the mixers stays with the network and helps small files like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from neurocomp.cli.group import cli
from neurocomp.errors import FormatError
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.codec import NetworkCodec
from neurocomp.models.bytenet.conformance import sample
from neurocomp.models.bytenet.mixers import teach_mixers
from neurocomp.models.mix import NUM_PROFILES
from neurocomp.models.mix.experience import ADAPTIVE_MAPS
from neurocomp.store.folder import ModelStore
from neurocomp.store.headers import ModelHeader
from neurocomp.store.stored import StoredModel
from tests.codec.test_bitwise import ignore
from tests.conftest import make_text


def size_under(stored: StoredModel, data: bytes) -> int:
    codec = NetworkCodec(NetworkModel(stored))
    block = codec.encode_as(memoryview(data), NUM_PROFILES, 1, ignore, len(data))
    assert block is not None
    assert codec.decode(block, ignore) == data
    return len(block.payload)


def test_teaching(tmp_path: Path) -> None:
    sample().save(tmp_path / "network.safetensors")
    paths = []
    for number in range(2):
        paths.append(str(tmp_path / f"{number}.txt"))
        Path(paths[-1]).write_bytes(make_text(14_000, number))
    taught = tmp_path / "taught.safetensors"
    arguments = [
        "train",
        "mixers",
        str(tmp_path / "network.safetensors"),
        *paths,
        "-q",
        "-o",
        str(taught),
    ]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert (done.exit_code, done.stdout) == (0, "")
    stored = StoredModel.load(taught)
    assert "mixers.weights" in ModelHeader.read(taught).packed
    text = make_text(1500, 9)
    assert size_under(stored, text) < 0.95 * size_under(sample(), text)
    entry = ModelStore().add(tmp_path / "network.safetensors", "mine")
    assert entry.installed
    named = ["train", "mixers", "mine", *arguments[3:-1], str(tmp_path / "again")]
    CliRunner().invoke(cli, named, catch_exceptions=False)
    assert (tmp_path / "again").read_bytes() == taught.read_bytes()
    with pytest.raises(FileExistsError, match="-f"):
        CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_weights_go_part_of_the_way() -> None:
    """A second piece moves them from what the first one has taught; maps are those it leaves."""
    first, second = (np.frombuffer(make_text(3000, number), np.uint8) for number in range(2))
    network = sample()
    model = NetworkModel(network)
    codec = NetworkCodec(model)
    after_first = codec.learn(first.tobytes())
    model.experience = after_first
    after_second = codec.learn(second.tobytes())
    one = teach_mixers(network, [first]).tensors
    both = teach_mixers(network, [first, second]).tensors
    for name, taught in after_first.arrays.items():
        np.testing.assert_array_equal(one[f"mixers.{name}"], taught)
    before, after = after_first.arrays["weights"], after_second.arrays["weights"]
    assert (before != after).any()
    share = 2 / 3  # of the second of two pieces of two texts
    np.testing.assert_allclose(both["mixers.weights"], before + (after - before) * share, atol=0.51)
    for name in ADAPTIVE_MAPS:
        np.testing.assert_array_equal(both[f"mixers.{name}"], after_second.arrays[name])


def test_damage_is_refused() -> None:
    stored = sample()
    damaged = {**stored.tensors, "mixers.weights": np.zeros(3, np.int32)}
    with pytest.raises(FormatError, match="mixers"):
        NetworkModel(StoredModel(stored.architecture, stored.config, damaged))
