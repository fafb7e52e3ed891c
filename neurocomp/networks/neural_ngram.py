"""A neural n-gram: the next symbol from the vectors of the last few."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.networks.alphabets import check_alphabet, check_positive

NORM_EPSILON = 1e-6
STANDARD_DEVIATION = 0.02
MODEL_TYPE = "neural-ngram"


@dataclass(frozen=True)
class NeuralNgramConfig:
    """Shape of a `NeuralNgram`."""

    context: int = 5
    """Symbols that a prediction sees: one less than the n of n-gram."""
    width: int = 72
    """Of a symbol's vector."""
    hidden_width: int = 512
    """Of the one hidden layer."""
    alphabet: str = "gpt2"
    """"bytes", or "gpt2" for the byte pairs of GPT-2."""

    def __post_init__(self) -> None:
        check_positive(self, "context", "width", "hidden_width")
        check_alphabet(self.alphabet)

    def published_form(self, alphabet_size: int, separator: int) -> dict[str, Any]:
        """Return the content of a checkpoint's config.json."""
        settings = {"alphabet_size": alphabet_size, "start_symbol": separator}
        return {"model_type": MODEL_TYPE, **dataclasses.asdict(self), **settings}


class NeuralNgram(nn.Module):
    """Concatenates the vectors of the last symbols, and predicts through one hidden layer.

    With e the vectors, x = norm(e(s_1), ..., e(s_c)), y = V tanh(W x + a) and the logit of symbol i
    is y · e(i) + b_i (Bengio et al. 2003, "A neural probabilistic language model").  Two things are
    not theirs: an RMS norm without gain keeps the scale of the input, and the output is tied to the
    vectors through V (Press & Wolf 2017), which would be most of the parameters otherwise.

    Args:
        config: its shape.
        alphabet_size: number of symbols.
    """

    def __init__(self, config: NeuralNgramConfig, alphabet_size: int) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(alphabet_size, config.width)
        self.hidden = nn.Linear(config.context * config.width, config.hidden_width)
        self.out = nn.Linear(config.hidden_width, config.width)
        self.bias = nn.Parameter(torch.zeros(alphabet_size))
        nn.init.normal_(self.words.weight, std=STANDARD_DEVIATION)
        for layer in (self.hidden, self.out):
            nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.in_features))
            nn.init.zeros_(layer.bias)

    @property
    def matrices(self) -> dict[str, int]:
        """Names of the hidden matrices, and how many maps each holds side by side."""
        return {"hidden.weight": self.config.context, "out.weight": 1}

    @property
    def blocks(self) -> list[nn.Module]:
        """None: the network is one piece."""
        return []

    def forward(self, symbols: Tensor) -> Tensor:
        """Predict the symbol after each position that has a whole context before it.

        Args:
            symbols: int64, shape (B, context - 1 + T); at the start of a document the context is
                filled up with the separator.

        Returns:
            Logits of shape (B, T, V).
        """
        vectors = self.words(symbols.unfold(1, self.config.context, 1))  # (B, T, context, e)
        x = vectors.flatten(2)
        x = functional.rms_norm(x, x.shape[-1:], eps=NORM_EPSILON)
        y = self.out(torch.tanh(self.hidden(x)))
        return functional.linear(y, self.words.weight, self.bias)
