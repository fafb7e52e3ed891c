"""Files in, files out: the loop that compress and decompress share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import BinaryIO, Protocol

from neurocomp.cli.inputs import Input, Source, find_inputs, open_source
from neurocomp.cli.options import InputOptions, OutputOptions
from neurocomp.cli.outputs import open_standard_output, open_target, output_folder
from neurocomp.cli.progress import ProgressBar, is_progress_shown
from neurocomp.cli.report import Refused, Reporter, display
from neurocomp.pipeline.files import is_channel, remove_input
from neurocomp.pipeline.parallel import Report
from neurocomp.pipeline.streams import Sizes


class Conversion(Protocol):
    """What is done to each file."""

    @property
    def is_output_binary(self) -> bool:
        """Whether the output is nothing for a terminal."""

    def is_wanted(self, path: Path) -> bool:
        """Return whether a file that was found in a folder is one for this conversion."""

    def output_name(self, relative: Path) -> Path:
        """Return the name of the output.

        Raises:
            Refused: the input's name gives none.
        """

    def check(self, source: Source) -> None:
        """Look at an open input.

        Raises:
            Refused: it is nothing for this conversion.
        """

    def content_bytes(self, source: Source) -> int | None:
        """Return the size of the content, where it can be known beforehand."""

    def run(self, source: Source, sink: BinaryIO, report: Report) -> Sizes:
        """Convert ``source`` to ``sink``."""


class Converter:
    """Runs a conversion over all inputs.

    Args:
        conversion: what is done.
        inputs: the files.
        outputs: where their conversions go.
        reporter: told what happens.

    Raises:
        UsageError: options that don't go together.
    """

    def __init__(
        self,
        conversion: Conversion,
        inputs: InputOptions,
        outputs: OutputOptions,
        reporter: Reporter,
    ) -> None:
        self._conversion = conversion
        self._inputs = inputs
        self._outputs = outputs
        self._reporter = reporter
        self._folder = output_folder(inputs, outputs)
        self._is_frame_cut = False
        self._written: set[Path] = set()

    def run(self) -> int:
        """Convert every input; return the exit code."""
        for item in find_inputs(self._inputs, self._reporter, self._conversion.is_wanted):
            if self._is_frame_cut:
                self._reporter.error(item.name, "left out: standard output ends within a frame")
                continue
            with self._reporter.guard(item.name):
                self._convert(item)
        return self._reporter.exit_code

    def _convert(self, item: Input) -> None:
        start = perf_counter()
        target = self._target(item)
        self._refuse_special(item, target)
        if target is not None and _place(target) in self._written and not is_channel(target):
            raise Refused(f"{display(target)} is already made of another input: give another -o")
        with open_source(item) as source:
            self._conversion.check(source)
            with self._open_sink(target, item, source) as sink:
                sizes = self._run(item, source, sink)
        if target is not None:
            self._written.add(_place(target))
        if target is not None and item.path is not None and not self._outputs.keep:
            remove_input(item.path, source.status, target)
        self._tell(item, target, sizes, perf_counter() - start)

    @property
    def _is_explicit(self) -> bool:
        return self._outputs.stdout or self._outputs.output is not None

    def _target(self, item: Input) -> Path | None:
        """Return the output file; None for standard output."""
        if self._folder is not None:
            return self._folder / self._conversion.output_name(item.relative)
        if self._outputs.output is not None:
            return self._outputs.output
        if self._outputs.stdout or item.path is None:
            return None
        return self._conversion.output_name(item.path)

    def _refuse_special(self, item: Input, target: Path | None) -> None:
        """Raise Refused for what is no plain file, where that would surprise."""
        if item.path is None:
            return
        is_special = item.path.exists() and not item.path.is_file()
        if is_special and not self._is_explicit:
            raise Refused("is not a regular file: give -o FILE or -c to read it all the same")
        if self._outputs.keep:
            return
        if is_special or item.path.is_symlink():
            raise Refused("is not a regular file: --rm does not remove it")
        if target is not None and is_channel(target):
            raise Refused(f"--rm needs a file as output, which {display(target)} is not")

    @contextmanager
    def _open_sink(self, target: Path | None, item: Input, source: Source) -> Iterator[BinaryIO]:
        binary, force = self._conversion.is_output_binary, self._outputs.force
        if target is None:
            with open_standard_output(source, binary=binary, force=force) as sink:
                try:
                    yield sink
                except BaseException:
                    self._is_frame_cut = binary
                    raise
            return
        if self._folder is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
        with open_target(target, item, source, binary=binary, force=force) as sink:
            yield sink

    def _run(self, item: Input, source: Source, sink: BinaryIO) -> Sizes:
        shown = is_progress_shown(quiet=self._reporter.quiet) and not sink.isatty()
        total_bytes = self._conversion.content_bytes(source) if shown else None
        with ProgressBar(item.name, total_bytes, shown=shown) as progress:
            return self._conversion.run(source, sink, progress.report)

    def _tell(self, item: Input, target: Path | None, sizes: Sizes, seconds: float) -> None:
        if sizes.note:
            self._reporter.detail(f"{item.name}: {sizes.note}")
        content_bytes, frame_bytes = sizes.content_bytes, sizes.frame_bytes
        rate = f", {8 * frame_bytes / content_bytes:.3f} bits per byte" if content_bytes else ""
        self._reporter.detail(
            f"{item.name}: {content_bytes} bytes of content, {frame_bytes} compressed{rate}, "
            f"{content_bytes / max(seconds, 1e-9) / 1000:.0f} KB/s, "
            f"to {'standard output' if target is None else display(target)}"
        )


def _place(target: Path) -> Path:
    """Return the one path of a file that may not be there yet."""
    return target.parent.resolve() / target.name
