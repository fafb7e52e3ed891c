"""The shapes of the exact networks of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import MAX_WIDTH

RANGES = {
    "alphabet_size": (2, 60_000),
    "context": (1, 64),
    "width": (1, MAX_WIDTH),
    "num_blocks": (1, 64),
    "hidden_width": (1, 4 * MAX_WIDTH),
    "inner_width": (1, 4 * MAX_WIDTH),
    "epsilon": (1, 1 << 50),
    "embedding_shift": (1, 61),
    "start_symbol": (0, 60_000 - 1),
}
"""Smallest and largest value of each field."""


@dataclass(frozen=True)
class TokenConfig:
    """The configuration that all networks of tokens share.

    Attributes:
        alphabet_size: V.
        width: width of a word's vector.
        epsilon: epsilon of the norms, as ``exact.Norm`` has it.
        embedding_shift: shift of the word vectors' scale.
        start_symbol: symbol that a lane has read before its first one.
    """

    alphabet_size: int
    width: int
    epsilon: int
    embedding_shift: int
    start_symbol: int

    def __post_init__(self) -> None:
        """Check the ranges; raises FormatError."""
        for field in fields(self):
            value, (low, high) = getattr(self, field.name), RANGES[field.name]
            if not low <= value <= high:
                raise FormatError(f"{field.name} = {value} of a network of tokens is out of range")
        if self.start_symbol >= self.alphabet_size:
            raise FormatError("the start symbol of a network of tokens is not in its alphabet")

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the configuration that a stored model has; raises FormatError."""
        names = {field.name for field in fields(cls)}
        if set(values) != names or not all(type(value) is int for value in values.values()):
            raise FormatError(f"this network's configuration has integers for {sorted(names)}")
        return cls(**values)


@dataclass(frozen=True)
class NeuralNgramConfig(TokenConfig):
    """Shape of a neural n-gram, ``torch_networks.NeuralNgram``.

    Attributes:
        context: number of symbols that a prediction sees.
        hidden_width: width of the hidden layer.
    """

    context: int
    hidden_width: int

    def __post_init__(self) -> None:
        """Check the ranges; raises FormatError."""
        super().__post_init__()
        if self.context * self.width > MAX_WIDTH:
            raise FormatError(f"vectors of a neural n-gram have more than {MAX_WIDTH} columns")


@dataclass(frozen=True)
class RecurrentTokensConfig(TokenConfig):
    """Shape of a recurrent network; see ``neurocomp.models.tokennets.torch_networks``.

    Attributes:
        num_blocks: number of blocks of a recurrence and a feed-forward layer.
        inner_width: inner width of the feed-forward layers.
    """

    num_blocks: int
    inner_width: int
