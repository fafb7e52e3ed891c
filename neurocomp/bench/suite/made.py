"""Contents that are made on the spot: containers of corpus files, and sets of tokens."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Sequence

from neurocomp.bench.corpora.manifest import EVAL, load
from neurocomp.bench.corpora.paths import corpus_path
from neurocomp.bench.suite import tokens
from neurocomp.errors import UsageError

_LEVEL = 6
"""Level of deflate: the default of gzip and zip."""

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def make(kind: str, parts: Sequence[str]) -> bytes:
    """Return a content that is made of corpus files.

    Archives are the same bytes wherever Python has the same zlib; their hash is in the results.

    Args:
        kind: "tar", "tar.gz", "zip", "gz", or one of `tokens.KINDS`, which has no parts.
        parts: files or folders of the corpora's manifest.

    Raises:
        CorpusError: a part is not on this machine.
        UsageError: there is no such kind, or a package is missing.
    """
    if kind in tokens.KINDS:
        return tokens.make(kind)
    if kind not in _MAKERS:
        raise UsageError(f"made = {kind!r}: choose one of {', '.join([*_MAKERS, *tokens.KINDS])}")
    files = [file for part in parts for file in load(EVAL).select((part,))]
    if not files:
        raise UsageError(f"made = {kind!r} needs parts")
    contents = {file.name: corpus_path(file.name).read_bytes() for file in files}
    return _MAKERS[kind](contents)


def _tar(contents: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return sink.getvalue()


def _tar_gz(contents: dict[str, bytes]) -> bytes:
    return gzip.compress(_tar(contents), _LEVEL, mtime=0)


def _gz(contents: dict[str, bytes]) -> bytes:
    return b"".join(gzip.compress(content, _LEVEL, mtime=0) for content in contents.values())


def _zip(contents: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, content in contents.items():
            member = zipfile.ZipInfo(name, _ZIP_DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return sink.getvalue()


_MAKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "tar": _tar,
    "tar.gz": _tar_gz,
    "gz": _gz,
    "zip": _zip,
}
