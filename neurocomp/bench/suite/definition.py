"""The definition of a suite in TOML: files, contenders, numbers of threads."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from neurocomp.errors import UsageError
from neurocomp.names import quoted

FOLDER = Path(__file__).with_name("suites")
"""The suites of the package."""

TEMPLATE = Path(__file__).with_name("page") / "new.toml"
"""The template of a user's own suite."""

ALL_THREADS = "1..n"
"""Stands for 1, 2, 4 and so on up to the number of cores."""

KINDS = ("corpus", "path", "local", "made")
_TYPES = {"offset": int, "length": int, "bytes": int, "parts": list, "pixels": bool}
"""Types of a file's values that are not strings."""
_KINDS = {int: "an integer", list: "a list", str: "a string", bool: "true or false"}
"""Types of a file's values, for people."""

_SUITE_KEYS = {"title", "description", "note", "files", "contenders", "threads", "delegate"}


@dataclass(frozen=True)
class FileSpec:
    """A file of a suite, or a piece of one.  Exactly one of the first four says what it is.

    Attributes:
        corpus: a file of the corpora's manifest, or a folder of it.
        path: files of the user, relative to the suite's own; may have ``*``.
        local: a file that is not in the manifest, as no source or no hash of it is known; it is
            looked for where corpora are.
        made: a content that is made here: an archive of corpus files ("tar", "tar.gz", "zip",
            "gz"), or a set of tokens of the package's pictures ("captions", "latents",
            "captioned-latents").
        parts: corpus files or folders that ``made`` is made of.
        offset: start of the piece, in bytes.
        length: length of the piece in bytes; None for the rest of the file.
        bytes: size that a local file must have.
        sha256: hash that a local file must have, hexadecimal; empty where none is known.
        pixels: whether a picture's pixels are coded, as a PPM or PGM file, and not its file.
        name: name in tables; by default it follows from the other fields.
    """

    corpus: str = ""
    path: str = ""
    local: str = ""
    made: str = ""
    parts: tuple[str, ...] = ()
    offset: int = 0
    length: int | None = None
    bytes: int | None = None
    sha256: str = ""
    pixels: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        given = [kind for kind in KINDS if getattr(self, kind)]
        if len(given) != 1:
            raise UsageError(f"a file has one of {', '.join(KINDS)}, not {len(given)} of them")
        if self.offset < 0 or (self.length is not None and self.length < 1):
            raise UsageError(f"{self.title}: offset is at least 0, length at least 1")

    @property
    def title(self) -> str:
        """Its name in messages."""
        return self.name or self.corpus or self.path or self.local or self.made


@dataclass(frozen=True)
class Suite:
    """Files and contenders that are measured together.

    Attributes:
        name: name of the suite on the command line.
        title: title of reports.
        description: a line or two for people.
        note: a note that readers of the results need.
        files: the files to code.
        contenders: names of contenders, in the form that `contenders.resolve` reads; of a delegate,
            names of models.
        threads: numbers of threads, each a row of its own; or `ALL_THREADS`.
        delegate: another command that does the work: "article"; empty for none.
        folder: base folder of the files' relative paths.
    """

    name: str
    title: str
    description: str = ""
    note: str = ""
    files: tuple[FileSpec, ...] = ()
    contenders: tuple[str, ...] = ("@presets", "@peers")
    threads: tuple[int, ...] | str = (1,)
    delegate: str = ""
    folder: Path = Path()

    def thread_counts(self, num_cores: int) -> tuple[int, ...]:
        """Return the numbers of threads on a machine with so many cores."""
        if isinstance(self.threads, tuple):
            return self.threads
        powers = [1 << k for k in range(num_cores.bit_length()) if 1 << k <= num_cores]
        return tuple(sorted({*powers, num_cores}))


def packaged_suites() -> dict[str, Path]:
    """Return the files of the package's suites by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def load_suite(name: str) -> Suite:
    """Return the suite of the package with that name, or the one in the file of that name.

    Raises:
        UsageError: there is none, or it is not well-formed.
    """
    packaged = packaged_suites()
    path = packaged.get(name, Path(name))
    if name not in packaged and path.suffix != ".toml":
        raise UsageError(
            f"no suite {quoted(name)}: choose one of {', '.join(packaged)}, or a .toml file of "
            "your own ('neurocomp bench new' begins one)"
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"there is no suite file {quoted(name)}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"suite {quoted(name)} is not TOML: {error}") from None
    try:
        return parse_suite(path.stem, content, path.parent)
    except UsageError as error:
        raise UsageError(f"suite {quoted(name)}: {error}") from None


def parse_suite(name: str, content: Mapping[str, Any], folder: Path) -> Suite:
    """Return the suite that a TOML table says; raises UsageError where it is not well-formed."""
    _refuse_unknown(content, _SUITE_KEYS, "a suite")
    specs = tuple(_parse_file(item) for item in _list(content, "files", dict))
    delegate = _text(content, "delegate")
    if not specs and not delegate:
        raise UsageError('it has no files: write [[files]] and, below it, path = "..."')
    return Suite(
        name=name,
        title=_text(content, "title") or name,
        description=_text(content, "description"),
        note=_text(content, "note"),
        files=specs,
        contenders=tuple(_list(content, "contenders", str)) or Suite.contenders,
        threads=_threads(content.get("threads", [1])),
        delegate=delegate,
        folder=folder,
    )


def _parse_file(item: Mapping[str, Any]) -> FileSpec:
    _refuse_unknown(item, {field.name for field in fields(FileSpec)}, "a file")
    for key, value in item.items():
        wanted = _TYPES.get(key, str)
        if type(value) is not wanted:
            raise UsageError(f"{key} = {value!r} of a file must be {_KINDS[wanted]}")
    return FileSpec(**{**item, "parts": tuple(item.get("parts", ()))})


def _threads(value: object) -> tuple[int, ...] | str:
    if value == ALL_THREADS:
        return ALL_THREADS
    if isinstance(value, list) and value and all(type(one) is int and one > 0 for one in value):
        return tuple(value)
    raise UsageError(f'threads = {value!r} is neither a list of numbers nor "{ALL_THREADS}"')


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{key} = {value!r} is not a string")
    return value


def _list(content: Mapping[str, Any], key: str, kind: type) -> Sequence[Any]:
    value = content.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
        raise UsageError(f"{key} is not a list of {'tables' if kind is dict else 'strings'}")
    return value


def _refuse_unknown(content: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(content) - known)
    if unknown:
        raise UsageError(f"{what} has no {unknown[0]!r}: it may have {', '.join(sorted(known))}")
