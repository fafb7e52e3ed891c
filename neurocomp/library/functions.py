"""The command line's commands as functions: bytes to bytes, and whole files."""

from __future__ import annotations

import builtins
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from neurocomp.library.arguments import (
    ModelPath,
    PathArgument,
    compress_options,
    decompress_options,
)
from neurocomp.library.streams import (
    Buffer,
    Sink,
    Source,
    Stream,
    ViewSource,
    byte_view,
    check_stream,
    is_path,
)
from neurocomp.pipeline.inspect import FrameInfo, inspect_frames
from neurocomp.pipeline.recover import Recovery, recover_stream
from neurocomp.pipeline.seekable import decompress_range
from neurocomp.pipeline.streams import Sizes, compress_stream, decompress_stream


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
    window: int | None = None,
) -> bytes:
    """Return ``data`` as one frame.

    Args:
        data: any object with the buffer protocol (bytes, memoryview, an array...); may be empty.
        preset: "fast", "default", "best" or "max".
        model: name, hash prefix or file of a model, to use instead of the preset's.
        coder: "arithmetic" or "huffman".
        block_bytes: bytes of content in a block, instead of the preset's.
        threads: blocks that are coded at once; 0 for as many as there are cores.
        verify: decode every block again and compare.
        model_path: a file or folder, or several, to search for models as well as the store.
        overlap: symbols that the next window of context keeps of a full one.
        dictionary: name, hash prefix or file of a dictionary; ``decompress`` needs it too, and
            finds it in the same way as models.
        window: symbols that a language model with a sliding window looks back.

    Raises:
        TypeError: ``data`` is not a buffer, or an argument has a type that it can't have.
        UsageError: options are out of range or don't go together.
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
            window=window,
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
        model_path: a file or folder, or several, to search for models as well as the store.
        max_output: most bytes of content to accept, for untrusted data: a few bytes may decode to
            gigabytes of zeros.

    Raises:
        TypeError: ``data`` is not a buffer, or an argument has a type that it can't have.
        SizeLimitError: there is more content than ``max_output`` bytes.
        FormatError: the data is damaged, truncated, or not made of frames.
        ModelError: a model that a frame names is missing or not the right one.
    """
    sink = io.BytesIO()
    with byte_view(data) as view:
        options = decompress_options(threads, model_path, max_output)
        decompress_stream(cast(BinaryIO, ViewSource(view)), sink, options)
    return sink.getvalue()


def info(file: PathArgument | Stream, *, model_path: ModelPath = ()) -> list[FrameInfo]:
    """Return information on the frames of a file, without decoding them.

    Args:
        file: a path, or a binary file object that seeks, read from its current position.
        model_path: a file or folder, or several, to search for models as well as the store.

    Raises:
        FormatError: the file is not made of frames.
        OSError: it cannot be read.
    """
    options = decompress_options(0, model_path)
    with _opened(file) as source:
        return inspect_frames(source, options.model_path)


def check(file: PathArgument | Stream, *, threads: int = 0, model_path: ModelPath = ()) -> Sizes:
    """Decode and check a whole file, and discard its content.

    Args:
        file: a path, or a binary file object, read from its current position.
        threads: blocks that are decoded at once; 0 for as many as there are cores.
        model_path: a file or folder, or several, to search for models as well as the store.

    Returns:
        The bytes of content and of frames.

    Raises:
        FormatError: the file is damaged, truncated or not made of frames.
        ModelError: a model is missing or not the right one.
        OSError: it cannot be read.
    """
    options = decompress_options(threads, model_path)
    with _opened(file) as source:
        return decompress_stream(source, cast(BinaryIO, _Nothing()), options)


def read_range(
    file: PathArgument | Stream,
    start: int,
    stop: int,
    *,
    threads: int = 0,
    model_path: ModelPath = (),
) -> bytes:
    """Return bytes ``start`` to ``stop`` (exclusive) of the content of a file.

    Only the blocks that hold them are decoded.  A range that exceeds the content is cut at its end.

    Args:
        file: a path, or a binary file object that seeks, read from its current position.
        start: the first byte.
        stop: the byte after the last.
        threads: blocks that are decoded at once; 0 for as many as there are cores.
        model_path: a file or folder, or several, to search for models as well as the store.

    Raises:
        UsageError: the range is empty, or starts past the end of the content.
        FormatError: a block of the range, or the file's structure, is damaged.
        ModelError: a model is missing or not the right one.
        OSError: the file cannot be read.
    """
    options = decompress_options(threads, model_path)
    sink = io.BytesIO()
    with _opened(file) as source:
        decompress_range(source, sink, start, stop, options)
    return sink.getvalue()


def recover(
    file: PathArgument | Stream,
    sink: Stream,
    *,
    fill: bool = False,
    threads: int = 0,
    model_path: ModelPath = (),
    max_output: int | None = None,
) -> Recovery:
    """Write the sound blocks of a damaged file to ``sink``, in order.

    Args:
        file: a path, or a binary file object that seeks, read from its current position.
        sink: a binary file object, left open.
        fill: write zeros for lost bytes, where their number is known, so that the rest keeps its
            place.
        threads: blocks that are decoded at once; 0 for as many as there are cores.
        model_path: a file or folder, or several, to search for models as well as the store.
        max_output: most bytes to write.

    Returns:
        How many bytes were written, and which ranges of the content are lost.

    Raises:
        SizeLimitError: more would be written than ``max_output`` allows.
        FormatError: there is no part of a frame in the file.
        ModelError: a model is missing or not the right one; this is not damage.
        OSError: the file cannot be read, or ``sink`` not written.
    """
    check_stream(sink, "write")
    options = decompress_options(threads, model_path, max_output)
    with _opened(file) as source:
        return recover_stream(source, cast(BinaryIO, Sink(sink)), options, fill=fill)


class _Nothing:
    """Takes bytes and forgets them."""

    def write(self, data: bytes, /) -> int:
        return len(data)


@contextmanager
def _opened(file: PathArgument | Stream) -> Iterator[BinaryIO]:
    if is_path(file):
        with builtins.open(cast(PathArgument, file), "rb") as opened:
            yield opened
    else:
        check_stream(file, "read")
        yield Source(file).binary
