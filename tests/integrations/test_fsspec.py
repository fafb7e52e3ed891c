"""fsspec with neurocomp: the compression, and the chained file system."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from neurocomp.errors import FormatError, UsageError
from tests.conftest import make_text

fsspec = pytest.importorskip("fsspec")

TEXT = make_text(8_000)


@pytest.fixture
def compression() -> Iterator[None]:
    from fsspec.compression import compr
    from fsspec.utils import compressions

    from neurocomp.integrations.fsspec import register

    register(preset="fast")
    yield
    del compr["ncmp"], compressions["ncmp"]


@pytest.fixture
def memory() -> Iterator[Any]:
    """A file system that is none of local files."""
    filesystem = fsspec.filesystem("memory")
    yield filesystem
    filesystem.store.clear()
    filesystem.pseudo_dirs[:] = [""]


def fast(fs: Any = None, **options: Any) -> Any:
    return fsspec.filesystem("ncmp", fs=fs, preset="fast", skip_instance_cache=True, **options)


@pytest.mark.usefixtures("compression")
@pytest.mark.parametrize("given", ["ncmp", "infer"])
def test_the_compression_by_name_and_by_suffix(tmp_path: Path, given: str) -> None:
    path = tmp_path / "text.ncmp"
    with fsspec.open(path, "wb", compression=given) as file:
        file.write(TEXT)
    assert neurocomp.decompress(path.read_bytes()) == TEXT
    assert neurocomp.info(path)[0].models[0].family == "mix"
    with fsspec.open(path, "rb", compression=given) as file:
        file.seek(5_000)
        assert file.read(10) == TEXT[5_000:5_010]
    with fsspec.open(path, "rt", compression=given, encoding="utf-8") as file:
        assert file.readline() == TEXT.decode().splitlines(keepends=True)[0]


@pytest.mark.usefixtures("compression")
def test_registering_again_replaces_the_arguments(tmp_path: Path) -> None:
    from neurocomp.integrations.fsspec import register

    register(model="adaptive")
    path = tmp_path / "text.ncmp"
    with fsspec.open(path, "wb", compression="infer") as file:
        file.write(TEXT[:500])
    assert neurocomp.info(path)[0].models[0].family == "adaptive"
    with pytest.raises(UsageError, match="no preset 'fastest'"):
        register(preset="fastest")


def test_another_owner_of_the_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.compression import compr

    from neurocomp.integrations.fsspec import register

    monkeypatch.setitem(compr, "ncmp", lambda file, mode: file)
    with pytest.raises(UsageError, match=r"already has a compression named 'ncmp', of tests\."):
        register()


def test_fsspec_finds_the_file_system_without_a_call() -> None:
    from neurocomp.integrations.fsspec import NeurocompFileSystem

    assert fsspec.get_filesystem_class("ncmp") is NeurocompFileSystem


def test_a_chained_url_reads_and_writes_contents(memory: Any) -> None:
    with fsspec.open("ncmp::memory://folder/a.txt", "wb", ncmp={"preset": "fast"}) as file:
        file.write(TEXT)
    assert memory.ls("/folder", detail=False) == ["/folder/a.txt.ncmp"]
    assert neurocomp.decompress(memory.cat("/folder/a.txt.ncmp")) == TEXT
    for url in (
        "ncmp::memory://folder/a.txt",
        "ncmp::memory://folder/a.txt.ncmp",
        "ncmp://a.txt::memory://folder/a.txt.ncmp",
    ):
        with fsspec.open(url) as file:
            assert file.read() == TEXT, url
    with fsspec.open("ncmp::memory://folder/a.txt", "rt") as text:
        assert text.read().encode() == TEXT


def test_a_folder_shows_contents(memory: Any) -> None:
    fs = fast(memory)
    fs.makedirs("/set/below")
    fs.pipe_file("/set/a.txt", TEXT)
    fs.pipe_file("/set/below/b.txt", b"b" * 1_000)
    memory.pipe_file("/set/other", b"not compressed")
    assert fs.ls("/set", detail=False) == ["/set/a.txt", "/set/below"]
    assert fs.find("/set") == ["/set/a.txt", "/set/below/b.txt"]
    assert fs.glob("/set/**/*.txt") == ["/set/a.txt", "/set/below/b.txt"]
    assert fs.exists("/set/a.txt")
    assert fs.isdir("/set/below")
    assert not fs.exists("/set/other")
    info = fs.info("/set/a.txt")
    assert (info["name"], info["type"], info["size"]) == ("/set/a.txt", "file", len(TEXT))
    assert info["compressed_size"] == memory.size("/set/a.txt.ncmp") < len(TEXT)
    assert fs.cat_file("/set/a.txt", 7_000, 7_020) == TEXT[7_000:7_020]
    assert fs.du("/set") == len(TEXT) + 1_000
    fs.cp_file("/set/a.txt", "/set/copy.txt")
    fs.mv("/set/copy.txt", "/set/moved.txt")
    assert fs.cat("/set/moved.txt") == TEXT
    assert memory.cat("/set/moved.txt.ncmp") == memory.cat("/set/a.txt.ncmp")
    fs.rm("/set/below", recursive=True)
    fs.rm("/set/a.txt")
    assert memory.find("/set") == ["/set/moved.txt.ncmp", "/set/other"]
    assert not memory.exists("/set/below")


def test_local_files_need_no_chain(tmp_path: Path) -> None:
    (tmp_path / "a.txt.ncmp").write_bytes(neurocomp.compress(TEXT, preset="fast"))
    with fsspec.open(f"ncmp://{tmp_path}/a.txt") as file:
        assert file.read() == TEXT
    with pytest.raises(FileNotFoundError):
        fsspec.open(f"ncmp://{tmp_path}/b.txt").open()


def test_files_are_appended_to_and_not_overwritten_where_asked(tmp_path: Path) -> None:
    fs = fast()
    for mode in ("xb", "ab"):
        with fs.open(f"{tmp_path}/a.txt", mode) as file:
            file.write(TEXT[:100])
    assert fs.cat(f"{tmp_path}/a.txt") == TEXT[:100] * 2
    assert fs.fsid == "ncmp_local"
    with pytest.raises(FileExistsError):
        fs.open(f"{tmp_path}/a.txt", "xb")
    with pytest.raises(UsageError, match=r"mode 'r\+b' is not one of rb, wb, ab, xb"):
        fs.open(f"{tmp_path}/a.txt", "r+b")


def test_damage_is_an_error(memory: Any) -> None:
    frame = bytearray(neurocomp.compress(TEXT, preset="fast"))
    frame[len(frame) // 2] ^= 1
    memory.pipe_file("/a.ncmp", bytes(frame))
    with pytest.raises(FormatError):
        fast(memory).cat("/a")
    memory.pipe_file("/b.ncmp", b"no frame")
    with pytest.raises(FormatError):
        fast(memory).info("/b")


def test_it_goes_to_other_processes(memory: Any) -> None:
    fs = fsspec.filesystem("ncmp", target_protocol="memory", preset="fast")
    again = pickle.loads(pickle.dumps(fs))
    again.pipe_file("/a", TEXT)
    assert neurocomp.info(memory.open("/a.ncmp"))[0].models[0].family == "mix"
    assert again == fs


def test_pyarrow_reads_contents_by_it(tmp_path: Path) -> None:
    dataset = pytest.importorskip("pyarrow.dataset")
    arrow = pytest.importorskip("pyarrow.fs")
    fs = fast()
    for name in ("a", "b"):
        fs.pipe_file(f"{tmp_path}/{name}.csv", f"name,size\n{name},1\n".encode())
    filesystem = arrow.PyFileSystem(arrow.FSSpecHandler(fs))
    table = dataset.dataset(str(tmp_path), filesystem=filesystem, format="csv").to_table()
    assert sorted(table.to_pylist(), key=str) == [
        {"name": "a", "size": 1},
        {"name": "b", "size": 1},
    ]
