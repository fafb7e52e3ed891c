"""``neurocomp decompress``."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from neurocomp.cli.files.identity import InUse
from neurocomp.cli.files.inputs import Source, indexed_bytes, refuse_terminal, seekable
from neurocomp.cli.files.outputs import content_name, is_compressed_name
from neurocomp.cli.options import (
    STDIN,
    InputOptions,
    OutputOptions,
    build,
    decoding_options,
    input_options,
    max_size_option,
    message_options,
    model_path_option,
    output_options,
    threads_option,
)
from neurocomp.cli.ui.report import Reporter
from neurocomp.errors import UsageError
from neurocomp.pipeline.options import DecompressOptions

if TYPE_CHECKING:
    from neurocomp.pipeline.parallel import Report
    from neurocomp.pipeline.recover import LostRange
    from neurocomp.pipeline.streams import Sizes


@click.command(short_help="Decompress files.")
@input_options
@output_options
@decoding_options
@max_size_option
@threads_option
@model_path_option
@message_options
def decompress(**values: Any) -> int:
    """Decompress each FILE.ncmp to FILE, or standard input to standard output.

    A file gets its name only when all of it is decoded and every checksum is right.  Standard
    output gets each block as soon as it is decoded; later damage then ends in exit code 1.

    \b
    Examples:
      neurocomp decompress report.txt.ncmp     writes report.txt
      neurocomp decompress -c log.ncmp | grep error
      neurocomp decompress --range 1MiB-1100KiB log.ncmp
      neurocomp decompress --recover -o rest.txt damaged.ncmp
      neurocomp decompress --recover --fill -o disk.img disk.img.ncmp
    """
    parts = build(PartOptions, values)
    inputs, outputs = build(InputOptions, values), build(OutputOptions, values)
    options = build(DecompressOptions, values)
    if parts.is_partial and not outputs.keep:
        raise UsageError("--rm needs the whole file to be decompressed")
    if parts.as_json and (outputs.stdout or (STDIN in inputs.files and outputs.output is None)):
        raise UsageError("--json prints to standard output: give -o FILE for the content")
    if parts.byte_range is not None:
        if len(inputs.files) > 1 or inputs.recursive:
            raise UsageError("--range reads one file")
        outputs = replace(outputs, stdout=outputs.output is None)
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.cli.files.conversion import Converter

    decompression = Decompression(options, parts, reporter)
    in_use = InUse(model_path=options.model_path)
    converter = Converter(decompression, inputs, outputs, reporter, in_use)
    if converter.jobs:
        converter.run()
    if parts.as_json:
        click.echo(json.dumps(decompression.recoveries, indent=2))
    return reporter.exit_code


@dataclass(frozen=True)
class PartOptions:
    """The part of the content to decode.

    Attributes:
        byte_range: bytes of the content, the second one excluded.
        recover: decode what is sound of a damaged file.
        fill: write zeros for the rest.
        as_json: print what is lost as JSON.
    """

    byte_range: tuple[int, int] | None
    recover: bool
    fill: bool
    as_json: bool

    def __post_init__(self) -> None:
        if self.byte_range is not None and self.recover:
            raise UsageError("--range and --recover exclude each other")
        if (self.fill or self.as_json) and not self.recover:
            raise UsageError("--fill and --json go with --recover")

    @property
    def is_partial(self) -> bool:
        """Whether the output need not be the whole content."""
        return self.byte_range is not None or self.recover


class Decompression:
    """Frames to content."""

    is_output_binary = False

    def __init__(self, options: DecompressOptions, parts: PartOptions, reporter: Reporter) -> None:
        self._options = options
        self._parts = parts
        self._reporter = reporter
        self.recoveries: list[dict[str, Any]] = []
        """Results of `--recover`, for `--json`."""

    def is_wanted(self, path: Path) -> bool:
        """Return whether ``path`` looks compressed."""
        return is_compressed_name(path)

    def output_name(self, relative: Path) -> Path:
        """Return ``relative`` without the suffix."""
        return content_name(relative)

    def check(self, source: Source) -> None:
        """Refuse a terminal."""
        refuse_terminal(source)

    def content_bytes(self, source: Source) -> int | None:
        """Return the size of the content, as the file records it."""
        if self._parts.is_partial:
            return None
        return indexed_bytes(source)

    def run(self, source: Source, sink: BinaryIO, report: Report) -> Sizes:
        """Decompress what was asked for."""
        from neurocomp.pipeline.streams import decompress_stream

        if self._parts.byte_range is not None:
            return self._decompress_range(source, sink, report)
        if self._parts.recover:
            return self._recover(source, sink, report)
        return decompress_stream(source.stream, sink, self._options, report)

    def _decompress_range(self, source: Source, sink: BinaryIO, report: Report) -> Sizes:
        start, stop = self._parts.byte_range or (0, 0)

        from neurocomp.pipeline.seekable import decompress_range
        from neurocomp.pipeline.streams import Sizes

        with seekable(source) as stream:
            size = decompress_range(stream, sink, start, stop, self._options, report)
        return Sizes(size, source.status.st_size)

    def _recover(self, source: Source, sink: BinaryIO, report: Report) -> Sizes:
        from neurocomp.pipeline.recover import recover_stream
        from neurocomp.pipeline.streams import Sizes

        with seekable(source) as stream:
            recovery = recover_stream(stream, sink, self._options, report, fill=self._parts.fill)
        for lost in recovery.lost:
            self._reporter.error(source.name, _describe(lost))
        self.recoveries.append({"file": _name_of(source), **recovery.to_json()})
        return Sizes(recovery.content_bytes, source.status.st_size)


def _describe(lost: LostRange) -> str:
    if lost.is_written:
        return f"bytes {lost.start} to {lost.stop} need not be what was compressed: {lost.reason}"
    if lost.stop is None:
        return f"lost bytes from {lost.start} on, how many is not known: {lost.reason}"
    if lost.stop == lost.start:
        return f"damaged at byte {lost.start}, without a loss of content: {lost.reason}"
    return f"lost bytes {lost.start} to {lost.stop}: {lost.reason}"


def _name_of(source: Source) -> str:
    """Return the file's name as it can be opened."""
    name = getattr(source.stream, "name", None)
    return name if isinstance(name, str) else source.name
