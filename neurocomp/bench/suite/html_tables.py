"""Tables of a report, whose columns sort by keys that need not be what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Cell = tuple[str, float | str | None]
"""The text of a cell and its sort key; None sorts last."""


def table(
    identity: str,
    caption: str,
    header: Sequence[str],
    lines: Sequence[tuple[str, Sequence[Cell]]],
) -> str:
    """Return a table whose columns sort by their keys.

    Args:
        identity: id of the element.
        caption: caption of the table, for readers who can't see it.
        header: titles of the columns.
        lines: each the class of a row, and a cell for each column.
    """
    is_text = [
        all(isinstance(cells[k][1], str | None) for _, cells in lines) for k in range(len(header))
    ]
    heads = "".join(
        f'<th scope="col"{"" if text else _NUMBER}>'
        f'<button type="button">{escape(name)}</button></th>'
        for name, text in zip(header, is_text, strict=True)
    )
    body = "\n".join(
        f'<tr class="{kind}">'
        + "".join(_cell(cell, k, is_text[k]) for k, cell in enumerate(cells))
        + "</tr>"
        for kind, cells in lines
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table id="{identity}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


_NUMBER = ' class="number"'


def _cell(cell: Cell, column: int, is_text: bool) -> str:
    shown, key = cell
    sort = "" if key is None else escape(str(key))
    if column == 0:
        return f'<th scope="row" data-sort="{sort}">{escape(shown)}</th>'
    return f'<td{"" if is_text else _NUMBER} data-sort="{sort}">{escape(shown)}</td>'


def measured(shown: str, value: float, is_known: object) -> Cell:
    """Return the cell of a figure; of one that is not known where there is none."""
    return (shown, value) if is_known else ("-", None)


def size(value: int | None) -> Cell:
    """Return the cell of a number of bytes."""
    return ("-", None) if value is None else (f"{value:,}", value)
