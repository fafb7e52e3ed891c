"""Bytes to bytes: the library's counterparts of the command line's two main commands."""

from __future__ import annotations

import io
from pathlib import Path

from neurocomp.pipeline.options import CompressOptions, DecompressOptions
from neurocomp.pipeline.streams import compress_stream, decompress_stream


def compress(
    data: bytes,
    *,
    preset: str = "default",
    model: str | None = None,
    coder: str = "arithmetic",
    block_bytes: int | None = None,
    threads: int = 0,
    verify: bool | None = None,
    model_path: tuple[Path, ...] = (),
    overlap: int | None = None,
    dictionary: str | None = None,
) -> bytes:
    """Return ``data`` as one frame.

    Args:
        data: any bytes, empty ones included.
        preset: "fast", "default" or "best".
        model: name, hash prefix or file of a model, instead of the preset's.
        coder: "arithmetic" or "huffman".
        block_bytes: content of a block, instead of the preset's.
        threads: blocks that are coded at once; 0 for as many as there are cores.
        verify: decode every block again and compare.
        model_path: files and folders that are searched for models besides the store.
        overlap: symbols of a full window of context that the next one starts with.
        dictionary: name, hash prefix or file of a dictionary; ``decompress`` needs it as well,
            and finds it as it finds models.

    Raises:
        UsageError: options that are out of range or don't go together.
        ModelNotFoundError: there is no such model.
    """
    sink = io.BytesIO()
    options = CompressOptions(
        preset, model, coder, block_bytes, threads, verify, model_path, overlap, dictionary
    )
    compress_stream(io.BytesIO(data), sink, options)
    return sink.getvalue()


def decompress(
    data: bytes,
    *,
    threads: int = 0,
    model_path: tuple[Path, ...] = (),
    max_output: int | None = None,
) -> bytes:
    """Return the content of the frames in ``data``.

    Args:
        data: one or more frames, one behind the other.
        threads: blocks that are decoded at once; 0 for as many as there are cores.
        model_path: files and folders that are searched for models besides the store.
        max_output: most bytes of content that are taken, for data of strangers: a few bytes may
            stand for gigabytes of zeros.

    Raises:
        SizeLimitError: there is more content than ``max_output`` bytes.
        FormatError: the data is damaged, truncated, or not made of frames.
        ModelError: a model that a frame names is missing or not the right one.
    """
    sink = io.BytesIO()
    decompress_stream(io.BytesIO(data), sink, DecompressOptions(threads, model_path, max_output))
    return sink.getvalue()
