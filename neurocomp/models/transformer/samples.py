"""Small transformers made by integer code, to prove that a machine computes as all others do."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from neurocomp.models.stored import StoredModel
from neurocomp.models.transformer.builder import (
    Builder,
    RealBlock,
    RealLinear,
    RealModel,
    RealNorm,
)
from neurocomp.models.transformer.config import TransformerConfig

ALPHABET_SIZE = 300
CONTEXT = 24
_WIDTH = 48
_OUTLIER_COLUMN = 5
_OUTLIER = 60.0


class Generator:
    """Numbers from a linear congruential generator (D. Knuth, MMIX), exact in float64."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def uniform(self, shape: tuple[int, ...], reach: float) -> NDArray[np.float64]:
        """Return multiples of ``reach`` / 2**15 in [-reach, reach); ``reach`` is a power of 2."""
        values = np.empty(int(np.prod(shape)))
        for i in range(values.size):
            self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
            values[i] = (self._state >> 48) - (1 << 15)
        return values.reshape(shape) * (reach / (1 << 15))


@cache
def gpt_sample() -> StoredModel:
    """Return a GPT-2-like model: layer norm, learnt positions, outliers, mixed activations."""
    return _sample(1, rotary=False, narrow=frozenset({"blocks.0.inner_in", "blocks.1.inner_out"}))


@cache
def llama_sample() -> StoredModel:
    """Return a Llama-like model: RMS norm, rotary positions, gated units, shared keys."""
    return _sample(2, rotary=True, narrow=frozenset({"blocks.1.query_key_value", "head"}))


SAMPLES = {"gpt": gpt_sample, "llama": llama_sample}


def _sample(seed: int, *, rotary: bool, narrow: frozenset[str]) -> StoredModel:
    random = Generator(seed)
    config = TransformerConfig(
        alphabet_size=ALPHABET_SIZE,
        context=CONTEXT,
        width=_WIDTH,
        num_layers=2,
        num_heads=4,
        num_key_heads=2 if rotary else 4,
        head_width=12,
        inner_width=100,
        activation="silu" if rotary else "gelu_new",
        gated=rotary,
        center=not rotary,
        rotary=rotary,
        tied=True,
        epsilon=1,
        embedding_shift=1,
        start_symbol=ALPHABET_SIZE - 1,
    )

    def norm() -> RealNorm:
        shift = None if rotary else random.uniform((_WIDTH,), 0.25)
        return RealNorm(random.uniform((_WIDTH,), 0.5) + 1.0, shift)

    def linear(num_outputs: int, num_inputs: int, reach: float) -> RealLinear:
        bias = None if rotary else random.uniform((num_outputs,), 0.25)
        return RealLinear(random.uniform((num_outputs, num_inputs), reach), bias)

    def block(index: int) -> RealBlock:
        attended = config.query_width + 2 * config.key_width
        return RealBlock(
            norm(),
            linear(attended, _WIDTH, 0.5),
            linear(_WIDTH, config.query_width, 0.5),
            norm(),
            linear(config.inner_width * (1 + rotary), _WIDTH, 0.5),
            linear(_WIDTH, config.inner_width, 0.25),
            0.25,
        )

    embedding = random.uniform((ALPHABET_SIZE, _WIDTH), 0.5)
    positions = None if rotary else random.uniform((CONTEXT, _WIDTH), 0.25)
    if positions is not None:
        positions[:, _OUTLIER_COLUMN] += _OUTLIER
    real = RealModel(
        config,
        1e-5,
        10_000,
        embedding,
        positions,
        block,
        norm(),
        None if not rotary else random.uniform((ALPHABET_SIZE, _WIDTH), 0.5),
        {},
    )
    return Builder(real, "transformer").stored(narrow)
