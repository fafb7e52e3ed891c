"""The byte network."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from neurocomp.errors import UsageError
from neurocomp.exact.hashing import find_rows
from neurocomp.models.bytenet.glr import GLR, GLRConfig, rounded

CONFIG = GLRConfig(width=16, num_blocks=2, context=3, expansion=2)
HASHED = GLRConfig(width=16, num_blocks=2, context=3, expansion=2, hashed={"3": 6, "2": 5})


def network(config: GLRConfig = HASHED) -> GLR:
    torch.manual_seed(0)
    glr = GLR(config)
    if config.hashed:
        torch.nn.init.normal_(glr.hashed)
    return glr


def symbols(length: int) -> torch.Tensor:
    return torch.randint(0, 256, (2, length), generator=torch.Generator().manual_seed(1))


def test_shapes_and_names_of_matrices() -> None:
    glr = network()
    assert glr(symbols(2 + 10)).shape == (2, 10, 256)
    parameters = dict(glr.named_parameters())
    assert set(glr.matrices) == {
        name
        for name, value in parameters.items()
        if value.ndim == 2 and name not in ("head.weight", "hashed")
    }


def test_a_state_carried_on_gives_the_same_predictions() -> None:
    glr, data = network(), symbols(2 + 12)
    whole, end = glr.advance(data, glr.initial_state(2))
    state, parts = glr.initial_state(2), []
    for start in range(12):  # a window of 3 bytes predicts one symbol
        logits, state = glr.advance(data[:, start : start + 3], state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    torch.testing.assert_close(state, end)


def test_predictions_do_not_see_the_future() -> None:
    glr, data = network(), symbols(2 + 12)
    changed = data.clone()
    changed[:, 9] ^= 1
    assert torch.equal(glr(data)[:, :7], glr(changed)[:, :7])
    assert not torch.equal(glr(data)[:, 7], glr(changed)[:, 7])


def test_an_ngram_finds_its_row_wherever_it_is() -> None:
    data = torch.zeros(12, dtype=torch.int64)
    data[2:5] = data[8:11] = torch.tensor([5, 6, 7])
    rows = torch.stack(find_rows(data.unfold(0, 3, 1), HASHED.hashed_tables), -1)
    assert rows.shape == (10, 2)
    assert torch.equal(rows[2], rows[8])
    assert not torch.equal(rows[2], rows[3])
    assert int(rows[:, 0].max()) < 1 << 5 <= int(rows[:, 1].min())
    assert int(rows[:, 1].max()) < (1 << 5) + (1 << 6)


def test_a_network_with_a_step_computes_with_rounded_rows() -> None:
    plain = network()
    stepped = network(dataclasses.replace(HASHED, hashed_step=1.5))
    with torch.no_grad():
        stepped.hashed[3] = 0
        plain.hashed.copy_(rounded(stepped.hashed, 1.5))
    rows = plain.hashed[:3]
    lengths = stepped.hashed[:3].square().mean(1, keepdim=True).sqrt()
    torch.testing.assert_close(rows, torch.round(rows / lengths / 1.5) * lengths * 1.5)
    assert 2 < len(set((rows / lengths).round(decimals=3).flatten().tolist())) < 8
    data = symbols(2 + 40)
    expected, found = plain(data), stepped(data)
    torch.testing.assert_close(found, expected)
    for glr, logits in ((plain, expected), (stepped, found)):
        logits.square().sum().backward()
        assert glr.hashed.grad is not None
    torch.testing.assert_close(stepped.hashed.grad, plain.hashed.grad)


def test_a_larger_network_begins_as_the_smaller_one() -> None:
    small, data = network(CONFIG), symbols(2 + 12)
    large = GLR(GLRConfig(width=16, num_blocks=6, context=3, expansion=2, hashed={"2": 5}))
    large.load_state_dict(large.adopt(small.state_dict()))
    torch.testing.assert_close(large(data), small(data))
    assert bool(large.state_dict()["blocks.1.up.weight"].any())  # so that it can learn


def test_larger_tables_begin_as_the_smaller_ones() -> None:
    small, data = network(), symbols(2 + 12)
    large = GLR(dataclasses.replace(HASHED, hashed={"2": 7, "3": 8}))
    large.load_state_dict(large.adopt(small.state_dict()))
    torch.testing.assert_close(large(data), small(data))


def test_tables_that_grew_by_no_power_of_2_are_not_adopted() -> None:
    tensors = network().state_dict()
    for hashed in ({"2": 5, "3": 7}, {"2": 5}, {"2": 4, "3": 5}):
        large = GLR(dataclasses.replace(HASHED, hashed=hashed))
        assert torch.equal(large.adopt(tensors)["hashed"], tensors["hashed"])


def test_what_is_no_smaller_network_is_not_adopted() -> None:
    large = GLR(GLRConfig(width=16, num_blocks=3, context=3, expansion=2))
    tensors = network(CONFIG).state_dict()
    assert large.adopt(tensors).keys() == tensors.keys()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"width": 0}, r"model\.width is 0"),
        ({"hashed": {"4": 10}}, r"hashed\.4 is 10, .* of 2 to 3 bytes"),
        ({"hashed": {"1": 10}}, r"hashed\.1 is 10"),
        ({"hashed": {"two": 10}}, r"hashed\.two is 10"),
        ({"hashed": {"2": 0}}, r"hashed\.2 is 0"),
        ({"hashed": {"2": 40}}, r"hashed\.2 is 40"),
        ({"hashed_step": -1.0}, r"hashed_step is -1\.0, but must be 0, or 0\.25 to 4"),
        ({"hashed_step": 0.1}, r"hashed_step is 0\.1"),
    ],
)
def test_a_shape_that_is_none(shape: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        GLRConfig(**{"context": 3, **shape})
