"""Reading training files."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from neurocomp.errors import FormatError, UsageError
from neurocomp.training.data import read_documents


def contents(*paths: Path, split: bool = False, max_bytes: int | None = None) -> list[bytes]:
    return [bytes(one) for one in read_documents(paths, split=split, max_bytes=max_bytes)]


def test_plain_and_xz(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\x1etwo\x1e\x1e")
    (tmp_path / "b.xz").write_bytes(lzma.compress(b"three\x1efour"))
    paths = tmp_path / "a", tmp_path / "b.xz"
    assert contents(*paths) == [b"one\x1etwo\x1e\x1e", b"three\x1efour"]
    assert contents(*paths, split=True) == [b"one", b"two", b"three", b"four"]
    assert contents(*paths, split=True, max_bytes=5) == [b"one", b"t", b"three"]


def test_an_empty_file_has_no_documents(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert contents(tmp_path / "a") == []


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere does not exist"):
        contents(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="not a file"):
        contents(tmp_path)
    with pytest.raises(UsageError, match="max_bytes is 0"):
        contents(tmp_path, max_bytes=0)
    (tmp_path / "bad.xz").write_bytes(b"no xz")
    with pytest.raises(FormatError, match=r"bad\.xz is not a whole"):
        contents(tmp_path / "bad.xz")
    (tmp_path / "short.xz").write_bytes(lzma.compress(bytes(1000))[:-10])
    with pytest.raises(FormatError, match=r"short\.xz is not a whole"):
        contents(tmp_path / "short.xz")
