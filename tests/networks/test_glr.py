"""The byte network."""

from __future__ import annotations

import pytest
import torch

from neurocomp.errors import UsageError
from neurocomp.networks.glr import GLR, GLRConfig

CONFIG = GLRConfig(width=16, num_blocks=2, context=3, expansion=2)


def network() -> GLR:
    torch.manual_seed(0)
    return GLR(CONFIG)


def symbols(length: int) -> torch.Tensor:
    return torch.randint(0, 256, (2, length), generator=torch.Generator().manual_seed(1))


def test_shapes_and_names_of_matrices() -> None:
    glr = network()
    assert glr(symbols(2 + 10)).shape == (2, 10, 256)
    parameters = dict(glr.named_parameters())
    assert set(glr.matrices) == {
        name for name, value in parameters.items() if value.ndim == 2 and name[:4] != "head"
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


def test_a_shape_that_is_none() -> None:
    with pytest.raises(UsageError, match=r"model\.width is 0"):
        GLRConfig(width=0)
