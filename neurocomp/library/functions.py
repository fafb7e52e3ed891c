"""Bytes to bytes: the library's counterparts of the command line's two main commands."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from neurocomp.library.arguments import (
    ModelPath,
    PathArgument,
    compress_options,
    decompress_options,
)
from neurocomp.library.buffers import Buffer, ViewSource, byte_view
from neurocomp.pipeline.streams import compress_stream, decompress_stream


def compress(
    data: Buffer,
    *,
    preset: str | None = "default",
    model: PathArgument | None = None,
    coder: str | None = "arithmetic",
    block_bytes: int | None = None,
    threads: int = 0,
    verify: bool | None = None,
    model_path: ModelPath = (),
    overlap: int | None = None,
    dictionary: PathArgument | None = None,
) -> bytes:
    """Return ``data`` as one frame.

    Args:
        data: any object that shows its bytes (bytes, memoryview, an array...), empty ones included.
        preset: "fast", "default" or "best".
        model: name, hash prefix or file of a model, instead of the preset's.
        coder: "arithmetic" or "huffman".
        block_bytes: content of a block, instead of the preset's.
        threads: blocks that are coded at once; 0 for as many as there are cores.
        verify: decode every block again and compare.
        model_path: a file or folder, or several, searched for models besides the store.
        overlap: symbols of a full window of context that the next one starts with.
        dictionary: name, hash prefix or file of a dictionary; ``decompress`` needs it as well,
            and finds it as it finds models.

    Raises:
        TypeError: ``data`` is no buffer, or an argument has a type that it can't have.
        UsageError: options that are out of range or don't go together.
        ModelNotFoundError: there is no such model.
    """
    sink = io.BytesIO()
    with byte_view(data) as view:
        options = compress_options(
            preset=preset,
            model=model,
            coder=coder,
            block_bytes=block_bytes,
            threads=threads,
            verify=verify,
            model_path=model_path,
            overlap=overlap,
            dictionary=dictionary,
        )
        compress_stream(cast(BinaryIO, ViewSource(view)), sink, options)
    return sink.getvalue()


def decompress(
    data: Buffer, *, threads: int = 0, model_path: ModelPath = (), max_output: int | None = None
) -> bytes:
    """Return the content of the frames in ``data``.

    Args:
        data: one or more frames, one after the other.
        threads: blocks that are decoded at once; 0 for as many as there are cores.
        model_path: a file or folder, or several, searched for models besides the store.
        max_output: most bytes of content that are taken, for data of strangers: a few bytes may
            stand for gigabytes of zeros.

    Raises:
        TypeError: ``data`` is no buffer, or an argument has a type that it can't have.
        SizeLimitError: there is more content than ``max_output`` bytes.
        FormatError: the data is damaged, truncated, or not made of frames.
        ModelError: a model that a frame names is missing or not the right one.
    """
    sink = io.BytesIO()
    with byte_view(data) as view:
        options = decompress_options(threads, model_path, max_output)
        decompress_stream(cast(BinaryIO, ViewSource(view)), sink, options)
    return sink.getvalue()
