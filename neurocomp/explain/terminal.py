"""An explanation on a terminal: coloured text, and figures that need no colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from neurocomp.codec.trace import Bits
from neurocomp.explain import colours
from neurocomp.explain.cells import caption_symbol, cells_of, visible
from neurocomp.explain.comparison import Comparison
from neurocomp.explain.explanation import Explanation
from neurocomp.explain.summary import Curve
from neurocomp.names import printable

Codes = tuple[int | None, ...]
"""Codes of a terminal's 256 colours."""

_COST_CODES: Codes = (None, 230, 229, 222, 221, 215, 208, 202, 160, 88)
_DIFFERENCE_CODES: Codes = (160, 209, 216, 224, None, 189, 153, 75, 25)
_BLACK, _WHITE = 16, 231
_RESET = "\x1b[0m"

_BARS = "▁▂▃▄▅▆▇█"
_PLAIN_BARS = " .:-=+*#"


def coloured_text(explanation: Explanation, max_entries: int, bits: Bits | None = None) -> str:
    """Return the content's text, each symbol on the colour of its cost.

    Args:
        explanation: the explanation that has the symbols.
        max_entries: symbols that are shown.
        bits: saving of each symbol against another model, (n,), in bits; the colours then show
            that.
    """
    shown = explanation.entries.bits if bits is None else bits
    cells = list(cells_of(explanation, max_entries))
    figures = np.array([shown[cell.first : cell.last].sum() for cell in cells])
    texts = [visible(cell.text) for cell in cells]
    return _coloured(texts, figures, is_cost=bits is None)


def coloured_records(
    explanation: Explanation, max_entries: int, bits: Bits | None = None
) -> Iterator[str]:
    """Yield the first records of a token set, each an image's heat map and, below it, its caption.

    Args:
        explanation: the explanation with images and captions.
        max_entries: symbols that are shown; records are shown whole.
        bits: savings against another model; see `coloured_text`.
    """
    shown = explanation.entries.bits if bits is None else bits
    images, captions = explanation.images, explanation.captions
    num_images = 0 if images is None else len(images)
    left = max_entries
    for number in range(max(num_images, len(captions))):
        caption = captions[number] if number < len(captions) else np.zeros(0, np.int64)
        codes = None if images is None or number >= num_images else images[number]
        left -= caption.size + (0 if codes is None else codes.size)
        if left < 0:
            return
        lines = [] if codes is None else list(heat_lines(shown[codes], is_cost=bits is None))
        texts = [caption_symbol(explanation, one) for one in caption.tolist()]
        text = _coloured(texts, shown[caption], is_cost=bits is None) if texts else ""
        total = float(shown[caption].sum()) + (0 if codes is None else float(shown[codes].sum()))
        what = "bits" if bits is None else "bits saved"
        yield "\n".join([*lines, f"{number}: {total:.1f} {what}  {text}".rstrip()])


def _coloured(texts: Sequence[str], figures: Bits, *, is_cost: bool) -> str:
    """Return texts in a row, each on the colour of its figure."""
    codes = _COST_CODES if is_cost else _DIFFERENCE_CODES
    find = colours.cost_levels if is_cost else colours.difference_levels
    parts: list[str] = []
    last = -1
    for text, level in zip(texts, find(figures).tolist(), strict=True):
        if level != last:
            parts.append(_code(codes[level], is_dark=_is_dark(level, is_cost)))
            last = level
        text = text.replace("\t", "→   ")
        if "\n" in text:  # a colour would run to the terminal's edge
            text = text.replace("\n", f"¶{_RESET}\n")
            last = -1
        parts.append(text)
    return "".join(parts) + _RESET


def legend(*, is_difference: bool) -> str:
    """Return the legend of the colours, in one line."""
    steps = colours.DIFFERENCE_STEPS if is_difference else colours.COST_STEPS
    codes = _DIFFERENCE_CODES if is_difference else _COST_CODES
    unit = "bits saved, against the other model" if is_difference else "bits"
    parts = [f" < {steps[0]:g} "]
    parts += [f" {step:g} " for step in steps]
    shown = [
        f"{_code(code, is_dark=_is_dark(level, not is_difference))}{part}{_RESET}"
        for level, (code, part) in enumerate(zip(codes, parts, strict=True))
    ]
    return "".join(shown) + f" {unit}"


def sparkline(curve: Curve, *, is_unicode: bool) -> str:
    """Return the cost along the file as one line of bars, the highest for the largest."""
    bars = _BARS if is_unicode else _PLAIN_BARS
    most = max(float(curve.costs.max(initial=0)), 1e-12)
    steps = np.minimum((curve.costs / most * len(bars)).astype(int), len(bars) - 1)
    return "".join(bars[max(step, 0)] for step in steps.tolist())


def heat_lines(figures: Bits, *, is_cost: bool = True) -> Iterator[str]:
    """Yield the rows of a grid (rows, columns), two blanks in colour for each figure.

    Args:
        figures: costs in bits, or bits saved.
        is_cost: True if the figures are costs.
    """
    codes = _COST_CODES if is_cost else _DIFFERENCE_CODES
    find = colours.cost_levels if is_cost else colours.difference_levels
    for row in find(figures).tolist():
        cells = (
            "  " if codes[level] is None else f"{_code(codes[level], is_dark=False)}  {_RESET}"
            for level in row
        )
        yield "".join(cells)


def heat_figures(costs: Bits) -> Iterator[str]:
    """Yield the rows of a grid of costs (rows, columns) in figures."""
    for row in costs.tolist():
        yield " ".join(f"{one:5.1f}" for one in row)


def compared(comparison: Comparison) -> str:
    """Return in words what two models took."""
    one, other = comparison.one, comparison.other
    sizes = one.frame_bytes, other.frame_bytes
    share = 100 * (sizes[0] - sizes[1]) / max(sizes[1], 1)
    return (
        f"{one.model}: {sizes[0]} bytes; {other.model}: {sizes[1]} bytes; difference "
        f"{sizes[0] - sizes[1]:+d} bytes ({share:+.1f} %)"
    )


def one_line(parts: Sequence[bytes]) -> str:
    """Return bytes as one line that a terminal can show."""
    return printable(b"".join(parts).decode("utf-8", "surrogateescape"))


def _is_dark(level: int, is_cost: bool) -> bool:
    return level in (colours.DARK_COSTS if is_cost else colours.DARK_DIFFERENCES)


def _code(colour: int | None, *, is_dark: bool) -> str:
    """Return the escape codes of a background of the 256 colours with readable letters."""
    if colour is None:
        return _RESET
    return f"\x1b[0;48;5;{colour};38;5;{_WHITE if is_dark else _BLACK}m"
