"""The bytes of a corpus file, made from its sources and checked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from neurocomp.bench.corpora.archive import read_member
from neurocomp.bench.corpora.download import download
from neurocomp.bench.corpora.errors import CorpusError, DownloadError
from neurocomp.bench.corpora.manifest import CorpusFile


class Builder:
    """Makes corpus files; an archive that several of them come from is downloaded once.

    Args:
        partials: folder for downloads under way, which a later call goes on with; None to keep
            none.
    """

    def __init__(self, partials: Path | None = None) -> None:
        self._archives: dict[str, bytes] = {}
        self._partials = partials

    def build(self, file: CorpusFile) -> bytes:
        """Return the content of ``file``, of the right size and SHA-256.

        Raises:
            CorpusError: it cannot be made, or comes out wrong.
        """
        try:
            content = self._assemble(file)
            check(content, file)
        except DownloadError:
            raise
        except CorpusError:
            self._forget(file)  # what has come is wrong: another try begins again
            raise
        self._forget(file)
        return content

    def _forget(self, file: CorpusFile) -> None:
        for source in file.sources:
            partial = self._partial(source)
            if partial is not None:
                partial.unlink(missing_ok=True)

    def _assemble(self, file: CorpusFile) -> bytes:
        recipe, source = file.recipe, file.sources[0]
        match recipe.method:
            case "copy":
                return self._download(source, file.num_bytes)
            case "prefix":
                return self._download(source, file.num_bytes, prefix=True)
            case "member":
                if source not in self._archives:
                    self._archives[source] = self._download(source, recipe.limit_bytes)
                return read_member(self._archives[source], recipe.member, file.num_bytes)
            case "excerpt":
                return _excerpt(file, self._download(source, recipe.limit_bytes))
            case "concatenation":
                return self._concatenation(file)
            case _:
                raise CorpusError(f"{file.name} cannot be made: {recipe.missing}")

    def _concatenation(self, file: CorpusFile) -> bytes:
        content = b""
        for source in file.sources:
            content += self._download(source, file.num_bytes - len(content))
        return content

    def _download(self, url: str, limit_bytes: int, *, prefix: bool = False) -> bytes:
        return download(url, limit_bytes, prefix=prefix, partial=self._partial(url))

    def _partial(self, url: str) -> Path | None:
        if self._partials is None:
            return None
        return self._partials / hashlib.sha256(url.encode()).hexdigest()[:24]


def check(content: bytes, file: CorpusFile) -> None:
    """Raise CorpusError unless ``content`` has the size and SHA-256 of ``file``."""
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


def is_right(path: Path, file: CorpusFile) -> bool:
    """Return whether ``path`` is a file with the size and SHA-256 of ``file``."""
    if not path.is_file() or path.stat().st_size != file.num_bytes:
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256


def _excerpt(file: CorpusFile, source: bytes) -> bytes:
    begin = source.find(file.recipe.start.encode())
    if begin < 0:
        raise CorpusError(
            f"{file.name} cannot be made: {file.sources[0]} has no {file.recipe.start!r}"
        )
    return source[begin : begin + file.num_bytes]
