"""Where captioned images come from: a folder, a WebDataset tar, a JSONL or CSV table."""

from __future__ import annotations

import csv
import json
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from neurocomp.dalle.images import (
    CaptionedImages,
    ImageOptions,
    Skipped,
    UnusableImageError,
    open_image,
)
from neurocomp.errors import FormatError, UsageError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
CAPTION_SUFFIX = ".txt"
IMAGE_FIELDS = ("image", "path", "file", "file_name", "filename")
CAPTION_FIELDS = ("caption", "text")
NO_CAPTION, NOT_UTF8 = "no caption", "caption is not UTF-8"

Load = Callable[[], bytes]
Caption = str | UnusableImageError
"""What is written, or why it is none."""
Entry = tuple[str, Caption, Load]
"""Key, caption, what returns the image file."""


def read_images(
    source: Path, options: ImageOptions, *, with_captions: bool = True
) -> CaptionedImages:
    """Return the images of ``source`` in the order of their names, or of the table's lines.

    Args:
        source: a folder (and those below it) of images with caption files of the same stem; a tar
            file of the same; or a .jsonl or .csv table of paths and captions.
        options: how images are made equal.
        with_captions: whether an image without a caption is left out; otherwise captions are not
            read at all.

    Raises:
        UsageError: there is no such source, or no image in it that can be used.
        FormatError: a tar file or a table is damaged.
    """
    keys, captions, pixels, skipped = [], [], [], []
    for key, caption, load in _entries(source):
        try:
            if with_captions and isinstance(caption, UnusableImageError):
                raise caption
            try:
                content = load()
            except OSError as error:
                raise UnusableImageError(error.strerror or "cannot be read") from None
            except ValueError:  # a NUL in its path
                raise UnusableImageError("cannot be read") from None
            pixels.append(open_image(content, options))
        except UnusableImageError as error:
            skipped.append(Skipped(key, str(error)))
            continue
        keys.append(PurePosixPath(key).stem)
        captions.append(caption if isinstance(caption, str) else "")
    if not pixels:
        reasons = CaptionedImages((), (), np.zeros((0, 1, 1, 3), np.uint8), tuple(skipped)).report()
        raise UsageError(f"{source} has no image that can be used: {'; '.join(reasons) or 'empty'}")
    return CaptionedImages(
        tuple(keys), tuple(captions) if with_captions else (), np.stack(pixels), tuple(skipped)
    )


def _entries(source: Path) -> Iterator[Entry]:
    if source.is_dir():
        return _folder(source)
    if not source.is_file():
        raise UsageError(f"{source} does not exist: name a folder, a .tar, a .jsonl or a .csv")
    if source.suffix == ".tar":
        return _tar(source)
    if source.suffix in (".jsonl", ".csv"):
        return _table(source)
    raise UsageError(
        f"{source} is not a folder, and does not end in .tar, .jsonl or .csv, as tables of "
        "captioned images do"
    )


def _folder(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            written = path.with_suffix(CAPTION_SUFFIX)
            caption = _text(written.read_bytes() if written.is_file() else b"")
            yield path.relative_to(folder).as_posix(), caption, path.read_bytes


def _tar(path: Path) -> Iterator[Entry]:
    try:
        with tarfile.open(path) as archive:
            members = {str(PurePosixPath(one.name)): one for one in archive if one.isfile()}
            _require_end(archive)

            def load(name: str) -> bytes:
                file = archive.extractfile(members[name])
                assert file is not None
                return file.read()

            for name in members:
                if PurePosixPath(name).suffix.lower() not in IMAGE_SUFFIXES:
                    continue
                written = str(PurePosixPath(name).with_suffix(CAPTION_SUFFIX))
                caption = _text(load(written) if written in members else b"")
                yield name, caption, lambda name=name: load(name)  # type: ignore[misc]
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise FormatError(f"{path} is not a whole tar file: {error}") from None


def _require_end(archive: tarfile.TarFile) -> None:
    """Refuse a damaged header, which `tarfile` takes for the end; read on to the real one.

    Raises:
        tarfile.ReadError: there is something else where the archive should end.
    """
    file = archive.fileobj
    assert file is not None
    file.seek(archive.offset)
    if any(file.read(tarfile.BLOCKSIZE)):
        raise tarfile.ReadError(f"the header at {archive.offset} is damaged")
    while file.read(1 << 20):  # so that gzip compares its checksum
        pass


def _table(path: Path) -> Iterator[Entry]:
    """Paths in a table are relative to its folder."""
    for number, row in _rows(path):
        image = next((row[name] for name in IMAGE_FIELDS if row.get(name)), None)
        caption = next((row[name] for name in CAPTION_FIELDS if row.get(name)), None)
        if not isinstance(image, str):
            names = ", ".join(IMAGE_FIELDS)
            raise FormatError(f"{path}, row {number} names no image: call the field one of {names}")
        text = _sound(caption if isinstance(caption, str) else "")
        yield image, text, (path.parent / image).read_bytes


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix == ".csv":
                yield from ((n, dict(row)) for n, row in enumerate(csv.DictReader(file), start=1))
                return
            for number, line in enumerate(file, start=1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise FormatError(f"{path}, line {number} is not a JSON object")
                    yield number, row
    except (json.JSONDecodeError, UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{path} is not a {path.suffix[1:]} table: {error}") from None


def _text(content: bytes) -> Caption:
    """Return the caption in a file."""
    try:
        return _sound(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return UnusableImageError(NOT_UTF8)


def _sound(caption: str) -> Caption:
    """Return a caption without space around it, if something is left and has no half characters."""
    if any("\ud800" <= one <= "\udfff" for one in caption):
        return UnusableImageError(NOT_UTF8)
    return caption.strip() or UnusableImageError(NO_CAPTION)
