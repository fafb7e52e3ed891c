"""The place and the start of a run, and the record of its configuration and data."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from neurocomp.errors import FormatError, UsageError
from neurocomp.training.distributed import SHARDINGS
from neurocomp.training.log import LOG_NAME
from neurocomp.training.run_folder import checkpoints_of, read_state

if TYPE_CHECKING:
    from numpy.typing import NDArray


RECORD_NAME = "run.json"
"""In a run's folder, for people; each checkpoint has the same in its state, for `--resume`."""

HELD_OUT = "held-out data"
"""Their name among the data."""
NOTHING_HELD_OUT = "no images are held out, so that nothing is validated"

_HARMLESS = {
    *("run.steps", "run.micro_batch", "run.log_every", "run.validate_every"),
    *("run.checkpoint_every", "run.keep"),
    *("data.validation_pieces", "data.validation_length", "data.validation_images"),
    *("model.checkpointing", HELD_OUT),
}
"""Fields that may change: length, memory, and what is measured, logged and kept."""

_LASTING = {"kind", "optimizer.name"}
"""Fields that can't change at all: momenta of another optimizer or network don't fit."""


@dataclass(frozen=True)
class RunPlace:
    """The folder of a training's results, and its starting point.

    Attributes:
        output: folder of the run.
        resume: go on from the newest checkpoint in it.
        initial: checkpoint folder whose parameters a new run begins with; what else it may be is
            the training's business.
        device: "cpu", "cuda" or None for the better one.
        sharding: "ddp" or "fsdp".
        accept_changes: go on although configuration or data are not those of the run.
        tensorboard: write the log's numbers for TensorBoard as well.
    """

    output: Path
    resume: bool = False
    initial: Path | None = None
    device: str | None = None
    sharding: str = "ddp"
    accept_changes: bool = False
    tensorboard: bool = False

    def __post_init__(self) -> None:
        if self.sharding not in SHARDINGS:
            raise UsageError(f"the sharding is {self.sharding!r}, not one of {SHARDINGS}")
        if self.resume and self.initial is not None:
            raise UsageError("--init is for a new run, --resume for one that has begun")
        if self.accept_changes and not self.resume:
            raise UsageError("--accept-changes is for a resumed run: give --resume too")

    def check(self) -> None:
        """Raise UsageError where a run is there that is not to be resumed, or none that can be."""
        if not (self.output / LOG_NAME).exists() and not checkpoints_of(self.output):
            if self.resume:
                raise UsageError(
                    f"{self.output} has no run to resume: leave out --resume to start one"
                )
            return
        if not checkpoints_of(self.output):
            raise UsageError(
                f"{self.output} has a run that ended before its first checkpoint: remove it and "
                "start again, or name another folder"
            )
        if not self.resume:
            raise UsageError(
                f"{self.output} already has a run: resume it with --resume, or name another folder"
            )


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """Everything that determines a run.

    Attributes:
        kind: name of the configuration's class, which tells what is trained.
        configuration: tables of the configuration, as JSON.
        data: hashes of what is trained on, by name.
    """

    kind: str
    configuration: dict[str, Any]
    data: dict[str, str]

    @classmethod
    def of(cls, configuration: Any, data: Mapping[str, str]) -> RunRecord:
        """Return the record of a configuration, a dataclass, and data."""
        tables = json.loads(json.dumps(dataclasses.asdict(configuration)))
        return cls(type(configuration).__name__, tables, dict(data))

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, stored: Any) -> RunRecord:
        """Return the record of what `to_json` returned; raises FormatError where it is not that."""
        if not isinstance(stored, dict):
            raise FormatError("it is not the record of a run")
        parts: list[Any] = [stored.get(field.name) for field in dataclasses.fields(cls)]
        if [type(part) for part in parts] != [str, dict, dict]:
            raise FormatError("it is not the record of a run")
        return cls(*parts)


@dataclasses.dataclass(frozen=True)
class Change:
    """A difference between a run's record and its new settings.

    Attributes:
        name: such as "optimizer.rate" or "data file a.txt".
        text: name, old and new value, for people.
        is_harmless: whether the run stays what it was.
        is_possible: whether it can be gone on with at all.
    """

    name: str
    text: str
    is_harmless: bool
    is_possible: bool


def changes(before: RunRecord, now: RunRecord) -> list[Change]:
    """Return the differences, in order of names; fields that one of both lacks are ignored."""
    found: list[tuple[str, Any, Any]] = [("kind", before.kind, now.kind)]
    if before.kind == now.kind:
        old, new = (dict(_fields(one.configuration)) for one in (before, now))
        found += [(name, old[name], new[name]) for name in sorted(old) if name in new]
        for table in ("data.weights", "model.hashed"):
            # Tables whose keys are the user's own.
            ours = {name for name in {*old, *new} if name.startswith(f"{table}.")}
            found += [(name, old.get(name), new.get(name)) for name in sorted(ours)]
    result = {
        name: _change(name, f"{name} was {_shown(one)}, is {_shown(other)}")
        for name, one, other in found
        if one != other
    }
    for name in sorted({*before.data, *now.data}):
        one, other = before.data.get(name), now.data.get(name)
        if one != other:
            text = "is new" if one is None else "is missing" if other is None else "has changed"
            result[name] = _change(name, f"{name} {text}")
    return list(result.values())


def read_record(run: Path) -> RunRecord | None:
    """Return the record of a run: that of its newest checkpoint, or the one in its folder.

    None where there is none that can be read.
    """
    for path in reversed(checkpoints_of(run)):
        with suppress(FormatError):
            return RunRecord.from_json(read_state(path).get("record"))
    try:
        text = (run / RECORD_NAME).read_text(encoding="utf-8")
        return RunRecord.from_json(json.loads(text))
    except (OSError, ValueError, RecursionError):
        return None


def own_configuration(run: Path, config_class: type[Any]) -> dict[str, Any] | None:
    """Return the tables that a run was begun with; None where none of this class can be read."""
    record = read_record(run)
    if record is None or record.kind != config_class.__name__:
        return None
    return record.configuration


def content_hash(*parts: bytes | NDArray[Any]) -> str:
    """Return the SHA-256 of contents, arrays being contiguous, and their sizes."""
    digest = hashlib.sha256()
    for part in parts:
        view = memoryview(cast(Any, part))
        digest.update(view.nbytes.to_bytes(8, "big"))
        digest.update(view)
    return digest.hexdigest()


def _change(name: str, text: str) -> Change:
    return Change(name, text, name in _HARMLESS, name not in _LASTING)


def _fields(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _shown(value: Any) -> str:
    return "not set" if value is None else json.dumps(value)
