"""The manifest of a set, and the records that workers leave for it.

In the folder of the compressed files there are

- ``neurocomp-manifest.jsonl`` (or ``.parquet``): a record for each file,
- ``neurocomp-bulk.json``: what the set was made of, and with which options,
- ``.neurocomp-bulk/``, while a run has not ended: records of shards that are done.

Compressed files have names of their own, which end in ``.ncmp``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from neurocomp import extras
from neurocomp.bulk.places import check_path
from neurocomp.errors import FormatError, UsageError
from neurocomp.integrations import SUFFIX

if TYPE_CHECKING:
    from neurocomp.bulk.places import Place

MANIFESTS = {
    "jsonl": "neurocomp-manifest.jsonl",
    "parquet": "neurocomp-manifest.parquet",
}
"""The manifest's file in each form."""

RUN_FILE = "neurocomp-bulk.json"
RECORDS_FOLDER = ".neurocomp-bulk/"

DONE = "done"
FAILED = "failed"


@dataclass(frozen=True)
class Record:
    """A file of a set.

    Attributes:
        path: path of the content, in the folder of the originals.
        num_bytes: size of the content.
        sha256: SHA-256 of the content, in hexadecimal.
        frame: path of its frames, in the folder of the compressed files.
        frame_bytes: their size.
        frame_sha256: SHA-256 of the frames, in hexadecimal.
        models: the models of the blocks: for each "name", "family", "revision", "hash", and
            "dictionary".
        version: version of the original, by which its file system tells that it has changed.
        modified_ns: time of the original's last change, in nanoseconds since 1970.
        mode: permissions of the original.
        state: "done" or "failed".
        error: why it failed.
    """

    path: str
    num_bytes: int = 0
    sha256: str = ""
    frame: str = ""
    frame_bytes: int = 0
    frame_sha256: str = ""
    models: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    version: str = ""
    modified_ns: int | None = None
    mode: int | None = None
    state: str = DONE
    error: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether its frames are there."""
        return self.state == DONE


_NAMES = {"num_bytes": "bytes"}
"""Names of fields in a manifest, where they differ."""

_FIELDS = {_NAMES.get(one.name, one.name): one for one in dataclasses.fields(Record)}


def frame_path(path: str) -> str:
    """Return the path of the frames of ``path``."""
    return path + SUFFIX


def to_row(record: Record) -> dict[str, Any]:
    """Return a record as a row of a manifest."""
    return {name: getattr(record, one.name) for name, one in _FIELDS.items()}


def from_row(row: dict[str, Any]) -> Record:
    """Return the record of a row; columns of others' are passed over.

    Raises:
        FormatError: a value is not of its type, or a path leads out of the set.
    """
    values = {one.name: row[name] for name, one in _FIELDS.items() if name in row}
    models = values.get("models") or ()
    if not isinstance(models, list | tuple) or not all(isinstance(one, dict) for one in models):
        raise FormatError(f"the manifest has {models!r} as models")
    values["models"] = tuple(models)
    for one in dataclasses.fields(Record):
        kind, _, may_lack = str(one.type).partition(" | ")
        wanted = {"str": str, "int": int}.get(kind)
        value = values.get(one.name, one.default)
        if value is None and may_lack == "None":
            continue
        if wanted is not None and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise FormatError(f"the manifest has {value!r} as {_NAMES.get(one.name, one.name)!r}")
    record = Record(**values)
    check_path(record.path)
    if record.is_done:
        check_path(record.frame)
    return record


def read_rows(place: Place, path: str) -> Iterator[Record]:
    """Yield the records of a file of lines of JSON.

    Raises:
        FormatError: a line is none.
    """
    with place.open(path) as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise FormatError(f"{path}: line {number} is not a record of a manifest")
            yield from_row(row)


def write_rows(place: Place, path: str, records: Iterable[Record]) -> None:
    """Write a file of lines of JSON, whole or not at all."""
    with place.new_file(path) as file:
        for record in records:
            file.write(json.dumps(to_row(record)).encode() + b"\n")


def read_manifest(place: Place, form: str) -> dict[str, Record]:
    """Return the records of the manifest by their paths; none where there is no manifest.

    Raises:
        FormatError: it is damaged.
        MissingPackageError: it is in Parquet, and pyarrow is not installed.
    """
    path = MANIFESTS[form]
    if place.status(path) is None:
        return {}
    if form == "jsonl":
        return {record.path: record for record in read_rows(place, path)}
    from pyarrow import ArrowException, parquet

    with place.open(path) as file:
        try:
            rows = parquet.read_table(file).to_pylist()
        except ArrowException as error:
            raise FormatError(f"{path} is not a file of Parquet: {error}") from None
    records = (from_row(row) for row in rows)
    return {record.path: record for record in records}


def write_manifest(place: Place, form: str, records: Iterable[Record]) -> None:
    """Write the manifest, whole or not at all, in the order of paths."""
    ordered = sorted(records, key=lambda one: one.path)
    if form == "jsonl":
        write_rows(place, MANIFESTS[form], ordered)
        return
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pylist([to_row(record) for record in ordered], _schema())
    with place.new_file(MANIFESTS[form]) as file:
        parquet.write_table(table, file)


def require_form(form: str) -> None:
    """Raise unless manifests can be of that form here.

    Raises:
        UsageError: there is no such form, or MissingPackageError: pyarrow is not installed.
    """
    if form not in MANIFESTS:
        raise UsageError(f"no manifest {form!r}: choose one of {', '.join(MANIFESTS)}")
    if form == "parquet":
        extras.require("a manifest in Parquet", "ray", "pyarrow")


def _schema() -> Any:
    import pyarrow

    of_type = {"str": pyarrow.string(), "int": pyarrow.int64()}
    model = pyarrow.struct(
        [
            (name, pyarrow.int64() if name == "revision" else pyarrow.string())
            for name in ("name", "family", "revision", "hash", "dictionary")
        ]
    )
    return pyarrow.schema(
        [
            (name, of_type.get(str(one.type).removesuffix(" | None"), pyarrow.list_(model)))
            for name, one in _FIELDS.items()
        ]
    )
