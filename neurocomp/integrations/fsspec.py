"""fsspec: the compression ``ncmp``, and the file system ``ncmp``, which hides it.

    >>> from neurocomp.integrations.fsspec import register
    >>> register()
    >>> fsspec.open("s3://bucket/log.txt.ncmp", compression="infer")
    >>> fsspec.open("ncmp::s3://bucket/log.txt")  # the same file; needs no ``register``

The file system is chained before another one and shows its compressed files by the names of their
contents: ``log.txt`` where there is ``log.txt.ncmp``.  Sizes are those of contents, reading seeks
by block, and what is written is compressed.
"""

from __future__ import annotations

from typing import Any, Unpack

import fsspec
from fsspec.compression import compr, register_compression
from fsspec.spec import AbstractFileSystem

from neurocomp.errors import UsageError
from neurocomp.frame.index import read_index
from neurocomp.integrations import SUFFIX
from neurocomp.integrations.owned_file import OwnedFile
from neurocomp.library.arguments import CompressArguments, compress_options
from neurocomp.library.file_object import NeurocompFile
from neurocomp.library.streams import Stream

try:
    from fsspec.implementations.chained import ChainedFileSystem as _Chained
except ImportError:  # before fsspec 2025.10 any file system could be chained
    _Chained = AbstractFileSystem

NAME = SUFFIX.removeprefix(".")
"""Name of the compression and the file system in fsspec."""

_READING = ("threads", "model_path")
_MODES = ("rb", "wb", "ab", "xb")


def open_content(
    infile: Stream, mode: str = "rb", **arguments: Unpack[CompressArguments]
) -> NeurocompFile:
    """Return the content of ``infile`` as a file, as fsspec asks a compression for it.

    Args:
        infile: a binary file object, left open.
        mode: "rb", "wb" or "ab"; fsspec adds the text itself.
        arguments: those of ``neurocomp.compress``; of these, reading uses ``threads`` and
            ``model_path``.
    """
    return NeurocompFile(infile, mode, **_arguments_for(mode, arguments))


def register(**arguments: Unpack[CompressArguments]) -> None:
    """Register ``compression="ncmp"`` with ``fsspec.open``, which also infers it from the suffix.

    pandas, Dask and datasets open files by fsspec.  Each process that does calls this once; a
    second call replaces the arguments of the first.

    Args:
        arguments: those of ``neurocomp.compress``, for whatever is opened this way.

    Raises:
        TypeError, UsageError: as ``neurocomp.compress``.
        ValueError: another library's compression has the name or the suffix.
    """
    compress_options(**arguments)
    owner = compr.get(NAME)
    if owner is not None and getattr(owner, "__module__", None) != __name__:
        raise UsageError(
            f"fsspec already has a compression named {NAME!r}, of {owner.__module__}: "
            "use only one of the two"
        )

    def opened(infile: Stream, mode: str = "rb", **others: Any) -> NeurocompFile:
        return open_content(infile, mode, **{**arguments, **others})

    register_compression(NAME, opened, NAME, force=owner is not None)


