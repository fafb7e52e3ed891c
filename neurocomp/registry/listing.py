"""What lists say of each model, from headers alone."""

from __future__ import annotations

from typing import Any

from neurocomp.errors import ModelNotFoundError, NeurocompError
from neurocomp.names import printable
from neurocomp.registry.lookup import missing_model
from neurocomp.registry.packaged import EMBEDDED, LICENCE
from neurocomp.store.folder import Entry, ModelStore
from neurocomp.store.headers import ModelHeader
from neurocomp.store.shipped import packaged_priors

SHORT_HASH = 12
"""Hexadecimal digits of a hash that people are shown."""

_IN_PACKAGE = "in the package"


def package_rows() -> list[dict[str, Any]]:
    """Return the rows of all models of the package."""
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "architecture": one.family.name,
            "summary": one.summary,
            "identity": one.sha256().hex(),
            "where": _IN_PACKAGE,
            "licence": LICENCE,
            "bytes": None if one.file is None else one.file.stat().st_size,
        }
        for name, one in EMBEDDED.items()
    ]
    for name, path in packaged_priors().items():
        row = stored_row(Entry(name, b"", path, installed=False))
        rows.append({**row, "where": _IN_PACKAGE, "licence": LICENCE})
    return rows


def find_row(name: str, store: ModelStore) -> dict[str, Any]:
    """Return the row of the model of ``store`` that is called ``name``, or begins so by its hash.

    Raises:
        ModelNotFoundError: there is none; the message says how to get it.
    """
    try:
        return stored_row(store.find(name), store)
    except ModelNotFoundError as error:
        raise missing_model(name, error, store) from None


def stored_row(entry: Entry, store: ModelStore | None = None) -> dict[str, Any]:
    """Return the row of a model in a file, with its origin if ``store`` knows it.

    Raises:
        NeurocompError: the file holds another model than its name says.
        FormatError: it holds none.
        OSError: it cannot be read.
    """
    header = ModelHeader.read(entry.path)
    if entry.installed and header.sha256 != entry.sha256:
        raise NeurocompError(
            f"{printable(entry.path)} holds the model {header.sha256.hex()[:SHORT_HASH]}…: run "
            f"'neurocomp models remove {entry.name}' and install it again"
        )
    origin = None if store is None else store.origin(entry)
    where = "installed" if entry.installed else str(entry.path)
    return {
        "name": entry.name,
        "architecture": header.architecture,
        "identity": header.sha256.hex(),
        "where": where if origin is None else str(origin),
        "licence": None if origin is None else origin.licence,
        "bytes": entry.path.stat().st_size,
        "path": str(entry.path),
        "config": header.config,
    }
