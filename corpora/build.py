"""The bytes of a corpus file, made from its sources and checked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from corpora.archive import read_member
from corpora.download import download
from corpora.errors import CorpusError
from corpora.manifest import CorpusFile


class Builder:
    """Makes corpus files; an archive that several of them come from is downloaded once."""

    def __init__(self) -> None:
        self._archives: dict[str, bytes] = {}

    def build(self, file: CorpusFile) -> bytes:
        """Return the content of ``file``, of the right size and SHA-256.

        Raises:
            CorpusError: it cannot be made, or comes out wrong.
        """
        content = self._assemble(file)
        if len(content) != file.num_bytes:
            raise CorpusError(
                f"{file.name} comes out with {len(content)} bytes, the manifest says "
                f"{file.num_bytes}: the source has changed"
            )
        found = hashlib.sha256(content).hexdigest()
        if found != file.sha256:
            raise CorpusError(
                f"{file.name} comes out with SHA-256 {found}, the manifest says {file.sha256}: "
                "the source has changed"
            )
        return content

    def _assemble(self, file: CorpusFile) -> bytes:
        recipe, source = file.recipe, file.sources[0]
        match recipe.method:
            case "copy":
                return download(source, file.num_bytes)
            case "prefix":
                return download(source, file.num_bytes, prefix=True)
            case "member":
                if source not in self._archives:
                    self._archives[source] = download(source, recipe.limit_bytes)
                return read_member(self._archives[source], recipe.member, file.num_bytes)
            case "excerpt":
                return _excerpt(file, download(source, recipe.limit_bytes))
            case "concatenation":
                return _concatenation(file)
            case _:
                raise CorpusError(f"{file.name} cannot be made: {recipe.missing}")


def is_right(path: Path, file: CorpusFile) -> bool:
    """Return whether ``path`` is a file with the size and SHA-256 of ``file``."""
    if not path.is_file() or path.stat().st_size != file.num_bytes:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def _excerpt(file: CorpusFile, source: bytes) -> bytes:
    begin = source.find(file.recipe.start.encode())
    if begin < 0:
        raise CorpusError(
            f"{file.name} cannot be made: {file.sources[0]} has no {file.recipe.start!r}"
        )
    return source[begin : begin + file.num_bytes]


def _concatenation(file: CorpusFile) -> bytes:
    content = b""
    for source in file.sources:
        content += download(source, file.num_bytes - len(content))
    return content
