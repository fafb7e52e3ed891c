"""Files of training text are known by their first bytes."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neurocomp import compress
from neurocomp.cli.entry import run
from neurocomp.errors import FormatError, UsageError
from neurocomp.training.data import SymbolCache, read_content, read_documents

TEXT = b"one\x1etwo, and more of it\n" * 50


def zstd(content: bytes) -> bytes:
    zstandard = pytest.importorskip("zstandard")
    compressed: bytes = zstandard.ZstdCompressor().compress(content)
    return compressed


WRITERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "by first bytes"])
def test_compressed_text_is_read(tmp_path: Path, suffix: str, is_named: bool) -> None:
    path = tmp_path / ("prose.txt" + (suffix if is_named else ""))
    content = WRITERS[suffix](TEXT)
    path.write_bytes(content)
    assert read_content(path) == TEXT
    assert read_content(path, 10) == TEXT[:10]
    assert SymbolCache(tmp_path / "cache").load(path).tobytes() == TEXT
    path.write_bytes(content + content)  # as these tools append
    assert read_content(path) == TEXT + TEXT


@pytest.mark.parametrize("suffix", WRITERS)
def test_damaged_ones_are_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"prose.txt{suffix}"
    content = WRITERS[suffix](bytes(range(256)) * 40)
    for damaged in (content[:-12], content[: len(content) // 2], b"plain text", content[:6]):
        path.write_bytes(damaged)
        with pytest.raises(
            FormatError, match=rf"prose\.txt\{suffix} is not a whole \{suffix} file"
        ):
            read_content(path)
    path.write_bytes(b"")
    assert read_content(path) == b""


def picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, kind)
    return stream.getvalue()


def archive(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w") as file:
            file.writestr("a.txt", TEXT)
    else:
        with tarfile.open(fileobj=stream, mode="w") as tar:
            member = tarfile.TarInfo("a.txt")
            member.size = len(TEXT)
            tar.addfile(member, io.BytesIO(TEXT))
    return stream.getvalue()


def array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.arange(3))
    return stream.getvalue()


OTHERS: dict[str, Callable[[], bytes]] = {
    "a zip archive": lambda: archive("zip"),
    "a tar archive": lambda: archive("tar"),
    "a 7z archive": lambda: b"7z\xbc\xaf\x27\x1c" + bytes(40),
    "a PNG image": lambda: picture("PNG"),
    "a JPEG image": lambda: picture("JPEG"),
    "a GIF image": lambda: picture("GIF"),
    "a TIFF image": lambda: picture("TIFF"),
    "a WEBP file": lambda: picture("WEBP"),
    "a PDF": lambda: b"%PDF-1.7\n" + bytes(40),
    "a numpy array": array,
    "a file of neurocomp": lambda: compress(TEXT, model="mix"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_text_is_refused(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prose.txt"
    path.write_bytes(OTHERS[kind]())
    with pytest.raises(
        UsageError, match=rf"prose\.txt is not text: by its first bytes it is {kind}"
    ):
        read_documents([path])
    # Also where it is compressed.
    path.write_bytes(gzip.compress(OTHERS[kind]()))
    with pytest.raises(UsageError, match=rf"what is compressed in it is {kind}"):
        read_documents([path])
    output = tmp_path / "x.safetensors"
    assert run(["train", "ngram", str(path), "-o", str(output)]) == 2
    assert "prose.txt is not text" in capsys.readouterr().err
    assert not output.exists()


def test_compressed_twice(tmp_path: Path) -> None:
    path = tmp_path / "prose.txt.gz"
    path.write_bytes(gzip.compress(lzma.compress(TEXT)))
    with pytest.raises(UsageError, match=r"what is compressed in it is a \.xz file"):
        read_content(path)


def test_numbers_of_tokens_may_begin_like_anything(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    content = OTHERS["a zip archive"]()
    path.write_bytes(content)
    assert read_content(path, is_text=False) == content
    named = tmp_path / "tokens.gz"
    named.write_bytes(gzip.compress(content))
    assert read_content(named, is_text=False) == content


def test_where_no_library_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "prose.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    load = importlib.import_module

    def refuse(name: str) -> object:
        if "zst" in name:
            raise ImportError(name)
        return load(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(UsageError, match=r"prose\.zst: reading \.zst needs .*neurocomp\[bench\]"):
        read_content(path)


def test_samples_in_folders_are_left_out_with_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_bytes(b"Dear all,\nthis is a letter.\n" * 4)
    (folder / "photo.png").write_bytes(picture("PNG"))
    output = tmp_path / "x.dict"
    assert run(["train", "dict", "-r", str(folder), "-o", str(output)]) == 0
    assert "1 files are archives or images: left out" in capsys.readouterr().err
    assert b"PNG" not in output.read_bytes()
