"""A row of results: one contender on one content."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurocomp.bench.suite.rates import Rates

OF_EACH_RUN = ("compress_cpus", "decompress_cpus", "compress_walls", "decompress_walls")
"""Fields of a row with the seconds of each run."""


class State(enum.StrEnum):
    """How a row ended."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    WRONG = "wrong"


@dataclass(frozen=True)
class Row(Rates):
    """The results of one contender on one content; medians where it ran several times.

    Attributes:
        suite: name of the suite.
        file: name of the content.
        content_bytes: size of the content.
        content_sha256: SHA-256 of the content, hexadecimal.
        contender: name and flags.
        program: name without flags: "neurocomp", a peer's name.
        version: version of the program.
        flags: the whole command lines, or options and hashes of models.
        threads: number of threads that the program was given.
        state: outcome of the run; unless it is "ok", sizes and times mean nothing.
        message: the error, if there was one.
        compressed_bytes: size of the output, headers and checksums included.
        model_bytes: weights and dictionaries that a reader needs besides.
        program_bytes: size of the program's file, or of the package without weights; None where
            unknown.
        compared: "bytes", or "pixels" where a picture coder keeps no more.
        unit: "token", "latent", "sub-pixel"; empty where bytes are all there is.
        num_units: number of units in the content.
        compress_cpu, decompress_cpu: seconds of user and system time; None where the system does
            not tell.
        compress_wall, decompress_wall: seconds from start to end.
        compress_memory, decompress_memory: largest resident size in bytes; None likewise.
        compress_cpus, decompress_cpus: CPU seconds of each run.
        compress_walls, decompress_walls: seconds from start to end of each run.
        machine: processor, cores, system.
        date: time of the measurement, in UTC.
        commit: commit of the checkout that neurocomp runs from.
    """

    suite: str
    file: str
    content_bytes: int
    content_sha256: str
    contender: str
    program: str
    version: str
    flags: str
    threads: int
    state: State
    message: str = ""
    compressed_bytes: int = 0
    model_bytes: int = 0
    program_bytes: int | None = None
    compared: str = ""
    unit: str = ""
    num_units: int = 0
    compress_cpu: float | None = None
    decompress_cpu: float | None = None
    compress_wall: float | None = None
    decompress_wall: float | None = None
    compress_memory: int | None = None
    decompress_memory: int | None = None
    compress_cpus: tuple[float, ...] = ()
    decompress_cpus: tuple[float, ...] = ()
    compress_walls: tuple[float, ...] = ()
    decompress_walls: tuple[float, ...] = ()
    machine: str = ""
    date: str = ""
    commit: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether it was decoded and compared."""
        return self.state is State.OK

    @property
    def title(self) -> str:
        """Contender and, where there are several, threads."""
        return self.contender if self.threads == 1 else f"{self.contender} ({self.threads} threads)"

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return {**dataclasses.asdict(self), "state": str(self.state)}


def row_from_json(item: Mapping[str, Any]) -> Row:
    """Return the row of which `Row.to_json` made ``item``; fields it does not know are left out.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    names = {field.name for field in dataclasses.fields(Row)}
    values = {name: value for name, value in item.items() if name in names}
    values["state"] = State(values["state"])
    for name in OF_EACH_RUN:
        values[name] = tuple(values.get(name, ()))
    return Row(**values)
