"""Sets in file systems that move files and can't copy them."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

fsspec = pytest.importorskip("fsspec")

from fsspec.implementations.memory import MemoryFileSystem  # noqa: E402

from neurocomp.bulk.url_place import UrlPlace  # noqa: E402


class MovingFileSystem(MemoryFileSystem):  # type: ignore[misc]
    """Moves by the very names, as that of SFTP."""

    protocol = "moves"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    def cp_file(self, path1: str, path2: str, **options: Any) -> None:
        raise NotImplementedError

    def mv(self, path1: str, path2: str, **options: Any) -> None:
        self.store[self._strip_protocol(path2)] = self.store.pop(self._strip_protocol(path1))


@pytest.mark.parametrize("way", ["", "simplecache::", "dir::"])
def test_files_are_moved_where_they_cannot_be_copied(way: str) -> None:
    fsspec.register_implementation("moves", MovingFileSystem, clobber=True)
    MovingFileSystem.store.clear()
    place = UrlPlace(f"{way}moves:///set")
    with place.new_file("a/b.txt") as file:
        file.write(b"content")
    with place.open("a/b.txt") as file:
        assert file.read() == b"content"
    assert [name.rpartition("/set/")[2] for name in MovingFileSystem.store] == ["a/b.txt"]
