"""Plain text tables that read well in a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from neurocomp.names import printable


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]], num_left: int = 1) -> str:
    """Return lines of aligned columns, without trailing spaces and control characters.

    Args:
        header: a title for each column.
        rows: cells, as many in each row as there are titles.
        num_left: that many columns are aligned on the left, the others on the right.
    """
    lines = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if k < num_left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
