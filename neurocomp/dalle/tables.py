"""Tables of images and captions: JSONL, CSV and TSV, within the limits for files of strangers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from neurocomp.dalle.limits import MAX_LINE_BYTES
from neurocomp.errors import FormatError
from neurocomp.names import printable

TABLE_SUFFIXES = (".jsonl", ".csv", ".tsv")
IMAGE_FIELDS = ("image", "path", "file", "file_name", "filename")
CAPTION_FIELDS = ("caption", "text")


def read_table(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the image's path, as the table has it, and the caption of each row.

    Raises:
        FormatError: the table is damaged, or a row names no image.
    """
    for number, row in _rows(path):
        image = next((row[name] for name in IMAGE_FIELDS if row.get(name)), None)
        caption = next((row[name] for name in CAPTION_FIELDS if row.get(name)), None)
        if not isinstance(image, str):
            names = ", ".join(IMAGE_FIELDS)
            raise FormatError(
                f"{printable(path)}, row {number} names no image: call the field one of {names}"
            )
        yield image, caption if isinstance(caption, str) else ""


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    kind = path.suffix[1:].lower()
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = _lines(file)
            if kind != "jsonl":
                dialect = "excel" if kind == "csv" else "excel-tab"
                for number, row in enumerate(csv.DictReader(lines, dialect=dialect), start=1):
                    yield number, dict(row)
                return
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise FormatError(f"line {number} is not a JSON object")
                    yield number, row
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{printable(path)} is not a {kind} table in UTF-8: {error.reason} at byte "
            f"{error.start} of a piece; save it as UTF-8"
        ) from None
    except FormatError as error:
        raise FormatError(f"{printable(path)}: {error}") from None
    except (ValueError, csv.Error, RecursionError) as error:
        raise FormatError(
            f"{printable(path)} is not a {kind} table: row {number + (kind != 'jsonl')}: "
            f"{printable(str(error), 200)}"
        ) from None


def _lines(file: TextIO) -> Iterator[str]:
    """Yield lines; raises FormatError at one that is too long to be one of a table."""
    number = 1
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise FormatError(f"line {number} is longer than {MAX_LINE_BYTES} characters")
        yield line
        number += 1
