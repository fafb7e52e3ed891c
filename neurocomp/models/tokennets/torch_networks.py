"""Networks of tokens in floats: the neural n-gram and the gated recurrence."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.models.bytenet.glr import NORM_EPSILON, Block
from neurocomp.models.common.alphabets import check_alphabet, check_positive
from neurocomp.training.sampled_softmax import project

NGRAM_NORM_EPSILON = 1e-6
NGRAM_STANDARD_DEVIATION = 0.02
NGRAM_MODEL_TYPE = "neural-ngram"


@dataclass(frozen=True)
class NeuralNgramConfig:
    """Shape of a `NeuralNgram`."""

    context: int = 5
    """Symbols that a prediction sees: one less than the n of n-gram."""
    width: int = 72
    """Width of a symbol's vector."""
    hidden_width: int = 512
    """Width of the one hidden layer."""
    alphabet: str = "gpt2"
    """"bytes", or "gpt2" for the byte pairs of GPT-2."""

    def __post_init__(self) -> None:
        check_positive(self, "context", "width", "hidden_width")
        check_alphabet(self.alphabet)

    def published_form(self, alphabet_size: int, separator: int) -> dict[str, Any]:
        """Return the content of a checkpoint's config.json."""
        settings = {"alphabet_size": alphabet_size, "start_symbol": separator}
        return {"model_type": NGRAM_MODEL_TYPE, **dataclasses.asdict(self), **settings}


class NeuralNgram(nn.Module):
    """Concatenates the vectors of the last symbols, and predicts through one hidden layer.

    With e the vectors, x = norm(e(s_1), ..., e(s_c)), y = V tanh(W x + a) and the logit of symbol i
    is y · e(i) + b_i (Bengio et al. 2003, "A neural probabilistic language model").  Two things are
    not theirs: an RMS norm without gain keeps the scale of the input, and the output is tied to the
    vectors through V (Press & Wolf 2017), which would be most of the parameters otherwise.

    Args:
        config: shape of the network.
        alphabet_size: number of symbols.
    """

    def __init__(self, config: NeuralNgramConfig, alphabet_size: int) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(alphabet_size, config.width)
        self.hidden = nn.Linear(config.context * config.width, config.hidden_width)
        self.out = nn.Linear(config.hidden_width, config.width)
        self.bias = nn.Parameter(torch.zeros(alphabet_size))
        nn.init.normal_(self.words.weight, std=NGRAM_STANDARD_DEVIATION)
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

    def forward(self, symbols: Tensor, wanted: Tensor | None = None) -> Tensor:
        """Predict the symbol after each position that has a whole context before it.

        Args:
            symbols: int64, shape (B, context - 1 + T); at the start of a document the context is
                filled up with the separator.
            wanted: the symbols whose logits are wanted, shape (C,); None for all V.

        Returns:
            Logits of shape (B, T, C).
        """
        vectors = self.words(symbols.unfold(1, self.config.context, 1))  # (B, T, context, e)
        x = vectors.flatten(2)
        x = functional.rms_norm(x, x.shape[-1:], eps=NGRAM_NORM_EPSILON)
        y = self.out(torch.tanh(self.hidden(x)))
        return project(y, self.words.weight, self.bias, wanted)


RECURRENT_STANDARD_DEVIATION = 0.02
RECURRENT_MODEL_TYPE = "recurrent-tokens"


@dataclass(frozen=True)
class RecurrentTokensConfig:
    """Shape of a `RecurrentTokens`."""

    width: int = 72
    """Width of a symbol's vector and of the stream."""
    num_blocks: int = 4
    """Blocks of recurrence and feed-forward layer."""
    expansion: int = 2
    """Width of the feed-forward layer, in widths of the network."""
    alphabet: str = "gpt2"
    """"bytes", or "gpt2" for the byte pairs of GPT-2."""

    def __post_init__(self) -> None:
        check_positive(self, "width", "num_blocks", "expansion")
        check_alphabet(self.alphabet)

    @property
    def context(self) -> int:
        """Symbols before a window that its first prediction needs."""
        return 1

    def published_form(self, alphabet_size: int, separator: int) -> dict[str, Any]:
        """Return the content of a checkpoint's config.json."""
        settings = {"alphabet_size": alphabet_size, "start_symbol": separator}
        return {"model_type": RECURRENT_MODEL_TYPE, **dataclasses.asdict(self), **settings}


class RecurrentTokens(nn.Module):
    """Predicts the next symbol from the last one and a state of fixed size.

    The blocks are those of the byte network (`neurocomp.models.bytenet.glr`); the input is the
    symbol's vector times sqrt(width) (Vaswani et al. 2017), the logits are products of the
    normalised stream with the same vectors, plus a bias for each symbol.

    Args:
        config: shape of the network.
        alphabet_size: V, number of symbols.
    """

    def __init__(self, config: RecurrentTokensConfig, alphabet_size: int) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(alphabet_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_blocks))
        self.bias = nn.Parameter(torch.zeros(alphabet_size))
        nn.init.normal_(self.words.weight, std=RECURRENT_STANDARD_DEVIATION)

    @property
    def matrices(self) -> dict[str, int]:
        """Names of the hidden matrices, and how many maps each holds side by side."""
        return {
            f"blocks.{number}.{name}.weight": 3 if name == "gates" else 1
            for number in range(self.config.num_blocks)
            for name in ("gates", "out", "up", "down")
        }

    def initial_state(self, batch: int) -> Tensor:
        """Return the state before the first symbol, shape (blocks, B, d)."""
        shape = (self.config.num_blocks, batch, self.config.width)
        return torch.zeros(shape, device=self.bias.device)

    def forward(self, symbols: Tensor, wanted: Tensor | None = None) -> Tensor:
        """Return the logits of `advance` from the initial state."""
        return self.advance(symbols, self.initial_state(symbols.shape[0]), wanted)[0]

    def advance(
        self, symbols: Tensor, state: Tensor, wanted: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Predict the symbol after each position.

        Args:
            symbols: int64, shape (B, T), the separator first at the start of a document.
            state: `initial_state`, or what the call for the positions before returned.
            wanted: the symbols whose logits are wanted, shape (C,); None for all V.

        Returns:
            Logits of shape (B, T, C) and the state after the last position, (blocks, B, d).
        """
        x = self.words(symbols.t()) * math.sqrt(self.config.width)  # (T, B, d)
        states = []
        for block, before in zip(self.blocks, state, strict=True):
            x, after = block(x, before)
            states.append(after)
        x = functional.rms_norm(x, x.shape[-1:], eps=NORM_EPSILON)
        logits = project(x.transpose(0, 1), self.words.weight, self.bias, wanted)
        return logits, torch.stack(states)
