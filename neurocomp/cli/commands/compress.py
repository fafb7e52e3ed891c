"""``neurocomp compress``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from neurocomp.cli.files.identity import InUse
from neurocomp.cli.files.inputs import Source, begins_as_frame
from neurocomp.cli.files.outputs import SUFFIX, compressed_name, is_compressed_name
from neurocomp.cli.model_options import model_options
from neurocomp.cli.options import (
    InputOptions,
    OutputOptions,
    build,
    input_options,
    message_options,
    model_path_option,
    output_options,
    threads_option,
)
from neurocomp.cli.ui.progress import is_progress_shown
from neurocomp.cli.ui.report import Refused, Reporter
from neurocomp.pipeline.options import CompressOptions

if TYPE_CHECKING:
    from neurocomp.pipeline.parallel import Report
    from neurocomp.pipeline.streams import Sizes


@click.command(short_help="Compress files.")
@input_options
@output_options
@model_options
@threads_option
@model_path_option
@message_options
def compress(**values: Any) -> int:
    """Compress each FILE to FILE.ncmp, or standard input to standard output.

    A FILE of "-" is standard input.  Permissions and modification time are kept.

    \b
    Examples:
      neurocomp compress report.txt            writes report.txt.ncmp
      neurocomp compress -9 -r --rm logs       every file in a folder, in its place
      tar c src | neurocomp compress > src.tar.ncmp
      neurocomp compress -m adaptive --coder huffman -o out.ncmp book.txt
    """
    inputs, outputs = build(InputOptions, values), build(OutputOptions, values)
    options = build(CompressOptions, values)
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.cli.files.conversion import Converter

    in_use = InUse(options.model, options.dictionary, options.model_path)
    converter = Converter(Compression(options, outputs), inputs, outputs, reporter, in_use)
    if not converter.jobs:
        return reporter.exit_code
    if (options.model or "").startswith("hf:") and (
        reporter.verbose or is_progress_shown(quiet=reporter.quiet)
    ):
        from neurocomp.models.hub.environment import listen

        listen(reporter.note)

    from neurocomp.pipeline.blocks import BlockCoder

    # A wrong model or coder is one message, not one for each file.
    BlockCoder.for_options(options)
    return converter.run()


class Compression:
    """Content to a frame."""

    is_output_binary = True

    def __init__(self, options: CompressOptions, outputs: OutputOptions) -> None:
        self._options = options
        self._force = outputs.force

    def is_wanted(self, path: Path) -> bool:
        """Return whether ``path`` is not compressed already, by its name and its first bytes."""
        return not is_compressed_name(path) and not begins_as_frame(path)

    def output_name(self, relative: Path) -> Path:
        """Return ``relative`` with the suffix."""
        if is_compressed_name(relative) and not self._force:
            raise Refused(f"already ends in {SUFFIX}: give -f to compress it anyway")
        return compressed_name(relative)

    def check(self, source: Source) -> None:
        """Accept everything: any bytes can be compressed."""

    def content_bytes(self, source: Source) -> int | None:
        """Return the size of the input."""
        return source.status.st_size if source.is_regular else None

    def run(self, source: Source, sink: BinaryIO, report: Report) -> Sizes:
        """Compress."""
        from neurocomp.pipeline.streams import compress_stream

        return compress_stream(source.stream, sink, self._options, report)
