"""The byte network: a gated linear recurrence."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.errors import UsageError
from neurocomp.exact.hashing import HASH_GAIN, HashedTable, find_rows, hashed_tables
from neurocomp.exact.scaling import MAX_WIDTH
from neurocomp.models.bytenet.scan import gated_recurrence
from neurocomp.models.common.alphabets import check_positive

ALPHABET_SIZE = 256
NORM_EPSILON = 1e-6
FASTEST, SLOWEST = 1.5, 400.0
"""Time constants in bytes with which the gates of a new network begin."""
MIN_STEP, MAX_STEP = 0.25, 4.0


@dataclass(frozen=True)
class GLRConfig:
    """Shape of a `GLR`."""

    width: int = 256
    """Width of the stream, a multiple of 4."""
    num_blocks: int = 4
    """Blocks of recurrence and feed-forward layer, 64 at most."""
    context: int = 6
    """Bytes whose embeddings are added up to the input."""
    expansion: int = 2
    """Width of the feed-forward layer, in widths of the network."""
    hashed: dict[str, int] = field(default_factory=dict)
    """Lengths of n-grams with additional embeddings, found by a hash, and the bits of each hash."""
    hashed_step: float = 0.0
    """Between the levels that hashed embeddings are rounded to, in a row's root mean squares; 0 for
    training without rounding, and the converter's own step."""

    def __post_init__(self) -> None:
        check_positive(self, "width", "num_blocks", "context", "expansion")
        # What the exact form has room for; it is better known before a training than after it.
        limits = {"width": MAX_WIDTH, "num_blocks": 64, "context": 16, "expansion": 4}
        for name, limit in limits.items():
            if getattr(self, name) > limit:
                raise UsageError(f"model.{name} is {getattr(self, name)}, above {limit}")
        if self.width % 4:
            raise UsageError(f"model.width is {self.width}, not a multiple of 4")
        if self.hashed_step and not MIN_STEP <= self.hashed_step <= MAX_STEP:
            raise UsageError(
                f"model.hashed_step is {self.hashed_step}, but must be 0, or "
                f"{MIN_STEP} to {MAX_STEP}"
            )
        self.hashed_tables  # noqa: B018  it checks

    @property
    def hashed_tables(self) -> tuple[HashedTable, ...]:
        """The tables of `hashed`, by length; raises UsageError where one can't be."""
        return hashed_tables(self.hashed, self.context)


class BlockShape(Protocol):
    """The part of a network's shape that a `Block` needs."""

    @property
    def width(self) -> int:
        """Width of the stream."""

    @property
    def num_blocks(self) -> int:
        """Blocks that add to it."""

    @property
    def expansion(self) -> int:
        """Width of the feed-forward layer, in widths of the network."""


