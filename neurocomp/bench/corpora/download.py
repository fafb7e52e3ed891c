"""Download of a URL, with a limit on its size; one that broke off goes on where it stopped."""

from __future__ import annotations

import http.client
import io
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from neurocomp.bench.corpora.errors import CorpusError, DownloadError
from neurocomp.bench.corpora.paths import VARIABLE

TIMEOUT_SECONDS = 30.0
SCHEMES = ("https", "file")

_CHUNK_BYTES = 1 << 16
_PARTIAL_CONTENT = 206


def download(
    url: str, limit_bytes: int, *, prefix: bool = False, partial: Path | None = None
) -> bytes:
    """Return the content of ``url``, at most ``limit_bytes``.

    Args:
        url: an https or file URL; redirections to another scheme than https fail.
        limit_bytes: a longer source is an error, or, with ``prefix``, read no further.
        prefix: whether the first ``limit_bytes`` are all that is wanted.
        partial: a file that keeps what has come, so that the next call goes on from there; it is
            left where it is, for the caller to remove when the content has been checked.  Without
            it everything stays in memory.

    Raises:
        DownloadError: no answer, or a broken connection.
        CorpusError: wrong scheme, or too long a source.
    """
    if urlsplit(url).scheme not in SCHEMES:
        raise CorpusError(f"{url} is refused: only {' and '.join(SCHEMES)} URLs are fetched")
    most_bytes = limit_bytes if prefix else limit_bytes + 1
    try:
        with _kept(partial) as file:
            _read(url, most_bytes, file)
            file.seek(0)
            content = file.read()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DownloadError(
            f"{url} cannot be downloaded ({error}): check the network and try again, or put the "
            f"file into a folder that {VARIABLE} names"
        ) from error
    if len(content) > limit_bytes:
        if not prefix:
            raise CorpusError(
                f"{url} has more than {limit_bytes} bytes, the most that the manifest allows: "
                "the source has changed"
            )
        content = content[:limit_bytes]
    return content


@contextmanager
def _kept(partial: Path | None) -> Iterator[BinaryIO]:
    if partial is None:
        yield io.BytesIO()
        return
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        with partial.open("a+b") as file:
            yield file
    finally:
        if partial.exists() and not partial.stat().st_size:
            partial.unlink()


def _read(url: str, most_bytes: int, file: BinaryIO) -> None:
    """Append to ``file`` what it lacks of the first ``most_bytes`` of ``url``."""
    have = file.seek(0, io.SEEK_END)
    if have >= most_bytes:
        return
    request = urllib.request.Request(url)
    if have:
        request.add_header("Range", f"bytes={have}-")
    with _opener().open(request, timeout=TIMEOUT_SECONDS) as response:
        if have and not _goes_on(response, have):
            have = 0
            file.truncate(0)
        while have < most_bytes:
            chunk = response.read(min(_CHUNK_BYTES, most_bytes - have))
            if not chunk:
                break
            file.write(chunk)
            have += len(chunk)
        # http.client is silent when a read of known size meets the end of the connection.
        missing_bytes = getattr(response, "length", None)
        if have < most_bytes and missing_bytes:
            raise OSError(f"connection closed with {missing_bytes} bytes to come")


def _goes_on(response: http.client.HTTPResponse, have: int) -> bool:
    """Return whether a response starts at byte ``have``; otherwise it is the whole content."""
    content_range = response.headers.get("Content-Range", "") if response.headers else ""
    return getattr(response, "status", None) == _PARTIAL_CONTENT and content_range.startswith(
        f"bytes {have}-"
    )


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener that knows https and file only, so that no redirection leaves https."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.FileHandler(),
    ):
        opener.add_handler(handler)
    return opener
