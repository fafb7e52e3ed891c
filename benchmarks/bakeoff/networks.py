"""What is compared: networks that differ in their blocks alone.

All of them add up embeddings of the last six bytes, as the shipped network does without its tables,
and cost about 2.2 million products a byte at width 256.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.models.bytenet.glr import ALPHABET_SIZE, NORM_EPSILON, Block, GLRConfig

CONTEXT = 6
PATCH = 4
"""Bytes for which the larger network of `patches` steps once."""

FASTEST, SLOWEST = 1.5, 400.0
"""Time constants in bytes with which the decays of RWKV begin."""


@dataclass(frozen=True)
class Shape:
    """Of a gated linear recurrence: see ``neurocomp.models.bytenet.glr.BlockShape``."""

    width: int
    num_blocks: int
    expansion: int = 2


class Gated(nn.Module):
    """A block of the shipped network, from the initial state."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.block, self._width = Block(shape), shape.width

    def forward(self, x: Tensor) -> Tensor:
        """Return the stream (T, B, d) with the block's increment."""
        stream: Tensor = self.block(x, torch.zeros(x.shape[1], self._width))[0]
        return stream


class Cells(nn.Module):
    """A layer of torch's GRU or LSTM, then the feed-forward layer of the shipped network."""

    def __init__(
        self, kind: Callable[..., nn.RNNBase], width: int, hidden: int, num_blocks: int
    ) -> None:
        super().__init__()
        shrink = 0.5 / math.sqrt(num_blocks)
        self.cells = kind(width, hidden)
        self.out = _linear(hidden, width, shrink)
        self.up = _linear(width, 2 * width)
        self.down = _linear(2 * width, width, shrink)

    def forward(self, x: Tensor) -> Tensor:
        """Return the stream (T, B, d) with the block's increment."""
        x = x + self.out(self.cells(_norm(x))[0])
        inner = functional.relu(self.up(_norm(x))).square()
        stream: Tensor = x + self.down(inner)
        return stream


