"""Networks of tokens: what a prediction sees, and that they learn."""

from __future__ import annotations

import pytest
import torch

from neurocomp.errors import UsageError
from neurocomp.models.tokennets.torch_networks import (
    NeuralNgram,
    NeuralNgramConfig,
    RecurrentTokens,
    RecurrentTokensConfig,
)
from tests.models.tokennets.networks import ALPHABET_SIZE, make_network


@pytest.mark.parametrize("kind", ["neural-ngram", "recurrent-tokens"])
def test_predictions_see_the_past_only(kind: str) -> None:
    network = make_network(kind)
    context = network.config.context
    symbols = torch.randint(0, ALPHABET_SIZE, (2, context + 19))
    changed = symbols.clone()
    changed[:, 10] = (changed[:, 10] + 1) % ALPHABET_SIZE
    with torch.no_grad():
        before, after = network(symbols), network(changed)
    assert before.shape == (2, 20, ALPHABET_SIZE)
    differs = (before != after).any(-1).any(0)
    first = 10 - (context - 1)  # prediction t sees symbols t..t + context - 1
    assert not differs[:first].any()
    assert differs[first]
    if kind == "neural-ngram":
        assert not differs[11:].any()
    else:
        assert differs[11:].all()


def test_a_recurrence_goes_on_where_it_stopped() -> None:
    network = make_network("recurrent-tokens")
    assert isinstance(network, RecurrentTokens)
    symbols = torch.randint(0, ALPHABET_SIZE, (3, 25))
    with torch.no_grad():
        first, state = network.advance(symbols[:, :9], network.initial_state(3))
        second, _ = network.advance(symbols[:, 9:], state)
        torch.testing.assert_close(torch.cat([first, second], 1), network(symbols))


def test_names_of_matrices() -> None:
    for network in (make_network("neural-ngram"), make_network("recurrent-tokens")):
        hidden = {n for n, p in network.named_parameters() if p.ndim == 2 and "words" not in n}
        assert set(network.matrices) == hidden


@pytest.mark.parametrize("config", [NeuralNgramConfig, RecurrentTokensConfig])
def test_a_shape_that_is_none(config: type[NeuralNgramConfig | RecurrentTokensConfig]) -> None:
    with pytest.raises(UsageError, match=r"model\.width is 0"):
        config(width=0)
    with pytest.raises(UsageError, match="'bytes' or 'gpt2'"):
        config(alphabet="words")


def test_the_output_is_tied_to_the_input() -> None:
    network = NeuralNgram(NeuralNgramConfig(2, 8, 16), 50)
    names = {name for name, parameter in network.named_parameters() if 50 in parameter.shape}
    assert names == {"words.weight", "bias"}
