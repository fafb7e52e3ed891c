"""Files in, files out: the loop that compress and decompress share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, BinaryIO, Protocol

from neurocomp.cli.files.identity import FileId, InUse, file_id
from neurocomp.cli.files.inputs import Input, Source, check_readable, find_inputs, open_source
from neurocomp.cli.files.outputs import open_standard_output, open_target, output_folder
from neurocomp.cli.files.plan import Job, check_plan
from neurocomp.cli.options import InputOptions, OutputOptions
from neurocomp.cli.ui.progress import Totals, describe_sizes
from neurocomp.cli.ui.report import Refused, Reporter, display, say
from neurocomp.pipeline.files import is_channel, remove_input
from neurocomp.store.files import make_folder

if TYPE_CHECKING:
    from neurocomp.pipeline.parallel import Report
    from neurocomp.pipeline.streams import Sizes


class Conversion(Protocol):
    """The conversion of one file."""

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
        conversion: the conversion of each file.
        inputs: the files.
        outputs: places of the outputs.
        reporter: reporter of messages.
        in_use: models and dictionaries, which stay as they are.

    Attributes:
        jobs: the conversions to do; empty if an input cannot be read.

    Raises:
        UsageError: options that don't go together, or a run that would lose data.
    """

    def __init__(
        self,
        conversion: Conversion,
        inputs: InputOptions,
        outputs: OutputOptions,
        reporter: Reporter,
        in_use: InUse,
    ) -> None:
        self._conversion = conversion
        self._inputs = inputs
        self._outputs = outputs
        self._reporter = reporter
        self._folder = output_folder(inputs, outputs)
        self._is_frame_cut = False
        self._written: set[FileId] = set()
        self.jobs = self._plan(in_use)

    def _plan(self, in_use: InUse) -> list[Job]:
        """Find all inputs and what becomes of them; nothing is written yet."""
        reporter, wanted = self._reporter, self._conversion.is_wanted
        items = list(find_inputs(self._inputs, reporter, wanted, self._folder))
        jobs, readable = [], []
        for item in items:
            try:
                check_readable(item)
            except OSError as error:
                reporter.unreadable(item.name, error)
                continue
            readable.append(item)
            with reporter.guard(item.name):
                target = self._target(item)
                self._refuse_special(item, target)
                jobs.append(Job(item, target))
        if reporter.num_unreadable and not self._outputs.keep_going:
            if jobs:
                say("nothing was done: give --keep-going to work on the files that can be read")
            return []
        check_plan(readable, jobs, in_use, force=self._outputs.force, keep=self._outputs.keep)
        return jobs

    def run(self) -> int:
        """Do all jobs; return the exit code."""
        items = [job.item for job in self.jobs]
        with Totals(self._reporter, items, self._conversion.content_bytes) as totals:
            for job in self.jobs:
                if self._is_frame_cut:
                    message = "left out: standard output ends within a frame"
                    self._reporter.error(job.item.name, message)
                    continue
                with self._reporter.guard(job.item.name):
                    self._convert(job, totals)
        return self._reporter.exit_code

    def _convert(self, job: Job, totals: Totals) -> None:
        item, target = job.item, job.target
        start = perf_counter()
        if target is not None and not is_channel(target) and file_id(target) in self._written:
            # Only a file system that takes two names for one could have hidden it so far.
            raise Refused(
                f"{display(target)} is already the output of another input: give another -o"
            )
        with open_source(item) as source:
            self._conversion.check(source)
            with self._open_sink(target, item, source) as sink:
                report = totals.begin(item.name, shown=not sink.isatty())
                sizes = self._conversion.run(source, sink, report)
        totals.end(sizes)
        if target is not None and not is_channel(target):
            written = file_id(target)
            self._written |= set() if written is None else {written}
            if item.path is not None and not self._outputs.keep:
                remove_input(item.path, source.status, target)
        self._tell(job, sizes, perf_counter() - start)

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
        """Raise Refused for what is not a plain file, where that would surprise."""
        if item.path is None:
            return
        is_special = item.path.exists() and not item.path.is_file()
        if is_special and not self._is_explicit:
            raise Refused("is not a regular file: give -o FILE or -c to read it anyway")
        if self._outputs.keep:
            return
        if is_special or item.path.is_symlink():
            raise Refused("is not a regular file: --rm does not remove it")
        if (num_links := item.path.stat().st_nlink) > 1 and not self._outputs.force:
            raise Refused(
                f"has {num_links - 1} other hard link{'s' if num_links > 2 else ''}, which --rm "
                "would leave: give -f to remove this name anyway"
            )
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
            make_folder(target.parent)
        with open_target(target, item, source, binary=binary, force=force) as sink:
            yield sink

    def _tell(self, job: Job, sizes: Sizes, seconds: float) -> None:
        if sizes.note:
            self._reporter.detail(f"{job.item.name}: {sizes.note}")
        told = describe_sizes(sizes.content_bytes, sizes.frame_bytes, seconds)
        self._reporter.detail(f"{job.item.name}: {told}, to {job.target_name}")