class RWKV(nn.Module):
    """Time mixing and channel mixing of Peng et al. 2023, "RWKV: Reinventing RNNs"."""

    def __init__(self, width: int, num_blocks: int) -> None:
        super().__init__()
        shrink = 0.5 / math.sqrt(num_blocks)
        self.receptance, self.key, self.value = (_linear(width, width) for _ in range(3))
        self.out = _linear(width, width, shrink)
        self.gate, self.up = _linear(width, width), _linear(width, 2 * width)
        self.down = _linear(2 * width, width, shrink)
        self.shares = nn.Parameter(torch.full((5, width), 0.5))
        constants = torch.exp(torch.linspace(math.log(FASTEST), math.log(SLOWEST), width))
        self.decay = nn.Parameter(-torch.log(constants))
        self.bonus = nn.Parameter(torch.full((width,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        """Return the stream (T, B, d) with the block's increment."""
        r, k, v = self._shifted(x, 0, 3)
        means = self._means(self.key(k), self.value(v))
        x = x + self.out(torch.sigmoid(self.receptance(r)) * means)
        r, k = self._shifted(x, 3, 5)
        inner = functional.relu(self.up(k)).square()
        stream: Tensor = x + torch.sigmoid(self.gate(r)) * self.down(inner)
        return stream

    def _shifted(self, x: Tensor, first: int, last: int) -> list[Tensor]:
        """Return mixtures of each position and the one before it."""
        now = _norm(x)
        before = functional.pad(now, (0, 0, 0, 0, 1, 0))[:-1]
        return [before + self.shares[i] * (now - before) for i in range(first, last)]

    def _means(self, keys: Tensor, values: Tensor) -> Tensor:
        """Return the means of values weighed by keys, which decay: the paper's appendix D."""
        decay = -torch.exp(self.decay)
        above = below = torch.zeros_like(keys[0])
        top = torch.full_like(keys[0], -1e30)
        means = []
        for key, value in zip(keys.unbind(0), values.unbind(0), strict=True):
            highest = torch.maximum(top, self.bonus + key)
            old, new = torch.exp(top - highest), torch.exp(self.bonus + key - highest)
            means.append((old * above + new * value) / (old * below + new))
            highest = torch.maximum(top + decay, key)
            old, new = torch.exp(top + decay - highest), torch.exp(key - highest)
            above, below, top = old * above + new * value, old * below + new, highest
        return torch.stack(means)


class Patches(nn.Module):
    """A recurrence of twice the width for every four bytes, whose outputs go to each of them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        wide = 2 * width
        self.embeddings = nn.Parameter(torch.randn(PATCH * ALPHABET_SIZE, wide) * 0.5)
        self.blocks = nn.ModuleList(Gated(Shape(wide, 2)) for _ in range(2))
        self.spread = _linear(wide, PATCH * width, 0.5)

    def forward(self, windows: Tensor) -> Tensor:
        """Return what is added to the stream (T, B, d), for windows of bytes (T, B, context)."""
        num_steps, num_lanes, _ = windows.shape
        rows = windows[::PATCH, :, -PATCH:] + ALPHABET_SIZE * torch.arange(PATCH)
        x = _embed(self.embeddings, rows)
        for block in self.blocks:
            x = block(x)
        outputs: Tensor = self.spread(_norm(x))
        parts = outputs.view(*outputs.shape[:2], PATCH, -1)  # (T / 4, B, 4, d)
        return parts.transpose(1, 2).reshape(-1, num_lanes, parts.shape[-1])[:num_steps]


class Contestant(nn.Module):
    """Predicts bytes by blocks of one kind.

    Args:
        kind: a key of `KINDS`.
        width: of the stream.
    """

    def __init__(self, kind: str, width: int) -> None:
        super().__init__()
        scale = 0.5 * 0.7 ** torch.arange(CONTEXT)[:, None, None]
        table = torch.randn(CONTEXT, ALPHABET_SIZE, width) * scale
        self.embeddings = nn.Parameter(table.view(CONTEXT * ALPHABET_SIZE, width))
        self.config = GLRConfig(width, context=CONTEXT)
        self.patches = Patches(width) if kind == "patches" else None
        self.blocks = nn.ModuleList(KINDS[kind](width))
        self.head = nn.Linear(width, ALPHABET_SIZE)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    @property
    def matrices(self) -> dict[str, int]:
        """Names of the hidden matrices, and how many maps each holds side by side."""
        found = {}
        for name, module in self.named_modules():
            if isinstance(module, nn.RNNBase):
                for side in ("ih", "hh"):
                    found[f"{name}.weight_{side}_l0"] = 3 if isinstance(module, nn.GRU) else 4
            elif isinstance(module, nn.Linear) and module is not self.head:
                last = name.rpartition(".")[2]
                found[f"{name}.weight"] = {"gates": 3, "spread": PATCH}.get(last, 1)
        return found

    @property
    def num_products(self) -> int:
        """Products of a byte with parameters; what is done every four bytes counts a fourth."""
        total = 0
        for name in (*self.matrices, "head.weight"):
            size = self.get_parameter(name).numel()
            total += size // PATCH if name.startswith("patches.") else size
        return total

    def forward(self, symbols: Tensor) -> Tensor:
        """Return logits (B, T, 256) for bytes (B, context - 1 + T), int64."""
        windows = symbols.t().unfold(0, CONTEXT, 1)  # (T, B, context), oldest byte first
        x = _embed(self.embeddings, windows + ALPHABET_SIZE * torch.arange(CONTEXT - 1, -1, -1))
        if self.patches is not None:
            x = x + self.patches(windows)
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.head(_norm(x))
        return logits.transpose(0, 1)


KINDS: dict[str, Callable[[int], list[nn.Module]]] = {
    "glr": lambda width: [Gated(Shape(width, 4)) for _ in range(4)],
    "gru": lambda width: [Cells(nn.GRU, width, width * 3 // 2, 2) for _ in range(2)],
    "lstm": lambda width: [Cells(nn.LSTM, width, width * 5 // 4, 2) for _ in range(2)],
    "rwkv": lambda width: [RWKV(width, 4) for _ in range(4)],
    "patches": lambda width: [Gated(Shape(width, 2)) for _ in range(2)],
}
"""The blocks of each kind at a width."""


def _embed(table: Tensor, rows: Tensor) -> Tensor:
    """Return the sums of rows (T, B, n) of a table, (T, B, d)."""
    sums = functional.embedding_bag(rows.flatten(0, 1), table, mode="sum")
    return sums.view(*rows.shape[:2], -1)


def _linear(num_inputs: int, num_outputs: int, gain: float = 1.0) -> nn.Linear:
    layer = nn.Linear(num_inputs, num_outputs, bias=False)
    nn.init.normal_(layer.weight, std=gain / math.sqrt(num_inputs))
    return layer


def _norm(x: Tensor) -> Tensor:
    return functional.rms_norm(x, x.shape[-1:], eps=NORM_EPSILON)
