"""Embeddings of symbols and positions as fixed-point rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import RESIDUAL_LIMIT, WEIGHT_MAX


@dataclass(frozen=True, eq=False)
class Embedding:
    """Vectors of V symbols as 8-bit integers with a scale for each row and each column.

    The vector of symbol v is ``(weight[v] * rows[v] * columns + half) >> shift``, elementwise.
    Exact because ``64 * max(rows) * max|columns| < 2**62``.  The weight may be that of the last
    linear layer: tied embeddings are stored once.

    Attributes:
        weight: int8, (V, K).
        rows: int32, (V,), not negative.
        columns: int32, (K,).
        shift: 1 to 61.
    """

    weight: NDArray[np.int8]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    shift: int

    def __post_init__(self) -> None:
        """Check shapes and the condition; raises FormatError where one is broken."""
        if self.weight.shape != (self.rows.size, self.columns.size) or not self.weight.size:
            raise FormatError("the parts of an embedding have shapes that don't fit together")
        reach = WEIGHT_MAX * int(self.rows.max()) * int(np.abs(self.columns.astype(np.int64)).max())
        if int(self.rows.min()) < 0 or reach >= 1 << 62 or not 1 <= self.shift <= 61:
            raise FormatError("a scale of an embedding is out of range")

    def vectors(self, symbols: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the vectors of ``symbols`` (M,): int64 (M, K)."""
        scaled = self.weight[symbols].astype(np.int64) * self.rows[symbols, None].astype(np.int64)
        scaled *= self.columns
        return (scaled + (1 << (self.shift - 1))) >> self.shift


def embed(
    embedding: Embedding,
    positions: NDArray[np.int32] | None,
    symbols: NDArray[np.int32],
    start: int,
) -> NDArray[np.int32]:
    """Return the rows of ``symbols`` (lanes, steps) at positions from ``start`` on.

    Args:
        embedding: of symbols.
        positions: int32 (T, K), added to them; None for models that rotate queries instead.
        symbols: int32.
        start: position of the first step.

    Returns:
        int32, (lanes * steps, K), at most ``RESIDUAL_LIMIT`` in magnitude.
    """
    rows = embedding.vectors(symbols.reshape(-1))
    if positions is not None:
        steps = positions[start : start + symbols.shape[1]]
        rows = rows + np.tile(steps, (symbols.shape[0], 1))
    return np.clip(rows, -RESIDUAL_LIMIT, RESIDUAL_LIMIT).astype(np.int32)
