"""The bake-off's networks: they see the past only, and learn."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.bakeoff.__main__ import contest
from benchmarks.bakeoff.networks import CONTEXT, KINDS, Contestant
from neurocomp.training.distributed import joined

PROSE = Path(__file__).parents[1] / "docs" / "format.md"


@pytest.mark.parametrize("kind", KINDS)
def test_contestants_see_the_past_only(kind: str) -> None:
    torch.manual_seed(2)
    network = Contestant(kind, 32)
    torch.nn.init.normal_(network.head.weight)
    symbols = torch.randint(256, (2, CONTEXT - 1 + 19))
    logits = network(symbols)
    assert logits.shape == (2, 19, 256)
    for place in range(CONTEXT, symbols.shape[1], 3):
        changed = symbols.clone()
        changed[:, place] = (changed[:, place] + 1) % 256
        first = place - (CONTEXT - 1)  # of the predictions that know it
        after = network(changed)
        torch.testing.assert_close(after[:, :first], logits[:, :first])
        assert not torch.allclose(after[:, first], logits[:, first])


@pytest.mark.parametrize("kind", KINDS)
def test_contestants_cost_alike(kind: str) -> None:
    network = Contestant(kind, 256)
    assert 2.1e6 < network.num_products < 2.6e6
    names = {name for name, tensor in network.named_parameters() if tensor.dim() == 2}
    tables = {"embeddings", "patches.embeddings", "head.weight"}
    assert set(network.matrices) == {n for n in names - tables if not n.endswith("shares")}
    if kind == "glr":
        assert network.num_products == 2_162_688  # as text-s has


def test_contestants_learn() -> None:
    torch.set_num_threads(1)
    with joined("cpu") as processes:
        size, seen, bits = contest("glr", [PROSE], 4.0, processes, width=32)
    assert size > 0
    assert seen > 0
    assert bits < 7.5  # 8 at first, whatever the machine does in that time
