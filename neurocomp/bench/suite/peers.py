"""Other compressors, each by a small descriptor after its own manual: ``peers/NAME.toml``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from neurocomp.bench.suite.commands import Command, parse_command
from neurocomp.errors import UsageError

FOLDER = Path(__file__).with_name("peers")
_VERSION = re.compile(r"v?(\d+(?:\.\d+)+[\w.+-]*|\d+)")
_SECONDS = 20


@dataclass(frozen=True)
class Peer:
    """How another compressor is called.

    Attributes:
        name: name on the command line.
        title: a short description.
        programs: names of the program; the first that is installed is run.
        flags: flags for compression; a contender may give others.
        compress: command; ``{program}``, ``{flags}``, ``{model}`` are filled in beside the usual.
        decompress: command likewise; ``{decoder}`` is the other program.  Where it has no
            ``{out}``, the content is the file that it leaves in its folder.
        documentation: address of the manual that the commands are from.
        decoders: names of the program that decodes, where it is another one.
        version: arguments that make the program tell its version; nothing else is done.
        pattern: regular expression of the version in the program's output.
        suffix: suffix of compressed files.
        formats: kinds of content it takes (`units.format_of`); any, where there are none.
        pixels: whether it keeps a picture's pixels, not its file.
        folder: whether commands run in the folder of their files, under plain names: archivers
            keep names.
        model: environment variable that names the file of weights it needs.
        environment: variables it is run with.
    """

    name: str
    title: str
    programs: tuple[str, ...]
    flags: str
    compress: str
    decompress: str
    documentation: str
    decoders: tuple[str, ...] = ()
    version: str = "--version"
    pattern: str = ""
    suffix: str = ".out"
    formats: tuple[str, ...] = ()
    pixels: bool = False
    folder: bool = False
    model: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_threads(self) -> bool:
        """Whether it can be told a number of threads."""
        return "{threads}" in self.compress

    def missing(self) -> str | None:
        """Return what is missing, a program or weights; None if nothing is."""
        for programs in (self.programs, self.decoders):
            if programs and _first(programs) is None:
                return " or ".join(programs)
        if self.model and not Path(os.environ.get(self.model, "")).is_file():
            return f"the weights that ${self.model} should name"
        return None

    def model_path(self) -> Path | None:
        """Return the file of its weights, where it needs one."""
        return Path(os.environ[self.model]) if self.model else None

    def program(self) -> str:
        """Return the path of its program; raises UsageError where it is not installed."""
        missing = self.missing()
        path = _first(self.programs)
        if missing is not None or path is None:
            raise UsageError(f"{self.name} is not installed: {missing} is missing")
        return path

    def commands(self, flags: str) -> tuple[Command, Command]:
        """Return the commands of both directions, with the flags in their place."""
        values = {
            "{program}": self.program(),
            "{decoder}": _first(self.decoders) or self.program(),
            "{flags}": flags,
            "{model}": str(self.model_path() or ""),
        }
        lines = []
        for line in (self.compress, self.decompress):
            for place, value in values.items():
                line = line.replace(place, value)
            lines.append(parse_command(line))
        return lines[0], lines[1]


def peers() -> dict[str, Peer]:
    """Return all peers by name; raises UsageError where a descriptor is not well-formed."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml"))}


def installed_peers() -> dict[str, Peer]:
    """Return the peers that are installed, by name."""
    return {name: peer for name, peer in peers().items() if peer.missing() is None}


def version_of(peer: Peer) -> str:
    """Return the version that a peer's program says it is; "unknown" where it says none."""
    return _told_version(peer.program(), peer.version, peer.pattern)


@cache
def _told_version(program: str, arguments: str, pattern: str) -> str:
    try:
        done = subprocess.run(
            [program, *arguments.split()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    text = done.stdout.decode(errors="replace")
    found = re.search(pattern, text) if pattern else _VERSION.search(text)
    return found[1] if found else "unknown"


@cache
def _read(path: Path) -> Peer:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    for key in ("programs", "decoders", "formats"):
        content[key] = tuple(content.get(key, ()))
    try:
        return Peer(path.stem, **content)
    except TypeError as error:
        raise UsageError(f"the descriptor {path} is not well-formed: {error}") from None


def _first(programs: tuple[str, ...]) -> str | None:
    return next((path for path in map(shutil.which, programs) if path is not None), None)
