"""Training data that the tests make themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def words(num_symbols: int, alphabet_size: int, seed: int) -> NDArray[np.int32]:
    """Return symbols in repeated "words": a fixed vocabulary, drawn by a skewed distribution."""
    vocabulary_rng = np.random.default_rng(1)
    vocabulary = [
        vocabulary_rng.zipf(1.5, vocabulary_rng.integers(2, 8)) % alphabet_size for _ in range(200)
    ]
    rng = np.random.default_rng(seed)
    chosen = np.minimum(rng.pareto(1.0, num_symbols // 2) * 5, 199).astype(int)
    return np.concatenate([vocabulary[i] for i in chosen])[:num_symbols].astype(np.int32)
