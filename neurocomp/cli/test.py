"""``neurocomp test``."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from neurocomp.cli.inputs import Source, find_inputs, open_source, refuse_terminal
from neurocomp.cli.options import (
    InputOptions,
    build,
    input_options,
    max_size_option,
    message_options,
    model_path_option,
    threads_option,
)
from neurocomp.cli.outputs import SUFFIX
from neurocomp.cli.progress import ProgressBar, is_progress_shown
from neurocomp.cli.report import Reporter
from neurocomp.pipeline.options import DecompressOptions

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@click.command(short_help="Check compressed files.")
@input_options
@max_size_option
@threads_option
@model_path_option
@message_options
def test(**values: Any) -> int:
    """Decode each FILE without writing anything, and check every checksum.

    Nothing is said of sound files, unless with -v.

    \b
    Examples:
      neurocomp test backup.tar.ncmp && echo sound
      neurocomp test -r -v archive
    """
    inputs, options = build(InputOptions, values), build(DecompressOptions, values)
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.cli.compilation import announced_compilation

    with announced_compilation(reporter):
        for item in find_inputs(inputs, reporter, is_compressed):
            with reporter.guard(item.name), open_source(item) as source:
                refuse_terminal(source)
                content_bytes = _decode(source, options, reporter)
                reporter.detail(f"{item.name}: sound, {content_bytes} bytes of content")
    return reporter.exit_code


def is_compressed(path: Path) -> bool:
    """Return whether a file in a folder looks like one of ours."""
    return path.suffix == SUFFIX


def _decode(source: Source, options: DecompressOptions, reporter: Reporter) -> int:
    from neurocomp.pipeline.streams import decompress_stream

    shown = is_progress_shown(quiet=reporter.quiet)
    with ProgressBar(source.name, None, shown=shown) as progress:
        sink = cast(BinaryIO, _Nowhere())
        return decompress_stream(source.stream, sink, options, progress.report).content_bytes


class _Nowhere(io.RawIOBase):
    """Takes everything and keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        return memoryview(data).nbytes
