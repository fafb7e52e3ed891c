"""The state of a set in its folder: what earlier runs left there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from neurocomp.bulk.manifest import (
    MANIFESTS,
    RECORDS_FOLDER,
    RUN_FILE,
    Record,
    read_manifest,
    read_rows,
    require_form,
    write_manifest,
)
from neurocomp.bulk.places import Place
from neurocomp.bulk.shards import Job
from neurocomp.errors import FormatError, UsageError

FORMAT = 1


class SetState:
    """The records of a compressed set.

    Args:
        place: the folder of the compressed files.
        form: form of the manifest, "jsonl" or "parquet"; None for the existing one, or "jsonl".

    Attributes:
        records: the records, by path.
        description: content of the run file; empty if there is none.

    Raises:
        FormatError: a file of an earlier run is damaged.
        UsageError: there is no such form.
    """

    def __init__(self, place: Place, form: str | None = None) -> None:
        self._place = place
        self.description = _read_description(place)
        former = self.description.get("manifest", "jsonl")
        if former not in MANIFESTS:
            raise FormatError(f"{RUN_FILE} names a manifest of the form {former!r}")
        self._form = form or former
        require_form(self._form)
        require_form(former)
        self._former = former
        self.records = read_manifest(place, former)
        self.collect()

    @property
    def is_there(self) -> bool:
        """Whether there has been a run."""
        return bool(self.description or self.records)

    def collect(self) -> dict[str, Record]:
        """Take the records that workers have left since the run began, and return them by path."""
        taken: dict[str, Record] = {}
        self._taken_from: list[str] = []
        with suppress(FileNotFoundError):
            for status in self._place.files(RECORDS_FOLDER):
                if status.path.endswith(".jsonl"):
                    taken |= {one.path: one for one in read_rows(self._place, status.path)}
                    self._taken_from.append(status.path)
        self.records |= taken
        return taken

    def is_of(self, options: Mapping[str, Any]) -> bool:
        """Return whether frames of these options are what earlier runs have written."""
        former = self.description.get("options", options)
        return all(former.get(name) == options[name] for name in ("entry", "block_bytes"))

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise UsageError where earlier runs had other options."""
        if not self.is_of(options):
            former = self.description["options"]
            raise UsageError(
                f"the set in {self._place.url} was made with the model {former.get('model')!r} in "
                f"blocks of {former.get('block_bytes')} bytes, not with {options['model']!r} in "
                f"blocks of {options['block_bytes']}: give the same options, another folder, or "
                "--force to compress all of it again"
            )

    def begin(self, job: Job, options: Mapping[str, Any]) -> None:
        """Record the start of a run; leftovers of earlier runs go into the manifest."""
        self.description = {
            "format": FORMAT,
            "neurocomp": job.version,
            "source": job.source,
            "options": dict(options),
            "manifest": self._form,
        }
        self._save("running")

    def finish(self, *, is_complete: bool) -> None:
        """Write the manifest, with what `collect` has taken, and how the run has ended."""
        self._save("complete" if is_complete else "incomplete")

    def _save(self, state: str) -> None:
        done = [one for one in self.records.values() if one.is_done]
        self.description |= {
            "state": state,
            "files": len(done),
            "bytes": sum(one.num_bytes for one in done),
            "frame_bytes": sum(one.frame_bytes for one in done),
        }
        write_manifest(self._place, self._form, self.records.values())
        self._write_description()
        self._place.settle()
        # Now that the manifest has them:
        for path in self._taken_from:
            self._place.remove(path)
        self._taken_from = []
        if self._former != self._form:
            self._place.remove(MANIFESTS[self._former])
            self._former = self._form

    def _write_description(self) -> None:
        with self._place.new_file(RUN_FILE) as file:
            file.write(json.dumps(self.description, indent=2).encode() + b"\n")


def _read_description(place: Place) -> dict[str, Any]:
    if place.status(RUN_FILE) is None:
        return {}
    with place.open(RUN_FILE) as file:
        try:
            description = json.loads(file.read())
        except ValueError:
            description = None
    if not isinstance(description, dict) or not isinstance(description.get("options"), dict):
        raise FormatError(f"{RUN_FILE} in {place.url} is damaged")
    if description.get("format") != FORMAT:
        raise FormatError(
            f"{RUN_FILE} in {place.url} has format {description.get('format')!r}: a newer "
            "neurocomp reads it (pip install -U neurocomp)"
        )
    return description
