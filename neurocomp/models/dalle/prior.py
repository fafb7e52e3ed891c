"""The prior: a transformer over a caption and an image's codes, in floating point, for training.

A. Ramesh et al., Zero-shot text-to-image generation, 2021.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.dalle.records import RecordShape
from neurocomp.models.dalle.shape import PriorShape, parse_patterns, pattern_mask

NORM_EPSILON = 1e-5
STANDARD_DEVIATION = 0.02
MAX_PLAIN_LENGTH = 320


_LIMITS = {
    **dict.fromkeys(("width", "text_length", "vocabulary", "num_codes"), (1 << 16) - 1),
    **dict.fromkeys(("num_blocks", "num_heads", "rows", "columns"), 1 << 10),
    "kernel": 511,
}
"""Upper limits of the fields, set by the exact form or by memory."""


@dataclass(frozen=True)
class PriorConfig:
    """Shape of a `Prior`, as a configuration names it."""

    width: int = 128
    """Width of the stream, a multiple of `num_heads`."""
    num_blocks: int = 6
    """Blocks of attention and feed-forward layer."""
    num_heads: int = 4
    """Heads of attention in each block."""
    text_length: int = 16
    """Tokens of a caption."""
    vocabulary: int = 512
    """Tokens that are learnt from the captions at most, the 256 bytes among them."""
    patterns: str = "paper"
    """"paper", or patterns of attention that take turns: full, row, column, convolution."""
    kernel: int = 11
    """Side of the convolutional pattern, odd."""
    dropout: float = 0.0
    """Share of the blocks' and embeddings' outputs that are dropped in training."""
    checkpointing: bool = False
    """Compute blocks again for their gradients instead of keeping what they computed."""
    rows: int = 0
    """Rows of codes; 0 for as many as the data have."""
    columns: int = 0
    """Columns of codes; 0 for as many as the data have."""
    num_codes: int = 0
    """K; 0 for what the data have."""

    def __post_init__(self) -> None:
        for name, most in _LIMITS.items():
            least = 0 if name in ("rows", "columns", "num_codes") else 1
            if not least <= getattr(self, name) <= most:
                raise UsageError(f"model.{name} is {getattr(self, name)}, not {least} to {most}")
        if self.kernel % 2 == 0:
            raise UsageError(f"model.kernel is {self.kernel}, but must be odd")
        if self.width % self.num_heads:
            raise UsageError(
                f"model.width is {self.width}, but must be a multiple of the "
                f"{self.num_heads} of model.num_heads"
            )
        if self.vocabulary < 256:
            raise UsageError(f"model.vocabulary is {self.vocabulary}, but bytes alone are 256")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"model.dropout is {self.dropout}, not at least 0 and below 1")
        try:
            parse_patterns(self.patterns, self.num_blocks)
        except FormatError as error:
            raise UsageError(f"model.patterns: {error}") from None

    def shape(
        self, num_tokens: int, rows: int, columns: int, num_codes: int, autoencoder: bytes
    ) -> PriorShape:
        """Return the shape for data of these sizes.

        Raises:
            UsageError: the configuration asks for other ones.
        """
        found = {"rows": rows, "columns": columns, "num_codes": num_codes}
        for name, value in found.items():
            if getattr(self, name) not in (0, value):
                raise UsageError(
                    f"model.{name} is {getattr(self, name)}, but the data have {value}"
                )
        records = RecordShape(num_tokens, self.text_length, rows, columns, num_codes)
        patterns = parse_patterns(self.patterns, self.num_blocks)
        return PriorShape(records, patterns, self.kernel, autoencoder)


class Block(nn.Module):
    """Attention, then a feed-forward layer; each adds to the stream."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        width = config.width
        self.num_heads, self.dropout = config.num_heads, config.dropout
        self.attention_norm = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.inner_norm = nn.LayerNorm(width, eps=NORM_EPSILON)
        self.inner_in = nn.Linear(width, 4 * width)
        self.inner_out = nn.Linear(4 * width, width)
        shrink = STANDARD_DEVIATION / math.sqrt(2 * config.num_blocks)
        for layer in (self.query_key_value, self.attention_out, self.inner_in, self.inner_out):
            is_last = layer in (self.attention_out, self.inner_out)
            nn.init.normal_(layer.weight, std=shrink if is_last else STANDARD_DEVIATION)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Map (B, S, d) to (B, S, d); ``mask`` (S, S) is true where a row sees a column."""
        batch, length, width = x.shape
        heads = self.query_key_value(self.attention_norm(x))
        heads = heads.view(batch, length, 3, self.num_heads, width // self.num_heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # (B, heads, S, d / heads) each
        mixed = _attend(query, key, value, mask)
        mixed = self.attention_out(mixed.transpose(1, 2).reshape(batch, length, width))
        x = x + functional.dropout(mixed, self.dropout, self.training)
        inner = functional.gelu(self.inner_in(self.inner_norm(x)), approximate="tanh")
        grown: Tensor = x + functional.dropout(self.inner_out(inner), self.dropout, self.training)
        return grown


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Return attention's outputs (B, heads, S, w) for parts of that shape.

    On a CPU torch's fused form is three times as slow backwards as the plain one, whose scores fit
    memory as long as sequences are short.
    """
    length = query.shape[2]
    if query.device.type != "cpu" or length > MAX_PLAIN_LENGTH:
        return functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=mask is None
        )
    if mask is None:
        mask = torch.ones(length, length, dtype=torch.bool).tril()
    bias = torch.zeros(length, length, dtype=query.dtype).masked_fill(~mask, -torch.inf)
    scores = (query * query.shape[3] ** -0.5) @ key.transpose(2, 3) + bias
    mixed: Tensor = scores.softmax(-1).to(value.dtype) @ value
    return mixed


