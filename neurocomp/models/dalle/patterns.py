"""Which positions see which: the attention patterns of DALL-E.

A. Ramesh et al., Zero-shot text-to-image generation, 2021, section 2.2 and figure 11.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError

PATTERNS = ("full", "row", "column", "convolution")


def paper_order(num_layers: int) -> tuple[str, ...]:
    """Return the paper's patterns: row, column, row, row and so on, convolution in the last."""
    inner = ["column" if layer % 4 == 2 else "row" for layer in range(1, num_layers)]
    return (*inner, "convolution")


def parse_patterns(text: str, num_layers: int) -> tuple[str, ...]:
    """Return the pattern of each layer.

    Args:
        text: "paper", or patterns with commas between, which are repeated as often as needed.
        num_layers: of the network.

    Raises:
        FormatError: there is no such pattern.
    """
    if text == "paper":
        return paper_order(num_layers)
    names = [name.strip() for name in text.split(",")]
    check_patterns(names)
    return tuple(names[layer % len(names)] for layer in range(num_layers))


def check_patterns(names: Sequence[object]) -> None:
    """Raise FormatError unless all are patterns."""
    for name in names:
        if name not in PATTERNS:
            raise FormatError(f"no attention pattern {name!r}: choose of {', '.join(PATTERNS)}")


def pattern_mask(
    name: str, text_length: int, rows: int, columns: int, kernel: int
) -> NDArray[np.bool_]:
    """Return what sees what, bool (T, T), with T = 1 + text_length + rows * columns.

    Every position sees those of the text before it.  Among the codes of an image, besides itself
    and never a later one, one sees

    - full: all,
    - row: as many as a row has, the last of which is the one above,
    - column: those above it,
    - convolution: a square of ``kernel`` x ``kernel`` around it.

    Args:
        name: one of ``PATTERNS``.
        text_length: tokens of a caption; the start symbol is before them.
        rows: of codes.
        columns: of codes.
        kernel: odd.
    """
    num_codes, before = rows * columns, 1 + text_length
    size = before + num_codes
    mask = np.tril(np.ones((size, size), np.bool_))
    place = np.arange(num_codes)
    row, column = np.divmod(place, columns)
    back = place[:, None] - place
    down, right = row[:, None] - row, np.abs(column[:, None] - column)
    seen = {
        "full": np.ones((num_codes, num_codes), np.bool_),
        "row": back <= columns,
        "column": right == 0,
        "convolution": (down <= kernel // 2) & (right <= kernel // 2),
    }[name]
    mask[before:, before:] &= seen
    return mask
