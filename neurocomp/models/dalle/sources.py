"""Sources of captioned images: a folder, a WebDataset tar, a JSONL, CSV or TSV table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TextIO

import numpy as np

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.dalle.images import (
    MAX_CAPTION_BYTES,
    MAX_IMAGE_BYTES,
    MAX_LINE_BYTES,
    CaptionedImages,
    ImageOptions,
    Skipped,
    UnusableImageError,
    open_image,
    read_file,
    require_total,
)
from neurocomp.models.dalle.tars import open_tar
from neurocomp.names import printable

TABLE_SUFFIXES = (".jsonl", ".csv", ".tsv")
IMAGE_FIELDS = ("image", "path", "file", "file_name", "filename")
CAPTION_FIELDS = ("caption", "text")


def read_table(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the image's path, as the table has it, and the caption of each row.

    Raises:
        FormatError: the table is damaged, or a row names no image.
    """
    for number, row in _rows(path):
        image = next((row[name] for name in IMAGE_FIELDS if row.get(name)), None)
        caption = next((row[name] for name in CAPTION_FIELDS if row.get(name)), None)
        if not isinstance(image, str):
            names = ", ".join(IMAGE_FIELDS)
            raise FormatError(
                f"{printable(path)}, row {number} names no image: call the field one of {names}"
            )
        yield image, caption if isinstance(caption, str) else ""


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    kind = path.suffix[1:].lower()
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = _lines(file)
            if kind != "jsonl":
                dialect = "excel" if kind == "csv" else "excel-tab"
                for number, row in enumerate(csv.DictReader(lines, dialect=dialect), start=1):
                    yield number, dict(row)
                return
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise FormatError(f"line {number} is not a JSON object")
                    yield number, row
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{printable(path)} is not a {kind} table in UTF-8: {error.reason} at byte "
            f"{error.start} of a piece; save it as UTF-8"
        ) from None
    except FormatError as error:
        raise FormatError(f"{printable(path)}: {error}") from None
    except (ValueError, csv.Error, RecursionError) as error:
        raise FormatError(
            f"{printable(path)} is not a {kind} table: row {number + (kind != 'jsonl')}: "
            f"{printable(str(error), 200)}"
        ) from None


def _lines(file: TextIO) -> Iterator[str]:
    """Yield lines; raises FormatError at one that is too long to be one of a table."""
    number = 1
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise FormatError(f"line {number} is longer than {MAX_LINE_BYTES} characters")
        yield line
        number += 1


IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
CAPTION_SUFFIX = ".txt"
NO_CAPTION, NOT_UTF8 = "no caption", "caption is not UTF-8"

Load = Callable[[], bytes]
Caption = str | UnusableImageError
"""The caption, or why it can't be used."""
Entry = tuple[str, Caption, Load]
"""Key, caption, what returns the image file."""


def read_images(
    source: Path, options: ImageOptions, *, with_captions: bool = True
) -> CaptionedImages:
    """Return the images of ``source`` in the order of their names, or of the table's lines.

    Args:
        source: a folder (and those below it) of images with caption files of the same stem; a tar
            file of the same; or a .jsonl, .csv or .tsv table of paths and captions.
        options: size of the images and the way of resizing.
        with_captions: whether an image without a caption is left out; otherwise captions are not
            read at all.

    Raises:
        UsageError: there is no such source, or no image in it that can be used.
        FormatError: a tar file or a table is damaged, or beyond a limit.
    """
    keys, captions, pixels, skipped = [], [], [], []
    num_bytes = 0
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
            num_bytes += pixels[-1].nbytes
        except UnusableImageError as error:
            skipped.append(Skipped(key, str(error)))
            continue
        try:
            require_total(num_bytes)
        except FormatError as error:
            raise FormatError(f"{printable(source)}: {error}") from None
        keys.append(PurePosixPath(key).stem)
        captions.append(caption if isinstance(caption, str) else "")
    if not pixels:
        reasons = CaptionedImages((), (), np.zeros((0, 1, 1, 3), np.uint8), tuple(skipped)).report()
        raise UsageError(
            f"{printable(source)} has no image that can be used: {'; '.join(reasons) or 'empty'}"
        )
    return CaptionedImages(
        tuple(keys), tuple(captions) if with_captions else (), np.stack(pixels), tuple(skipped)
    )


def _entries(source: Path) -> Iterator[Entry]:
    if source.is_dir():
        return _folder(source)
    if not source.is_file():
        raise UsageError(
            f"{printable(source)} does not exist: name a folder, a .tar, a .jsonl, a .csv or a .tsv"
        )
    suffix = source.suffix.lower()
    if suffix == ".tar":
        return _tar(source)
    if suffix in TABLE_SUFFIXES:
        return _table(source)
    raise UsageError(
        f"{printable(source)} is not a folder, and does not end in .tar, .jsonl, .csv or .tsv, as "
        "tables of captioned images do"
    )


def _folder(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            written = path.with_suffix(CAPTION_SUFFIX)
            key = path.relative_to(folder).as_posix()
            caption = _caption(partial(_read_caption, written)) if written.is_file() else _text(b"")
            yield key, caption, partial(_read_image, path)


def _tar(path: Path) -> Iterator[Entry]:
    with open_tar(path) as archive:
        for name in archive:
            if PurePosixPath(name).suffix.lower() not in IMAGE_SUFFIXES:
                continue
            written = str(PurePosixPath(name).with_suffix(CAPTION_SUFFIX))
            caption = _text(b"")
            if written in archive:
                caption = _caption(partial(archive.caption, written))
            yield name, caption, partial(archive.image, name)


def _table(path: Path) -> Iterator[Entry]:
    """Paths in a table are relative to its folder."""
    for image, caption in read_table(path):
        yield image, _sound(caption), partial(_read_image, path.parent / image)


def _read_image(path: Path) -> bytes:
    return read_file(path, MAX_IMAGE_BYTES, "a file")


def _read_caption(path: Path) -> bytes:
    return read_file(path, MAX_CAPTION_BYTES, "a caption")


def _caption(load: Load) -> Caption:
    try:
        return _text(load())
    except UnusableImageError as error:
        return error


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
