"""Captioned images as a folder or a WebDataset tar."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from numpy import uint8
from numpy.typing import NDArray

from neurocomp.dalle.pictures import png
from neurocomp.models.files import write_atomically

Captioned = tuple[str, NDArray[uint8]]
"""A caption and an image (height, width, 3)."""


def write_folder(images: Iterable[Captioned], folder: Path) -> int:
    """Write 00000.png and 00000.txt and so on into ``folder``; return how many images."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, content in _files(images):
        (folder / name).write_bytes(content)
        count += name.endswith(".png")
    return count


def write_tar(images: Iterable[Captioned], path: Path) -> int:
    """Write the same as one tar file, which is the same each time; return how many images."""
    stream = io.BytesIO()
    count = 0
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in _files(images):
            member = tarfile.TarInfo(name)  # of no owner, at time 0
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
            count += name.endswith(".png")
    write_atomically(path, stream.getvalue())
    return count


def _files(images: Iterable[Captioned]) -> Iterator[tuple[str, bytes]]:
    for number, (caption, pixels) in enumerate(images):
        yield f"{number:05}.png", png(pixels)
        yield f"{number:05}.txt", f"{caption}\n".encode()
