"""``neurocomp test``."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from neurocomp.cli.files.inputs import find_inputs, indexed_bytes, open_source, refuse_terminal
from neurocomp.cli.files.outputs import is_compressed_name
from neurocomp.cli.options import (
    InputOptions,
    build,
    input_options,
    max_size_option,
    message_options,
    model_path_option,
    threads_option,
)
from neurocomp.cli.ui.report import Reporter
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

    Prints nothing about sound files, unless -v is given.

    \b
    Examples:
      neurocomp test backup.tar.ncmp && echo sound
      neurocomp test -r -v archive
    """
    inputs, options = build(InputOptions, values), build(DecompressOptions, values)
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.cli.ui.progress import Totals

    items = list(find_inputs(inputs, reporter, is_compressed_name))
    if not items:
        return reporter.exit_code

    from neurocomp.pipeline.streams import decompress_stream

    with Totals(reporter, items, indexed_bytes) as totals:
        for item in items:
            with reporter.guard(item.name), open_source(item) as source:
                refuse_terminal(source)
                report = totals.begin(item.name, shown=True)
                sink = cast(BinaryIO, _Nowhere())
                sizes = decompress_stream(source.stream, sink, options, report)
                totals.end(sizes)
                reporter.detail(f"{item.name}: sound, {sizes.content_bytes} bytes of content")
    return reporter.exit_code


class _Nowhere(io.RawIOBase):
    """Takes everything and keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        return memoryview(data).nbytes
