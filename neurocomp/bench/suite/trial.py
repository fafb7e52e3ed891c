"""One contender on one content, once: compressed, decompressed, compared."""

from __future__ import annotations

import filecmp
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from neurocomp.bench.suite.commands import Command
from neurocomp.bench.suite.contenders import Contender
from neurocomp.bench.suite.contents import Content
from neurocomp.bench.suite.frame_facts import facts_of
from neurocomp.bench.suite.pixels import same_pixels
from neurocomp.bench.suite.process import Usage, run
from neurocomp.bench.suite.rows import State
from neurocomp.bench.suite.units import TOKEN, units_of
from neurocomp.errors import NeurocompError
from neurocomp.names import printable

_SUFFIX = re.compile(r"\.\w{1,10}")


@dataclass(frozen=True)
class Trial:
    """Sizes, time and memory of one run.

    Attributes: as of `rows.Row`.
    """

    state: State
    message: str = ""
    compressed_bytes: int = 0
    model_bytes: int = 0
    compared: str = ""
    unit: str = ""
    num_units: int = 0
    compress_cpu: float | None = None
    decompress_cpu: float | None = None
    compress_wall: float | None = None
    decompress_wall: float | None = None
    compress_memory: int | None = None
    decompress_memory: int | None = None

    @property
    def is_ok(self) -> bool:
        """Whether what came back was right."""
        return self.state is State.OK

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return {**asdict(self), "state": str(self.state)}

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> Trial:
        """Return the trial from `to_json`'s form; raises KeyError, TypeError, ValueError."""
        return cls(**{**item, "state": State(item["state"])})


class _Ended(Exception):
    """A run that ends before its time, as which state and why."""

    def __init__(self, state: State, message: str) -> None:
        super().__init__(message)
        self.state = state


def try_once(
    contender: Contender, content: Content, threads: int, timeout: float | None, folder: Path
) -> Trial:
    """Run both commands of a contender and compare what comes back.

    Args:
        contender: the contender, which has the commands.
        content: the content to code.
        threads: number of threads to use.
        timeout: seconds for each direction, or None.
        folder: folder for temporary files.

    Returns:
        The trial, whatever came of it: errors of programs are states, not exceptions.
    """
    with TemporaryDirectory(dir=folder, prefix="trial-") as scratch:
        try:
            return _try(contender, content, threads, timeout, Path(scratch))
        except _Ended as ended:
            return Trial(ended.state, str(ended))
        except (OSError, NeurocompError) as error:
            return Trial(State.FAILED, str(error))


def _try(
    contender: Contender, content: Content, threads: int, timeout: float | None, scratch: Path
) -> Trial:
    suffix = content.suffix if _SUFFIX.fullmatch(content.suffix) else ""
    there, back = scratch / "there", scratch / "back"
    for folder in (there, back):
        folder.mkdir()
    original = there / f"content{suffix}"
    compressed = there / f"content{suffix}{contender.suffix}"
    decoded = back / f"content{suffix}"
    content_bytes = content.read()
    original.write_bytes(content_bytes)

    first = _run(contender, contender.compress, original, compressed, threads, timeout)
    _require(first, "compressing", timeout)
    if not compressed.is_file():
        raise _Ended(State.FAILED, "compressing left no file")
    second = _run(contender, contender.decompress, compressed, decoded, threads, timeout)
    _require(second, "decompressing", timeout)
    compared = _compare(contender, original, _decoded(back, decoded))

    units = units_of(content_bytes)
    model_bytes, unit, num_units = contender.model_bytes, units.unit, units.count
    if contender.is_ours:
        facts = facts_of(compressed, _model_paths(contender))
        model_bytes = facts.model_bytes
        if not unit and facts.num_tokens:
            unit, num_units = TOKEN, facts.num_tokens
    return Trial(
        State.OK,
        "",
        compressed.stat().st_size,
        model_bytes,
        compared,
        unit,
        num_units,
        first.cpu_seconds,
        second.cpu_seconds,
        first.wall_seconds,
        second.wall_seconds,
        first.memory_bytes,
        second.memory_bytes,
    )


def _run(
    contender: Contender,
    command: Command,
    source: Path,
    target: Path,
    threads: int,
    timeout: float | None,
) -> Usage:
    """Run one direction; in the folder of the target where the contender wants plain names."""
    cwd = target.parent if contender.folder else None
    names = {
        "{in}": os.path.relpath(source, cwd) if cwd else str(source),
        "{out}": target.name if cwd else str(target),
        "{threads}": str(threads),
    }
    return run(
        command.filled(names),
        errors=target.parent.parent / "stderr",
        stdin=source if command.stdin else None,
        stdout=target if command.stdout else None,
        cwd=cwd,
        environment={**os.environ, **contender.environment},
        timeout=timeout,
    )


def _require(usage: Usage, what: str, timeout: float | None) -> None:
    if usage.timed_out:
        raise _Ended(State.TIMEOUT, f"{what} took more than {timeout:g} s")
    if not usage.succeeded:
        how = f"ended with {usage.status}" if usage.status >= 0 else f"signal {-usage.status}"
        said = f": {printable(usage.said)}" if usage.said else ""
        raise _Ended(State.FAILED, f"{what} {how}{said}")


def _decoded(folder: Path, expected: Path) -> Path:
    """Return the decompressed file; archivers choose its name."""
    if expected.is_file():
        return expected
    files = [path for path in folder.rglob("*") if path.is_file()]
    if len(files) != 1:
        raise _Ended(State.FAILED, f"decompressing left {len(files)} files")
    return files[0]


def _compare(contender: Contender, original: Path, decoded: Path) -> str:
    if filecmp.cmp(original, decoded, shallow=False):
        return "bytes"
    if contender.pixels and same_pixels(original, decoded):
        return "pixels"
    raise _Ended(
        State.WRONG,
        f"decoded to {decoded.stat().st_size} bytes that differ from the "
        f"{original.stat().st_size} of the content",
    )


def _model_paths(contender: Contender) -> list[str]:
    words = contender.decompress.words
    return [words[k + 1] for k, word in enumerate(words[:-1]) if word == "--model-path"]
