"""Training data, decompressed and tokenised once."""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from neurocomp.errors import UsageError
from neurocomp.training.data import SymbolCache


def test_bytes_are_mapped_and_read_once(tmp_path: Path) -> None:
    path = tmp_path / "prose.txt.xz"
    path.write_bytes(lzma.compress(b"one\x1etwo\x1e\x1ethree"))
    cache = SymbolCache(tmp_path / "cache")
    symbols = cache.load(path)
    assert symbols.tobytes() == b"one\x1etwo\x1ethree"
    assert isinstance(symbols, np.memmap)
    (entry,) = (tmp_path / "cache").iterdir()
    written = entry.stat().st_mtime_ns
    assert np.array_equal(cache.load(path), symbols)
    assert entry.stat().st_mtime_ns == written


def test_entries_go_by_content_and_alphabet(tmp_path: Path) -> None:
    path = tmp_path / "prose.txt"
    calls: list[bytes] = []

    def encode(document: bytes) -> Sequence[int]:
        calls.append(document)
        return [300 + len(document)]

    cache = SymbolCache(tmp_path / "cache", "lengths", 999, encode)
    path.write_bytes(b"ab\x1ecde")
    assert cache.load(path).tolist() == [302, 999, 303]
    assert cache.load(path).tolist() == [302, 999, 303]
    assert calls == [b"ab", b"cde"]
    path.write_bytes(b"abcd")
    assert cache.load(path).tolist() == [304]
    assert SymbolCache(tmp_path / "cache").load(path).tolist() == list(b"abcd")
    path.write_bytes(b"")
    assert cache.load(path).tolist() == []
    assert SymbolCache(tmp_path / "cache").load(path).tolist() == []


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        SymbolCache(tmp_path).load(tmp_path / "prose.txt")
