"""Tables, sizes and ranges of bytes, as people read and write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from neurocomp.names import printable


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]], num_left: int = 1) -> str:
    """Return lines of aligned columns, without trailing spaces and control characters.

    Args:
        header: a title for each column.
        rows: cells, as many in each row as there are titles.
        num_left: number of columns that are aligned on the left; the others are on the right.
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


_UNITS = {"": 0, "K": 10, "M": 20, "G": 30}
_SIZE = r"(\d{1,18})\s*([KMG]?)(?:i?B)?"

NO_END = 1 << 62
"""End of an open range: past the end of any content."""


def parse_size(text: str) -> int:
    """Return the number of bytes that ``text`` stands for: 4096, 64K, 64KiB, 4MiB, 1G.

    Raises:
        ValueError: it stands for none.
    """
    match = re.fullmatch(_SIZE, text.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"{text!r} is not a size: write bytes, or 64KiB, 4MiB, 1GiB")
    return int(match[1]) << _UNITS[match[2].upper()]


def parse_range(text: str) -> tuple[int, int]:
    """Return start and stop of START-STOP, in sizes; a missing STOP is ``NO_END``.

    Raises:
        ValueError: it is not a range, or an empty one.
    """
    start, dash, stop = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not a range: write START-STOP or START-")
    bounds = parse_size(start), parse_size(stop) if stop else NO_END
    if bounds[0] >= bounds[1]:
        raise ValueError(f"{text!r} is empty: byte STOP is not included")
    return bounds


def size_callback(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Turn the value of an option into a number of bytes."""
    try:
        return None if value is None else parse_size(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def range_callback(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """Turn the value of an option into a range of bytes."""
    try:
        return None if value is None else parse_range(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None
