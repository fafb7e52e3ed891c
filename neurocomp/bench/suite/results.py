"""Results of a run as files: JSON, which is all there is to know, CSV and Markdown."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurocomp.bench.suite.rows import OF_EACH_RUN, Row, row_from_json
from neurocomp.errors import FormatError
from neurocomp.names import quoted
from neurocomp.store.files import write_atomically

FORMAT = 1
_NUMBERS = {"int": int, "float": float}
_DERIVED = ("bits_per_byte", "bits_per_unit", "with_model_bytes", "with_program_bytes")


@dataclass(frozen=True)
class Results:
    """Rows, and what they are of.

    Attributes:
        title: title of the suite.
        note: a note that readers need.
        machine: description of the machine.
        commit: commit of neurocomp.
        date: end of the run, in UTC.
        repeats: runs of each row.
        timeout: seconds, or None.
        rows: the rows, in the order they were measured.
        left_out: files and contenders that took no part, each with the reason.
    """

    title: str
    note: str
    machine: str
    commit: str
    date: str
    repeats: int
    timeout: float | None
    rows: tuple[Row, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def to_json(results: Results) -> str:
    """Return the results as JSON, of which `read_results` makes the same again."""
    content = {
        "format": FORMAT,
        **{
            field.name: getattr(results, field.name)
            for field in dataclasses.fields(Results)
            if field.name != "rows"
        },
        "rows": [row.to_json() for row in results.rows],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def to_csv(rows: Sequence[Row]) -> str:
    """Return the rows as CSV: all fields, bits per byte and per symbol, sizes with weights."""
    names = [field.name for field in dataclasses.fields(Row)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, *_DERIVED])
    for row in rows:
        cells = {**row.to_json(), **{name: getattr(row, name) for name in _DERIVED}}
        for name in OF_EACH_RUN:
            cells[name] = ";".join(f"{seconds:.6f}" for seconds in cells[name])
        writer.writerow([_cell(cells[name]) for name in (*names, *_DERIVED)])
    return text.getvalue()


def read_results(path: Path) -> Results:
    """Return the results in a JSON file of `to_json`, or the rows in a CSV file of `to_csv`.

    Raises:
        FormatError: it is neither.
        OSError: it cannot be read.
    """
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".csv":
            return _from_csv(path, text)
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}, not {FORMAT}")
        return Results(
            **{
                field.name: content[field.name]
                for field in dataclasses.fields(Results)
                if field.name not in ("rows", "left_out")
            },
            rows=tuple(row_from_json(item) for item in content["rows"]),
            left_out=tuple((name, reason) for name, reason in content["left_out"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(
            f"{quoted(str(path))} is not a result of 'neurocomp bench run' ({error!r}): name its "
            "results.json"
        ) from None


def write_results(results: Results, folder: Path, markdown: str) -> list[Path]:
    """Write results.json, results.csv and results.md into a folder; return their paths."""
    contents = {
        "results.json": to_json(results),
        "results.csv": to_csv(results.rows),
        "results.md": markdown,
    }
    for name, content in contents.items():
        write_atomically(folder / name, content.encode())
    return [folder / name for name in contents]


def _from_csv(path: Path, text: str) -> Results:
    rows = tuple(row_from_json(_values(line)) for line in csv.DictReader(io.StringIO(text)))
    last = rows[-1] if rows else None
    return Results(
        title=path.stem,
        note="",
        machine=last.machine if last else "",
        commit=last.commit if last else "",
        date=last.date if last else "",
        repeats=1,
        timeout=None,
        rows=rows,
    )


def _values(line: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a row from cells of CSV; an empty one has the field's default."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(Row):
        cell = line.get(field.name) or ""
        if field.name in OF_EACH_RUN:
            values[field.name] = [float(one) for one in cell.split(";") if one]
        elif cell or field.default is dataclasses.MISSING:
            kind = _NUMBERS.get(str(field.type).partition(" ")[0], str)
            values[field.name] = kind(cell)
    return values


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.6f}" if isinstance(value, float) else value
