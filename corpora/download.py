"""Download of a URL into memory, with a limit on its size."""

from __future__ import annotations

import http.client
import urllib.request
from urllib.parse import urlsplit

from corpora.errors import CorpusError

TIMEOUT_SECONDS = 30.0
SCHEMES = ("https", "file")

_CHUNK_BYTES = 1 << 16


def download(url: str, limit_bytes: int, *, prefix: bool = False) -> bytes:
    """Return the content of ``url``, at most ``limit_bytes``.

    Args:
        url: an https or file URL; redirections to another scheme than https fail.
        limit_bytes: a longer source is an error, or, with ``prefix``, read no further.
        prefix: whether the first ``limit_bytes`` are all that is wanted.

    Raises:
        CorpusError: wrong scheme, no answer, a broken connection, or too long a source.
    """
    if urlsplit(url).scheme not in SCHEMES:
        raise CorpusError(f"{url} is refused: only {' and '.join(SCHEMES)} URLs are fetched")
    try:
        content = _read(url, limit_bytes if prefix else limit_bytes + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CorpusError(
            f"{url} cannot be downloaded ({error}): check the network and try again"
        ) from error
    if len(content) > limit_bytes:
        raise CorpusError(
            f"{url} has more than {limit_bytes} bytes, the most that the manifest allows: "
            "the source has changed"
        )
    return content


def _read(url: str, most_bytes: int) -> bytes:
    chunks = []
    with _opener().open(url, timeout=TIMEOUT_SECONDS) as response:
        while most_bytes > 0:
            chunk = response.read(min(_CHUNK_BYTES, most_bytes))
            if not chunk:
                break
            chunks.append(chunk)
            most_bytes -= len(chunk)
        # http.client is silent when a read of known size meets the end of the connection.
        missing_bytes = getattr(response, "length", None)
        if most_bytes > 0 and missing_bytes:
            raise OSError(f"connection closed with {missing_bytes} bytes to come")
    return b"".join(chunks)


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
