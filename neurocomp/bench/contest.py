"""Measuring compressors: every size is that of an output that was decoded and compared."""

from __future__ import annotations

import bz2
import io
import lzma
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

from neurocomp.errors import NeurocompError
from neurocomp.extras import optional
from neurocomp.pipeline.options import CompressOptions, DecompressOptions
from neurocomp.pipeline.streams import compress_stream, decompress_stream

_WARM_UP = bytes(range(256)) * 16


@dataclass(frozen=True)
class Contestant:
    """A compressor under the name that tables give it."""

    name: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Result:
    """The result of one contestant on one file.

    Attributes:
        file: the file's name.
        name: the contestant's.
        content_bytes: size of the file.
        compressed_bytes: size of the output, headers and checksums included.
        compress_seconds: CPU time of all threads together.
        decompress_seconds: likewise.
    """

    file: str
    name: str
    content_bytes: int
    compressed_bytes: int
    compress_seconds: float
    decompress_seconds: float

    @property
    def bits_per_byte(self) -> float:
        """Compressed bits for each byte of content."""
        return 8 * self.compressed_bytes / self.content_bytes if self.content_bytes else 0.0

    @property
    def compress_speed(self) -> float:
        """Bytes of content for each second of CPU time."""
        return self.content_bytes / max(self.compress_seconds, 1e-9)

    @property
    def decompress_speed(self) -> float:
        """Bytes of content for each second of CPU time."""
        return self.content_bytes / max(self.decompress_seconds, 1e-9)


def measure(
    contestants: Sequence[Contestant], file: str, content: bytes, repeats: int = 1
) -> list[Result]:
    """Compress and decompress ``content``; times are medians of ``repeats``.

    Contestants take turns, so that what slows the machine for a while slows all of them.

    Raises:
        NeurocompError: an output does not decode to the content.
    """
    rounds = [
        [_measure_once(contestant, file, content) for contestant in contestants]
        for _ in range(repeats)
    ]
    return [
        replace(
            results[0],
            compress_seconds=median(result.compress_seconds for result in results),
            decompress_seconds=median(result.decompress_seconds for result in results),
        )
        for results in zip(*rounds, strict=True)
    ]


def _measure_once(contestant: Contestant, file: str, content: bytes) -> Result:
    start = process_time()
    compressed = contestant.compress(content)
    middle = process_time()
    decoded = contestant.decompress(compressed)
    end = process_time()
    if decoded != content:
        raise NeurocompError(f"{contestant.name} does not give the content of {file} back")
    return Result(
        file, contestant.name, len(content), len(compressed), middle - start, end - middle
    )


def warm_up(contestant: Contestant) -> None:
    """Let a contestant load what it needs, so that no measurement includes it."""
    contestant.decompress(contestant.compress(_WARM_UP))


def totals(results: list[Result]) -> list[Result]:
    """Return the sums over the files for each contestant; none where there is one file only."""
    if len({result.file for result in results}) < 2:
        return []
    by_name: dict[str, list[Result]] = {}
    for result in results:
        by_name.setdefault(result.name, []).append(result)
    return [
        Result(
            "(total)",
            name,
            sum(result.content_bytes for result in group),
            sum(result.compressed_bytes for result in group),
            sum(result.compress_seconds for result in group),
            sum(result.decompress_seconds for result in group),
        )
        for name, group in by_name.items()
    ]


def with_options(name: str, options: CompressOptions) -> Contestant:
    """Return neurocomp with the given options."""
    back = DecompressOptions(options.threads, options.model_path)

    def compress(content: bytes) -> bytes:
        sink = io.BytesIO()
        compress_stream(io.BytesIO(content), sink, options)
        return sink.getvalue()

    def decompress(frames: bytes) -> bytes:
        sink = io.BytesIO()
        decompress_stream(io.BytesIO(frames), sink, back)
        return sink.getvalue()

    return Contestant(name, compress, decompress)


def peers() -> Iterator[Contestant]:
    """Yield other compressors at their strongest usual setting, where they are installed.

    The first does nothing: it is the floor.
    """
    yield Contestant("copy", bytes, bytes)
    yield Contestant("bzip2 -9", bz2.compress, bz2.decompress)
    yield Contestant(
        "xz -9e", partial(lzma.compress, preset=9 | lzma.PRESET_EXTREME), lzma.decompress
    )
    if (zstandard := optional("zstandard")) is not None:
        compressor = zstandard.ZstdCompressor(level=19)
        yield Contestant("zstd -19", compressor.compress, zstandard.ZstdDecompressor().decompress)
    if (brotli := optional("brotli")) is not None:
        compress = partial(brotli.compress, quality=11, lgwin=24)
        yield Contestant("brotli -q 11", compress, brotli.decompress)


def machine() -> str:
    """Return the processor and the versions that speeds depend on."""
    from neurocomp import _core

    name = platform.processor() or platform.machine()
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.exists():
        lines = cpu_info.read_text(errors="replace").splitlines()
        models = [line.partition(":")[2].strip() for line in lines if "model name" in line]
        name = next(iter(models), name)
    return f"{name} ({_core.processor()}), Python {platform.python_version()}"
