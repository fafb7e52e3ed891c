"""Sources that are wrong, hostile or gone: an error that says so, and nothing written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from neurocomp.bench.corpora import download
from neurocomp.bench.corpora.errors import CorpusError
from tests.corpora import sources
from tests.corpora.conftest import Fetch
from tests.corpora.sources import entry

TEXT = b"0123456789" * 30


def assert_fails(
    fetch: Fetch, target: Path, item: dict[str, Any], message: str, left: int = 0
) -> None:
    result = fetch(item)
    assert result.exit_code == 1
    assert message in result.stderr
    assert f"{item['name']}: not fetched" in result.stderr
    files = [path for path in target.rglob("*") if path.is_file()]
    assert [path for path in files if path.parent.name != ".partial"] == []
    assert len(files) == left


def test_wrong_hash(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT[::-1])
    assert_fails(fetch, target, entry("a", TEXT, url), "SHA-256")


def test_too_large(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT + b"!")
    assert_fails(fetch, target, entry("a", TEXT, url), "more than 300 bytes")


def test_too_small(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT[1:])
    assert_fails(fetch, target, entry("a", TEXT, url), "299 bytes")


def test_too_large_an_archive(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.tar_gz(origin / "x.tar.gz", {"a": TEXT})
    item = entry("a", TEXT, url, method="member", member="a", limit_bytes=20)
    assert_fails(fetch, target, item, "more than 20 bytes")


def test_too_large_a_concatenation(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    item = entry("a", TEXT, url, url, method="concatenation")
    assert_fails(fetch, target, item, "more than 0 bytes")


def test_gone(fetch: Fetch, origin: Path, target: Path) -> None:
    item = entry("a", TEXT, (origin / "a").as_uri())
    assert_fails(fetch, target, item, "cannot be downloaded")


def test_start_of_excerpt_is_missing(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    item = entry("a", TEXT, url, method="excerpt", start="Chapter", limit_bytes=1000)
    assert_fails(fetch, target, item, "has no 'Chapter'")


@pytest.mark.parametrize("make", [sources.tar_gz, sources.zip_archive])
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"b": TEXT}, "no member 'a'"),
        ({"../a": TEXT, "/a": TEXT}, "no member 'a'"),
        ({"a": TEXT * 1000}, "300000 bytes"),
    ],
)
def test_wrong_members(
    fetch: Fetch, origin: Path, target: Path, make: Any, members: Any, message: str
) -> None:
    item = entry(
        "a", TEXT, make(origin / "x", members), method="member", member="a", limit_bytes=10_000
    )
    assert_fails(fetch, target, item, message)
    assert not (target.parent / "a").exists()


def test_member_is_a_link(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.linked_tar(origin / "x.tar", "a", "/etc/hostname")
    item = entry("a", TEXT, url, method="member", member="a", limit_bytes=100_000)
    assert_fails(fetch, target, item, "not a regular file")


@pytest.mark.parametrize("cut", [0, 5, 60])
def test_damaged_archive(fetch: Fetch, origin: Path, target: Path, cut: int) -> None:
    sources.tar_gz(origin / "x", {"a": TEXT})
    url = sources.plain(origin / "x", (origin / "x").read_bytes()[:cut])
    item = entry("a", TEXT, url, method="member", member="a", limit_bytes=10_000)
    assert_fails(fetch, target, item, "damaged or unknown")


class BrokenResponse(io.BytesIO):
    """A response that breaks after its first bytes; ``length`` counts as in http.client."""

    def __init__(self, error: BaseException | None) -> None:
        super().__init__(TEXT[:100])
        self.error = error
        self.length = len(TEXT)
        self.status = 200
        self.headers: dict[str, str] = {}

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self.length -= len(chunk)
        if not chunk and self.error:
            raise self.error
        return chunk


class BrokenOpener:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error

    def open(self, request: object, timeout: float) -> BrokenResponse:
        return BrokenResponse(self.error)


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), TimeoutError("timed out"), None])
def test_broken_connection(
    fetch: Fetch, target: Path, monkeypatch: pytest.MonkeyPatch, error: OSError | None
) -> None:
    monkeypatch.setattr(download, "_opener", lambda: BrokenOpener(error))
    item = entry("a", TEXT, "https://example.org/a")
    assert_fails(fetch, target, item, "https://example.org/a cannot be downloaded", left=1)


def test_interrupt_leaves_what_was_there(
    fetch: Fetch, origin: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(source: str, destination: Path) -> None:
        raise KeyboardInterrupt

    target.mkdir()
    (target / "a").write_bytes(b"old")
    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(entry("a", TEXT, sources.plain(origin / "a", TEXT)))
    assert [path.name for path in target.rglob("*") if path.is_file()] == ["a"]
    assert (target / "a").read_bytes() == b"old"


def test_one_failure_does_not_stop_the_others(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    result = fetch(entry("bad", TEXT[1:], url), entry("good", TEXT, url))
    assert result.exit_code == 1
    assert (target / "good").read_bytes() == TEXT
    assert not (target / "bad").exists()


def test_incomplete_recipe(fetch: Fetch) -> None:
    item = entry("a", TEXT, "https://example.org/a", method="unknown", missing="the page is lost")
    result = fetch(item)
    assert result.exit_code == 0
    assert "the page is lost" in result.stderr
    assert "no complete recipe: a" in result.stderr
    assert fetch(item, names=("a",)).exit_code == 1


def test_name_that_is_not_in_the_manifest(fetch: Fetch) -> None:
    result = fetch(entry("a", TEXT, "https://example.org/a"), names=("b",))
    assert result.exit_code == 2
    assert "'b' is not in the manifest" in result.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1/a", "ftp://127.0.0.1/a", "data:,a", "a"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(CorpusError, match="refused"):
        download.download(url, 10)


def test_no_redirection_to_http(monkeypatch: pytest.MonkeyPatch) -> None:
    # The opener, which follows redirections, has no handler for http at all.
    monkeypatch.setattr(download, "SCHEMES", ("http",))
    with pytest.raises(CorpusError, match="unknown url type: http"):
        download.download("http://127.0.0.1:9/a", 10)
