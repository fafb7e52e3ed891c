"""Sources for the fetcher's tests: files and archives on this machine, and their manifests."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any


def tar_gz(path: Path, members: dict[str, bytes]) -> str:
    """Write a tar.gz and return its URL."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path.as_uri()


def linked_tar(path: Path, name: str, target: str) -> str:
    """Write a tar whose member ``name`` is a symbolic link, and return its URL."""
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo(name)
        info.type = tarfile.SYMTYPE
        info.linkname = target
        tar.addfile(info)
    return path.as_uri()


def zip_archive(path: Path, members: dict[str, bytes]) -> str:
    """Write a zip and return its URL."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return path.as_uri()


def plain(path: Path, content: bytes) -> str:
    """Write a file and return its URL."""
    path.write_bytes(content)
    return path.as_uri()


def entry(name: str, content: bytes, *sources: str, **recipe: str | int) -> dict[str, Any]:
    """Return the manifest entry of a file that should have ``content``."""
    item: dict[str, Any] = {
        "name": name,
        "kind": "test",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "Apache-2.0",
        "sources": list(sources),
    }
    return {**item, "recipe": recipe} if recipe else item


def manifest(path: Path, *entries: dict[str, Any]) -> Path:
    """Write a manifest of the set ``eval``."""
    path.write_text(json.dumps({"set": "eval", "files": entries}), encoding="utf-8")
    return path
