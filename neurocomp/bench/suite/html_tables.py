"""Tables of a report, whose columns sort by keys that need not be what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Cell = tuple[str, float | str | None]
"""What a cell shows, and what it is sorted by; None stands last."""


def table(
    identity: str,
    caption: str,
    header: Sequence[str],
    lines: Sequence[tuple[str, Sequence[Cell]]],
    num_text: int,
) -> str:
    """Return a table whose columns sort by their keys; the first ``num_text`` hold text."""
    heads = "".join(
        f'<th scope="col" class="{"" if k < num_text else "number"}">'
        f'<button type="button">{escape(name)}</button></th>'
        for k, name in enumerate(header)
    )
    body = "\n".join(
        f'<tr class="{kind}">'
        + "".join(_cell(cell, k, num_text) for k, cell in enumerate(cells))
        + "</tr>"
        for kind, cells in lines
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table id="{identity}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(cell: Cell, column: int, num_text: int) -> str:
    shown, key = cell
    sort = "" if key is None else escape(str(key))
    if column == 0:
        return f'<th scope="row" data-sort="{sort}">{escape(shown)}</th>'
    kind = "" if column < num_text or isinstance(key, str) else ' class="number"'
    return f'<td{kind} data-sort="{sort}">{escape(shown)}</td>'


def measured(shown: str, value: float, is_known: object) -> Cell:
    """Return the cell of a figure; of one that is not known where there is none."""
    return (shown, value) if is_known else ("-", None)


def size(value: int | None) -> Cell:
    """Return the cell of a number of bytes."""
    return ("-", None) if value is None else (f"{value:,}", value)