class NeurocompFileSystem(_Chained):  # type: ignore[misc]
    """The contents of the compressed files of another file system.

    ``ncmp::s3://bucket/logs`` is a folder of ``s3://bucket/logs`` with its ``.ncmp`` files under
    the names of their contents, and its folders; other files are not shown.  A path may also be
    that of a compressed file itself, with its suffix.  Without another one it is the local file
    system: ``ncmp:///var/log``.

    A listing gives no sizes, which are inside the files; ``info`` reads them from the heads of the
    blocks.

    Args:
        fo: path of the chained URL, for URLs without one of their own.
        target_protocol: protocol of the other file system, as "s3".
        target_options: options of the other file system.
        fs: the other file system itself, instead of these two.
        arguments: those of ``neurocomp.compress``, as far as they are given.
        storage_options: those of any fsspec file system.
    """

    protocol = NAME
    root_marker = ""

    def __init__(
        self,
        fo: str = "",
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
        fs: Any = None,
        **storage_options: Any,
    ) -> None:
        known = CompressArguments.__optional_keys__
        given = {name: storage_options[name] for name in storage_options if name in known}
        compress_options(**given)
        others = {name: storage_options[name] for name in storage_options if name not in known}
        super().__init__(**others)
        self._arguments = given
        self.fs = fs or fsspec.filesystem(target_protocol or "file", **(target_options or {}))
        self._fo = self.fs._strip_protocol(fo) if fo else ""

    @property
    def fsid(self) -> str:
        """Identity of the file system, for those who keep what they read."""
        return f"{NAME}_{self.fs.fsid}"

    def _below(self, path: str) -> str:
        """Return the path below, without the suffix that a file has there."""
        path = self._strip_protocol(path) or self._fo
        if self._fo.endswith(SUFFIX) and path == self._fo.rpartition("/")[2].removesuffix(SUFFIX):
            return self._fo  # ncmp://a.txt::s3://bucket/a.txt.ncmp
        return path

    def _file(self, path: str) -> str:
        """Return the path of a compressed file below."""
        below = self._below(path)
        return below if below.endswith(SUFFIX) else below + SUFFIX

    def _folder(self, path: str) -> str:
        """Return the path of a folder below; that of the chained URL's file, for none."""
        return str(self._strip_protocol(path) or self.fs._parent(self._fo))

    def _entry(self, below: dict[str, Any]) -> dict[str, Any] | None:
        """Return the listing of an entry of the file system below; None for hidden ones."""
        if below["type"] == "directory":
            return {**below, "size": 0}
        if not below["name"].endswith(SUFFIX):
            return None
        name = below["name"].removesuffix(SUFFIX)
        return {**below, "name": name, "size": None, "compressed_size": below["size"]}

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Any]:
        """Return the entries of a folder, or of a file."""
        below = self._below(path)
        if below.endswith(SUFFIX) or not self.fs.isdir(below):
            entries = [self.info(path)]
        else:
            found = map(self._entry, self.fs.ls(below, detail=True, **kwargs))
            entries = [entry for entry in found if entry is not None]
        return entries if detail else [entry["name"] for entry in entries]

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        """Return the status of a file, with the size of its content, or of a folder."""
        file = self._file(path)
        try:
            below = self.fs.info(file, **kwargs)
        except FileNotFoundError:
            folder = self.fs.info(self._below(path), **kwargs)
            if folder["type"] != "directory":
                raise
            return folder  # type: ignore[no-any-return]
        entry = self._entry(below) or {**below, "compressed_size": below["size"]}
        with self.fs.open(file, "rb") as stream:
            frames = read_index(stream)
        entry["size"] = sum(place.decoded_bytes for frame in frames for place in frame.places)
        return entry

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> NeurocompFile:
        """Return the content of a file; a new one is compressed as it is written."""
        if mode not in _MODES:
            raise UsageError(f"mode {mode!r} is not one of {', '.join(_MODES)}")
        file = self._file(path)
        if mode == "xb" and self.fs.exists(file):
            raise FileExistsError(file)
        below = self.fs.open(file, "wb" if mode == "xb" else mode)
        return OwnedFile(below, mode.replace("x", "w"), **_arguments_for(mode, self._arguments))

    def created(self, path: str) -> Any:
        """Return when a file was created."""
        return self.fs.created(self._file(path))

    def modified(self, path: str) -> Any:
        """Return when a file was written."""
        return self.fs.modified(self._file(path))

    def ukey(self, path: str) -> str:
        """Return the fields that differ for a file."""
        return str(self.fs.ukey(self._file(path)))

    def mkdir(self, path: str, create_parents: bool = True, **kwargs: Any) -> None:
        """Make a folder."""
        self.fs.mkdir(self._folder(path), create_parents=create_parents, **kwargs)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Make a folder and those above it."""
        self.fs.makedirs(self._folder(path), exist_ok=exist_ok)

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        self.fs.rmdir(self._below(path))

    def _rm(self, path: str) -> None:
        if self.fs.exists(file := self._file(path)):
            self.fs.rm_file(file)
        else:
            self.rmdir(path)

    rm_file = _rm

    def cp_file(self, path1: str, path2: str, **kwargs: Any) -> None:
        """Copy a file as it is, compressed, or make the folder."""
        if self.isdir(path1):
            self.makedirs(path2, exist_ok=True)
        else:
            self.fs.cp_file(self._file(path1), self._file(path2), **kwargs)


def _arguments_for(mode: str, arguments: Any) -> Any:
    """Return those of the arguments of a codec that a file of that mode takes."""
    if mode[0] != "r":
        return arguments
    return {name: arguments[name] for name in _READING if name in arguments}