class Prior(nn.Module):
    """Predicts a caption, and an image's codes after it.

    Args:
        config: configuration of the network.
        shape: shape of the rows that it reads, with as many patterns as the network has blocks.
    """

    def __init__(self, config: PriorConfig, shape: PriorShape) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        records = shape.records
        self.embedding = nn.Embedding(shape.vocabulary_size, config.width)
        self.text_positions = nn.Embedding(records.text_length + 1, config.width)
        self.row_positions = nn.Embedding(records.rows, config.width)
        self.column_positions = nn.Embedding(records.columns, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in shape.patterns)
        self.last_norm = nn.LayerNorm(config.width, eps=NORM_EPSILON)
        self.head = nn.Linear(config.width, shape.vocabulary_size, bias=False)
        for module in self.children():
            if isinstance(module, nn.Embedding | nn.Linear):
                nn.init.normal_(module.weight, std=STANDARD_DEVIATION)
        sizes = (records.text_length, records.rows, records.columns, shape.kernel)
        for name in set(shape.patterns) - {"full"}:
            mask = torch.from_numpy(pattern_mask(name, *sizes))
            self.register_buffer(f"mask_{name}", mask, persistent=False)

    @property
    def matrices(self) -> dict[str, int]:
        """Names of the hidden matrices, and how many maps each holds side by side."""
        return {
            f"blocks.{number}.{name}.weight": 3 if name == "query_key_value" else 1
            for number in range(len(self.blocks))
            for name in ("query_key_value", "attention_out", "inner_in", "inner_out")
        }

    def positions(self) -> Tensor:
        """Return the positions' vectors, (context, d): codes have the sum of row and column."""
        grid = self.row_positions.weight[:, None] + self.column_positions.weight
        return torch.cat([self.text_positions.weight, grid.flatten(0, 1)])

    def forward(self, symbols: Tensor) -> tuple[Tensor, Tensor]:
        """Predict the symbol after each position.

        Args:
            symbols: int64, (B, S), of the vocabulary, the start symbol first; text_length < S.

        Returns:
            Logits of captions, (B, text_length, tokens and pads), and images,
            (B, S - text_length, codes).
        """
        length = symbols.shape[1]
        x = self.embedding(symbols) + self.positions()[:length]  # (B, S, d)
        x = functional.dropout(x, self.config.dropout, self.training)
        for block, pattern in zip(self.blocks, self.shape.patterns, strict=True):
            mask = None
            if pattern != "full":
                mask = getattr(self, f"mask_{pattern}")[:length, :length]
            if self.config.checkpointing and self.training:
                x = checkpoint(block, x, mask, use_reentrant=False)
            else:
                x = block(x, mask)
        x = self.last_norm(x)
        num_text, first_code = self.shape.num_text_outputs, self.shape.first_code
        text_length, weight = self.shape.records.text_length, self.head.weight
        return (
            functional.linear(x[:, :text_length], weight[:num_text]),
            functional.linear(x[:, text_length:], weight[first_code:]),
        )
