"""Every recipe, from sources that are right: what is written, and what is left alone."""

from __future__ import annotations

from pathlib import Path
from urllib.request import OpenerDirector

import pytest
from click.testing import CliRunner

from corpora import download
from corpora.fetch import main
from corpora.manifest import EVAL, load
from tests.corpora import sources
from tests.corpora.conftest import Fetch
from tests.corpora.sources import entry

TEXT = b"the quick brown fox jumps over the lazy dog\n" * 50


def test_copy(fetch: Fetch, origin: Path, target: Path) -> None:
    result = fetch(entry("folder/a.txt", TEXT, sources.plain(origin / "a", TEXT)))
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "folder/a.txt: fetched" in result.stderr
    assert (target / "eval/folder/a.txt").read_bytes() == TEXT


def test_prefix(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    assert fetch(entry("a", TEXT[:100], url, method="prefix")).exit_code == 0
    assert (target / "eval/a").read_bytes() == TEXT[:100]


def test_excerpt(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    item = entry("a", TEXT[4:60], url, method="excerpt", start="quick", limit_bytes=len(TEXT))
    assert fetch(item).exit_code == 0
    assert (target / "eval/a").read_bytes() == TEXT[4:60]


def test_concatenation(fetch: Fetch, origin: Path, target: Path) -> None:
    urls = [sources.plain(origin / name, name.encode() * 9) for name in ("b", "a", "c")]
    content = b"b" * 9 + b"a" * 9 + b"c" * 9
    assert fetch(entry("all", content, *urls, method="concatenation")).exit_code == 0
    assert (target / "eval/all").read_bytes() == content


@pytest.mark.parametrize("prefix", ["", "./"])
def test_member_of_tar(fetch: Fetch, origin: Path, target: Path, prefix: str) -> None:
    url = sources.tar_gz(origin / "x.tar.gz", {f"{prefix}b": b"other", f"{prefix}a": TEXT})
    item = entry("set/a", TEXT, url, method="member", member="a", limit_bytes=10_000)
    assert fetch(item).exit_code == 0
    assert (target / "eval/set/a").read_bytes() == TEXT


def test_member_of_zip(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.zip_archive(origin / "x.zip", {"d/a": TEXT})
    item = entry("a", TEXT, url, method="member", member="d/a", limit_bytes=10_000)
    assert fetch(item).exit_code == 0
    assert (target / "eval/a").read_bytes() == TEXT


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
    (target / "eval").mkdir(parents=True)
    (target / "eval/a").write_bytes(content)
    assert fetch(entry("a", TEXT, sources.plain(origin / "a", TEXT))).exit_code == 0
    assert (target / "eval/a").read_bytes() == TEXT


def test_files_and_folders_can_be_named(fetch: Fetch, origin: Path, target: Path) -> None:
    url = sources.plain(origin / "a", TEXT)
    items = [entry(name, TEXT, url) for name in ("set/a", "set/b", "c", "d")]
    assert fetch(*items, names=("set/", "d")).exit_code == 0
    found = sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file())
    assert found == ["eval/d", "eval/set/a", "eval/set/b"]


def test_list_prints_every_file_and_licence() -> None:
    result = CliRunner().invoke(main, ["--list"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    files = load(EVAL).files
    assert len(lines) == len(files) + 1
    for line, file in zip(lines[1:], files, strict=True):
        assert line.startswith(file.name)
        assert line.endswith(file.licence)
