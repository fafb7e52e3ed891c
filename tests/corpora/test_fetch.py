"""Every recipe, from sources that are right: what is written, and what is left alone."""

from __future__ import annotations

import io
import json
from pathlib import Path
from urllib.request import OpenerDirector, Request

import pytest

from neurocomp.bench.corpora import download, paths
from neurocomp.bench.corpora.manifest import EVAL, load
from neurocomp.cli.entry import run
from tests.corpora import sources
from tests.corpora.conftest import Fetch
from tests.corpora.sources import entry

TEXT = b"the quick brown fox jumps over the lazy dog\n" * 50


def test_copy(fetch: Fetch, origin: Path, target: Path) -> None:
    result = fetch(entry("folder/a.txt", TEXT, sources.plain(origin / "a", TEXT)))
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "folder/a.txt: fetched" in result.stderr
    assert (target / "folder/a.txt").read_bytes() == TEXT


def test_prefix(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    assert fetch(entry("a", TEXT[:100], url, method="prefix")).exit_code == 0
    assert (target / "a").read_bytes() == TEXT[:100]


def test_excerpt(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    item = entry("a", TEXT[4:60], url, method="excerpt", start="quick", limit_bytes=len(TEXT))
    assert fetch(item).exit_code == 0
    assert (target / "a").read_bytes() == TEXT[4:60]


def test_concatenation(fetch: Fetch, origin: Path, target: Path) -> None:
    urls = [sources.plain(origin / name, name.encode() * 9) for name in ("b", "a", "c")]
    content = b"b" * 9 + b"a" * 9 + b"c" * 9
    assert fetch(entry("all", content, *urls, method="concatenation")).exit_code == 0
    assert (target / "all").read_bytes() == content


@pytest.mark.parametrize("prefix", ["", "./"])
def test_member_of_tar(fetch: Fetch, origin: Path, target: Path, prefix: str) -> None:
    url = sources.tar_gz(origin / "x.tar.gz", {f"{prefix}b": b"other", f"{prefix}a": TEXT})
    item = entry("set/a", TEXT, url, method="member", member="a", limit_bytes=10_000)
    assert fetch(item).exit_code == 0
    assert (target / "set/a").read_bytes() == TEXT


def test_member_of_zip(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.zip_archive(origin / "x.zip", {"d/a": TEXT})
    item = entry("a", TEXT, url, method="member", member="d/a", limit_bytes=10_000)
    assert fetch(item).exit_code == 0
    assert (target / "a").read_bytes() == TEXT


def test_archive_is_downloaded_once(
    fetch: Fetch, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sources.tar_gz(origin / "x.tar.gz", {"a": TEXT, "b": TEXT})
    opened = []
    opener = download._opener

    def counting() -> OpenerDirector:
        opened.append(url)
        return opener()

    monkeypatch.setattr(download, "_opener", counting)
    items = [entry(n, TEXT, url, method="member", member=n, limit_bytes=10_000) for n in "ab"]
    assert fetch(*items).exit_code == 0
    assert opened == [url]


def test_what_is_right_is_left_alone(fetch: Fetch, origin: Path, target: Path) -> None:
    item = entry("a", TEXT, sources.plain(origin / "a", TEXT))
    fetch(item)
    (origin / "a").unlink()
    result = fetch(item)
    assert result.exit_code == 0
    assert "a: already there" in result.stderr


@pytest.mark.parametrize("content", [b"short", TEXT.upper()])
def test_what_is_wrong_is_replaced(
    fetch: Fetch, origin: Path, target: Path, content: bytes
) -> None:
    target.mkdir()
    (target / "a").write_bytes(content)
    assert fetch(entry("a", TEXT, sources.plain(origin / "a", TEXT))).exit_code == 0
    assert (target / "a").read_bytes() == TEXT


def test_files_and_folders_can_be_named(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    items = [entry(name, TEXT, url) for name in ("set/a", "set/b", "c", "d")]
    assert fetch(*items, names=("set/", "d")).exit_code == 0
    found = sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file())
    assert found == ["d", "set/a", "set/b"]


def test_list_prints_every_file_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpora", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    files = load(EVAL).files
    assert len(lines) == len(files) + 1
    for line, file in zip(lines[1:], files, strict=True):
        assert line.startswith(file.name)
        assert line.endswith(file.licence)


def test_list_as_json_has_urls_and_hashes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpora", "list", "canterbury/sum", "--json"]) == 0
    [item] = json.loads(capsys.readouterr().out)
    [file] = load(EVAL).select(("canterbury/sum",))
    assert (item["sha256"], item["sources"]) == (file.sha256, list(file.sources))


def test_verify_tells_right_from_wrong(
    origin: Path,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NEUROCOMP_CORPORA", str(target))
    monkeypatch.setattr(paths, "cache_folder", lambda: tmp_path / "no-cache")
    url = sources.plain(origin / "x", TEXT)
    manifest = sources.manifest(tmp_path / "m.json", *(entry(name, TEXT, url) for name in "abc"))
    target.mkdir()
    (target / "a").write_bytes(TEXT)
    (target / "b").write_bytes(TEXT[:-1] + b"!")
    words = ["corpora", "verify", "--manifest", str(manifest)]
    assert run(words) == 1
    states = [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]]
    assert states == ["right", "wrong", "missing"]
    (target / "b").write_bytes(TEXT)
    assert run(words) == 0
    assert run([*words, "c"]) == 1


class Server:
    """Answers like a server that has a content and knows ranges, but breaks off."""

    def __init__(self, content: bytes, breaks_after: int, *, knows_ranges: bool) -> None:
        self.content, self.breaks_after, self.knows_ranges = content, breaks_after, knows_ranges
        self.asked: list[str | None] = []

    def open(self, request: Request, timeout: float) -> Answer:
        asked = request.get_header("Range")
        self.asked.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if not self.knows_ranges:
            start = 0
        answer = Answer(self.content[start : start + self.breaks_after])
        answer.length = len(self.content) - start
        if asked and self.knows_ranges:
            answer.status = 206
            end = len(self.content)
            answer.headers = {"Content-Range": f"bytes {start}-{end - 1}/{end}"}
        return answer


class Answer(io.BytesIO):
    status = 200
    length = 0

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.headers: dict[str, str] = {}

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self.length -= len(chunk)
        return chunk


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_download_that_broke_off_goes_on(
    fetch: Fetch, target: Path, monkeypatch: pytest.MonkeyPatch, knows_ranges: bool
) -> None:
    server = Server(TEXT, 1000, knows_ranges=knows_ranges)
    monkeypatch.setattr(download, "_opener", lambda: server)
    item = entry("a", TEXT, "https://example.org/a")
    assert fetch(item).exit_code == 1
    assert not (target / "a").exists()
    if knows_ranges:
        assert fetch(item).exit_code == 1
        assert fetch(item).exit_code == 0
        assert server.asked == [None, "bytes=1000-", "bytes=2000-"]
    else:
        server.breaks_after = len(TEXT)
        assert fetch(item).exit_code == 0
    assert (target / "a").read_bytes() == TEXT
    assert not (target / ".partial").exists()


def test_what_went_on_wrongly_begins_again(
    fetch: Fetch, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(TEXT.upper(), 1000, knows_ranges=True)
    monkeypatch.setattr(download, "_opener", lambda: server)
    item = entry("a", TEXT, "https://example.org/a")
    assert fetch(item).exit_code == 1
    server.content, server.breaks_after = TEXT, len(TEXT)  # the source has changed meanwhile
    assert "SHA-256" in fetch(item).stderr
    assert fetch(item).exit_code == 0
    assert server.asked[-1] is None
    assert (target / "a").read_bytes() == TEXT
