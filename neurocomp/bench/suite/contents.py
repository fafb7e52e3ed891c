"""The contents that a suite codes: found on this machine, cut, and hashed."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from neurocomp.bench.corpora import paths
from neurocomp.bench.corpora.build import is_right
from neurocomp.bench.corpora.errors import CorpusError
from neurocomp.bench.corpora.manifest import EVAL, CorpusFile, load
from neurocomp.bench.suite import made
from neurocomp.bench.suite.definition import FileSpec, Suite
from neurocomp.bench.suite.pixels import to_pnm
from neurocomp.errors import NeurocompError, UsageError


@dataclass(frozen=True)
class Content:
    """Bytes that are coded.

    Attributes:
        name: name in tables.
        num_bytes: size of the content.
        sha256: their hash, hexadecimal.
        read: returns them.
        suffix: suffix of the original file, such as ".png"; some programs go by it.
    """

    name: str
    num_bytes: int
    sha256: str
    read: Callable[[], bytes]
    suffix: str = ""


@dataclass(frozen=True)
class Missing:
    """A file of a suite that is left out.

    Attributes:
        name: name of the file.
        reason: why, and what to do.
    """

    name: str
    reason: str


def resolve(suite: Suite, limit_bytes: int | None = None) -> tuple[list[Content], list[Missing]]:
    """Return the contents of a suite, and what of it is not here.

    Args:
        suite: the suite that lists the files.
        limit_bytes: size to cut each file to; None for whole files.

    Raises:
        UsageError: two contents have the same name, or a path matches nothing.
    """
    contents: list[Content] = []
    missing: list[Missing] = []
    for spec in suite.files:
        try:
            found = [_shown(one, spec) for one in _find(spec, suite.folder)]
        except UsageError:
            raise
        except (NeurocompError, OSError) as error:
            missing.append(Missing(spec.title, str(error)))
            continue
        for one in found:
            if isinstance(one, Missing):
                missing.append(one)
            else:
                contents.append(_piece(one, spec, limit_bytes))
    names = [content.name for content in contents]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name} is in the suite twice: give one of them another name")
    return contents, missing


def of_paths(files: Sequence[Path], limit_bytes: int | None = None) -> list[Content]:
    """Return files of the user as contents; raises OSError where one cannot be read."""
    spec = FileSpec(path="-")
    names = [path.name for path in files]
    return [
        _piece(
            _of_path(path.name if names.count(path.name) == 1 else str(path), path),
            spec,
            limit_bytes,
        )
        for path in files
    ]


def _find(spec: FileSpec, folder: Path) -> Iterator[Content | Missing]:
    if spec.corpus:
        for file in load(EVAL).select((spec.corpus,)):
            yield _corpus(spec, file)
    elif spec.path:
        pattern = str(folder / spec.path)
        matches = sorted(path for path in map(Path, glob.glob(pattern)) if path.is_file())
        if not matches:
            raise UsageError(f"no file is {pattern}")
        for path in matches:
            yield _of_path(spec.name if spec.name and len(matches) == 1 else path.name, path)
    elif spec.local:
        found = paths.find(spec.local)
        if found is None:
            yield Missing(
                spec.local,
                "it is not in the manifest, so 'corpora fetch' does not get it: "
                f"put a copy at {spec.local} into the folder that {paths.VARIABLE} names",
            )
            return
        content = _of_path(spec.name or spec.local, found)
        if spec.bytes is not None and content.num_bytes != spec.bytes:
            raise CorpusError(
                f"{found} has {content.num_bytes} bytes, the suite's has {spec.bytes}: it is "
                "another file"
            )
        if spec.sha256 and content.sha256 != spec.sha256:
            raise CorpusError(f"{found} has another SHA-256 than the suite's: it is another file")
        yield content
    else:
        made_here = made.make(spec.made, spec.parts)
        yield _of_bytes(spec.name or spec.made, made_here, Path(spec.name).suffix)


def _shown(one: Content | Missing, spec: FileSpec) -> Content | Missing:
    """Return a content, or its pixels where the suite asks for them."""
    if isinstance(one, Missing) or not spec.pixels:
        return one
    pixels, suffix = to_pnm(one.read())
    name = one.name if one.name == spec.name else f"{one.name.removesuffix(one.suffix)}{suffix}"
    return _of_bytes(name, pixels, suffix)


def _corpus(spec: FileSpec, file: CorpusFile) -> Content | Missing:
    try:
        path = paths.corpus_path(file.name)
    except CorpusError as error:
        return Missing(file.name, str(error))
    if not is_right(path, file):
        return Missing(
            file.name,
            f"{path} differs from the manifest: run 'neurocomp corpora verify' for details",
        )
    whole = spec.corpus == file.name
    return _of_path(spec.name if whole and spec.name else file.name, path)


def _of_path(name: str, path: Path) -> Content:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    return Content(name, path.stat().st_size, digest.hexdigest(), path.read_bytes, path.suffix)


def _of_bytes(name: str, content: bytes, suffix: str) -> Content:
    return Content(name, len(content), hashlib.sha256(content).hexdigest(), lambda: content, suffix)


def _piece(content: Content, spec: FileSpec, limit_bytes: int | None) -> Content:
    """Return the piece of a content that a suite asks for, of at most ``limit_bytes``."""
    length = content.num_bytes - spec.offset if spec.length is None else spec.length
    if limit_bytes is not None:
        length = min(length, limit_bytes)
    if spec.offset == 0 and length >= content.num_bytes:
        return content
    piece = content.read()[spec.offset : spec.offset + length]
    named = spec.name and content.name == spec.name
    name = content.name if named else f"{content.name}[{spec.offset}:{spec.offset + len(piece)}]"
    return _of_bytes(name, piece, content.suffix)
