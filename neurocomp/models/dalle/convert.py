"""From a trained prior to its stored integers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from neurocomp.models.dalle.model import ARCHITECTURE, TOKENIZER
from neurocomp.models.dalle.prior import NORM_EPSILON, Prior
from neurocomp.models.transformer.builder import Builder
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.real import RealBlock, RealLinear, RealModel, RealNorm
from neurocomp.store.stored import StoredModel


def convert_prior(prior: Prior, tokenizer: bytes) -> StoredModel:
    """Return the exact form of ``prior``: the same parameters give the same integers everywhere.

    Args:
        prior: the trained prior.
        tokenizer: JSON of the captions' byte pairs.

    Raises:
        UnsupportedError: a parameter is out of the range that integers can express.
    """
    config, shape = prior.config, prior.shape
    head_width = config.width // config.num_heads
    transformer = TransformerConfig(
        alphabet_size=shape.vocabulary_size,
        context=shape.context,
        width=config.width,
        num_layers=len(shape.patterns),
        num_heads=config.num_heads,
        num_key_heads=config.num_heads,
        head_width=head_width,
        inner_width=4 * config.width,
        activation="gelu_new",
        gated=False,
        center=True,
        rotary=False,
        tied=False,
        epsilon=1,
        embedding_shift=1,
        start_symbol=shape.start_symbol,
    )

    def block(index: int) -> RealBlock:
        module: Any = prior.blocks[index]
        return RealBlock(
            _norm(module.attention_norm),
            _linear(module.query_key_value),
            _linear(module.attention_out),
            _norm(module.inner_norm),
            _linear(module.inner_in),
            _linear(module.inner_out),
            float(1 / np.sqrt(float(head_width))),
        )

    # Row and column are added in float64, so that the sum doesn't depend on a library.
    grid = _floats(prior.row_positions.weight)[:, None] + _floats(prior.column_positions.weight)
    positions = [_floats(prior.text_positions.weight), grid.reshape(-1, config.width)]
    real = RealModel(
        transformer,
        NORM_EPSILON,
        10_000,
        _floats(prior.embedding.weight),
        np.concatenate(positions),
        block,
        _norm(prior.last_norm),
        _floats(prior.head.weight),
        {TOKENIZER: np.frombuffer(tokenizer, np.uint8)},
    )
    stored = Builder(real, ARCHITECTURE).stored()
    return replace(stored, config={**stored.config, **shape.to_json()})


def _floats(tensor: Tensor) -> NDArray[np.float64]:
    floats: NDArray[np.float64] = tensor.detach().cpu().double().numpy()
    return floats


def _norm(module: nn.LayerNorm) -> RealNorm:
    return RealNorm(_floats(module.weight), _floats(module.bias))


def _linear(module: nn.Linear) -> RealLinear:
    return RealLinear(_floats(module.weight), _floats(module.bias))
