"""GPT-2, with the parameter names and layouts of its published checkpoints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.errors import UsageError
from neurocomp.models.common.alphabets import check_alphabet, check_positive
from neurocomp.training.sampled_softmax import project

NORM_EPSILON = 1e-5
STANDARD_DEVIATION = 0.02


@dataclass(frozen=True)
class GPT2Config:
    """Shape of a `GPT2`."""

    width: int = 768
    """Width of the stream, a multiple of `num_heads`."""
    num_blocks: int = 12
    """Blocks of attention and feed-forward layer."""
    num_heads: int = 12
    """Heads of attention in each block."""
    num_positions: int = 1024
    """Symbols that are seen at once, at least `data.window` and `data.validation_length`."""
    alphabet: str = "gpt2"
    """"bytes", or "gpt2" for the byte pairs of GPT-2."""

    def __post_init__(self) -> None:
        check_positive(self, "width", "num_blocks", "num_heads", "num_positions")
        if self.width % self.num_heads:
            raise UsageError(
                f"model.width is {self.width}, but must be a multiple of the "
                f"{self.num_heads} of model.num_heads"
            )
        check_alphabet(self.alphabet)

    @property
    def context(self) -> int:
        """Symbols before a window that its first prediction needs."""
        return 1

    def published_form(self, alphabet_size: int, separator: int) -> dict[str, Any]:
        """Return the content of config.json, as transformers reads it."""
        return {
            "architectures": ["GPT2LMHeadModel"],
            "model_type": "gpt2",
            "activation_function": "gelu_new",
            "vocab_size": alphabet_size,
            "n_embd": self.width,
            "n_layer": self.num_blocks,
            "n_head": self.num_heads,
            "n_positions": self.num_positions,
            "n_inner": None,
            "layer_norm_epsilon": NORM_EPSILON,
            "initializer_range": STANDARD_DEVIATION,
            "attn_pdrop": 0.0,
            "embd_pdrop": 0.0,
            "resid_pdrop": 0.0,
            "bos_token_id": separator,
            "eos_token_id": separator,
            "tie_word_embeddings": True,
        }


class Affine(nn.Module):
    """y = x W + b with W of shape (inputs, outputs), as GPT-2 stores its matrices."""

    def __init__(self, num_inputs: int, num_outputs: int, std: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_inputs, num_outputs) * std)
        self.bias = nn.Parameter(torch.zeros(num_outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return functional.linear(x, self.weight.t(), self.bias)


class Attention(nn.Module):
    """Causal self-attention with several heads."""

    def __init__(self, config: GPT2Config, shrink: float) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.c_attn = Affine(config.width, 3 * config.width, STANDARD_DEVIATION)
        self.c_proj = Affine(config.width, config.width, STANDARD_DEVIATION * shrink)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T, d) to (B, T, d)."""
        batch, length, width = x.shape
        heads = self.c_attn(x).view(batch, length, 3, self.num_heads, width // self.num_heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # (B, heads, T, d / heads) each
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        projected: Tensor = self.c_proj(mixed.transpose(1, 2).reshape(batch, length, width))
        return projected


class FeedForward(nn.Module):
    """Two layers with the tanh form of GELU between them."""

    def __init__(self, config: GPT2Config, shrink: float) -> None:
        super().__init__()
        self.c_fc = Affine(config.width, 4 * config.width, STANDARD_DEVIATION)
        self.c_proj = Affine(4 * config.width, config.width, STANDARD_DEVIATION * shrink)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T, d) to (B, T, d)."""
        mapped: Tensor = self.c_proj(functional.gelu(self.c_fc(x), approximate="tanh"))
        return mapped


class Block(nn.Module):
    """Attention, then a feed-forward layer; each adds to the stream."""

    def __init__(self, config: GPT2Config) -> None:
        super().__init__()
        shrink = 1 / math.sqrt(2 * config.num_blocks)
        self.ln_1 = nn.LayerNorm(config.width, eps=NORM_EPSILON)
        self.attn = Attention(config, shrink)
        self.ln_2 = nn.LayerNorm(config.width, eps=NORM_EPSILON)
        self.mlp = FeedForward(config, shrink)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T, d) to (B, T, d)."""
        x = x + self.attn(self.ln_1(x))
        grown: Tensor = x + self.mlp(self.ln_2(x))
        return grown


class Transformer(nn.Module):
    """Embeddings, blocks and the last norm."""

    def __init__(self, config: GPT2Config, alphabet_size: int) -> None:
        super().__init__()
        self.wte = nn.Embedding(alphabet_size, config.width)
        self.wpe = nn.Embedding(config.num_positions, config.width)
        self.h = nn.ModuleList(Block(config) for _ in range(config.num_blocks))
        self.ln_f = nn.LayerNorm(config.width, eps=NORM_EPSILON)
        for embedding in (self.wte, self.wpe):
            nn.init.normal_(embedding.weight, std=STANDARD_DEVIATION)

    def forward(self, symbols: Tensor) -> Tensor:
        """Map symbols of shape (B, T) to features of shape (B, T, d)."""
        positions = torch.arange(symbols.shape[1], device=symbols.device)
        x = self.wte(symbols) + self.wpe(positions)  # (B, T, d)
        for block in self.h:
            x = block(x)
        features: Tensor = self.ln_f(x)
        return features


class GPT2(nn.Module):
    """A transformer whose parameters have the names of GPT-2's checkpoints (Radford et al. 2019).

    Args:
        config: shape of the network.
        alphabet_size: V; the output is tied to the embedding of the V symbols.
    """

    def __init__(self, config: GPT2Config, alphabet_size: int) -> None:
        super().__init__()
        self.config = config
        self.transformer = Transformer(config, alphabet_size)

    @property
    def matrices(self) -> dict[str, int]:
        """Names of the hidden matrices, and how many maps each holds side by side."""
        return {
            f"transformer.h.{number}.{name}.weight": 3 if name == "attn.c_attn" else 1
            for number in range(self.config.num_blocks)
            for name in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
        }

    @property
    def blocks(self) -> nn.ModuleList:
        """The blocks, in order."""
        return self.transformer.h

    def forward(self, symbols: Tensor, wanted: Tensor | None = None) -> Tensor:
        """Predict the symbol after each position.

        Args:
            symbols: int64, shape (B, T), T at most ``num_positions``.
            wanted: the symbols whose logits are wanted, shape (C,); None for all V.

        Returns:
            Logits of shape (B, T, C).
        """
        return project(self.transformer(symbols), self.transformer.wte.weight, None, wanted)