class Block(nn.Module):
    """Gated recurrence, then a feed-forward layer with squared ReLU; each adds to the stream."""

    def __init__(self, config: BlockShape) -> None:
        super().__init__()
        width, inner = config.width, config.expansion * config.width
        self.gates = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)
        shrink = 0.5 / math.sqrt(config.num_blocks)
        for layer, gain in (
            (self.gates, 0.8),
            (self.out, shrink),
            (self.up, 1),
            (self.down, shrink),
        ):
            nn.init.normal_(layer.weight, std=gain / math.sqrt(layer.in_features))
        constants = torch.exp(torch.linspace(math.log(FASTEST), math.log(SLOWEST), width))
        with torch.no_grad():
            self.gates.bias.zero_()
            self.gates.bias[:width] = -torch.log(constants - 1)  # sigmoid(bias) = 1 / constant
            self.gates.bias[width : 2 * width] = 0.5

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the stream, shape (T, B, d), and the state after it, shape (B, d)."""
        opened, after = gated_recurrence(self.gates(_norm(x)), state)
        x = x + self.out(opened)
        return x + self.down(functional.relu(self.up(_norm(x))).square()), after


class GLR(nn.Module):
    """Predicts the next byte from the last few bytes and a state of fixed size.

    The input is the sum of one embedding for each of the last ``context`` bytes, and of one for
    each n-gram at their end whose length is in ``hashed`` (Pagnoni et al. 2024).  A block computes
    (z, o, c) = W norm(x) + b, h += sigmoid(z) (c - h), x += W' (h silu(o)), x += W'' relu(W''' x)^2
    with RMS norms without gain; cf. Bradbury et al. 2017 (quasi-recurrent networks), Orvieto et al.
    2023 (linear recurrent units), So et al. 2021 (squared ReLU).
    """

    def __init__(self, config: GLRConfig) -> None:
        super().__init__()
        self.config = config
        scale = 0.5 * 0.7 ** torch.arange(config.context)[:, None, None]
        table = torch.randn(config.context, ALPHABET_SIZE, config.width) * scale
        self.embeddings = nn.Parameter(table)  # [k, b]: byte b, k bytes before the last one
        if config.hashed:
            num_rows = sum(table.num_rows for table in config.hashed_tables)
            self.hashed = nn.Parameter(torch.zeros(num_rows, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_blocks))
        self.head = nn.Linear(config.width, ALPHABET_SIZE)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    @property
    def matrices(self) -> dict[str, int]:
        """Names of the hidden matrices, and how many maps each holds side by side."""
        return {
            f"blocks.{number}.{name}.weight": 3 if name == "gates" else 1
            for number in range(self.config.num_blocks)
            for name in ("gates", "out", "up", "down")
        }

    def initial_state(self, batch: int) -> Tensor:
        """Return the state before the first byte, shape (blocks, B, d)."""
        shape = (self.config.num_blocks, batch, self.config.width)
        return torch.zeros(shape, device=self.head.weight.device)

    def forward(self, symbols: Tensor) -> Tensor:
        """Return the logits of `advance` from the initial state."""
        return self.advance(symbols, self.initial_state(symbols.shape[0]))[0]

    def advance(self, symbols: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Predict the byte after each position that has a whole context before it.

        Args:
            symbols: bytes as int64, shape (B, context - 1 + T); at the start of a document the
                context is filled up with the separator 0x1e.
            state: `initial_state`, or the state that the call for the positions before returned.

        Returns:
            Logits of shape (B, T, 256) and the state after the last position, (blocks, B, d).
        """
        context, width = self.config.context, self.config.width
        windows = symbols.t().unfold(0, context, 1)  # (T, B, context), oldest byte first
        rows = windows + ALPHABET_SIZE * torch.arange(context - 1, -1, -1, device=symbols.device)
        table = self.embeddings.view(context * ALPHABET_SIZE, width)
        x = functional.embedding_bag(rows.reshape(-1, context), table, mode="sum")
        if self.config.hashed:
            found = find_rows(windows, self.config.hashed_tables)
            places = torch.stack(found, dim=-1).flatten(0, 1)
            if self.config.hashed_step:
                rows = rounded(functional.embedding(places, self.hashed), self.config.hashed_step)
                x = x + HASH_GAIN * rows.sum(dim=1)
            else:
                x = x + HASH_GAIN * functional.embedding_bag(places, self.hashed, mode="sum")
        x = x.view(*windows.shape[:2], width)  # (T, B, d)
        states = []
        for block, before in zip(self.blocks, state, strict=True):
            x, after = block(x, before)
            states.append(after)
        logits: Tensor = self.head(_norm(x))
        return logits.transpose(0, 1), torch.stack(states)

    def adopt(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return parameters for this shape that compute what ``tensors`` of a smaller one do.

        Each block is followed by as many copies of it as are missing, which add nothing yet (Wu et
        al. 2024, "LLaMA Pro").  Hashed embeddings begin with zeros; where ``tensors`` has as many
        rows as smaller tables of the same n-grams, these rows are repeated.  What can't be adopted
        so is returned as it is.
        """
        names = [name.split(".", 2) for name in tensors if name.startswith("blocks.")]
        num_blocks = 1 + max((int(number) for _, number, _ in names), default=-1)
        times, rest = divmod(self.config.num_blocks, max(num_blocks, 1))
        adopted = dict(tensors)
        if times > 1 and not rest:
            for _, number, name in names:
                tensor = tensors[f"blocks.{number}.{name}"]
                opens = name in ("out.weight", "down.weight")
                for copy in range(times):
                    new = torch.zeros_like(tensor) if copy and opens else tensor.clone()
                    adopted[f"blocks.{int(number) * times + copy}.{name}"] = new
        if self.config.hashed:
            adopted.setdefault("hashed", torch.zeros_like(self.hashed, device="cpu"))
            adopted["hashed"] = self._spread(adopted["hashed"])
        return adopted

    def _spread(self, rows: Tensor) -> Tensor:
        """Return the rows of tables smaller by one factor, each as often as fits."""
        times, rest = divmod(self.hashed.shape[0], max(rows.shape[0], 1))
        # A hash's first bits are its row: those of a row's successors in a larger table follow it.
        return rows if rest or times & (times - 1) else rows.repeat_interleave(times, dim=0)


def rounded(rows: Tensor, step: float) -> Tensor:
    """Return ``rows`` (..., d) as multiples of ``step`` times their root mean square.

    Gradients go straight through (Bengio et al. 2013, "Estimating or propagating gradients").
    """
    with torch.no_grad():
        steps = step * rows.square().mean(dim=-1, keepdim=True).sqrt()
        steps.clamp_(min=torch.finfo(rows.dtype).tiny)
        errors = torch.round(rows / steps) * steps - rows
    return rows + errors


def _norm(x: Tensor) -> Tensor:
    return functional.rms_norm(x, x.shape[-1:], eps=NORM_EPSILON)
