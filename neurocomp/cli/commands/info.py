"""``neurocomp info``."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from neurocomp.cli.files.inputs import find_inputs, open_source, refuse_terminal, seekable
from neurocomp.cli.files.outputs import is_compressed_name
from neurocomp.cli.options import (
    InputOptions,
    build,
    input_options,
    message_options,
    model_path_option,
)
from neurocomp.cli.ui.report import Reporter
from neurocomp.cli.ui.text import format_table

if TYPE_CHECKING:
    from neurocomp.pipeline.inspect import BlockInfo, FrameInfo, ModelInfo

_HEADER = (
    "file",
    "model",
    "coder",
    "coded with",
    "blocks",
    "content",
    "compressed",
    "bpb",
    "share",
)


@click.command(short_help="Show what is in compressed files.")
@input_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, with every block.")
@model_path_option
@message_options
def info(**values: Any) -> int:
    """Show what is in each FILE: models, coders, sizes in bytes, bits per byte.

    The output says how blocks were coded: a preset codes each block by contexts alone or by a
    network mixed with contexts, and stores blocks that would not shrink.  Of a language model,
    its window and lanes are shown.  With -v every block is listed, with its model, lanes,
    sections and transforms.

    Only headers are read; 'neurocomp test' finds damage in the data.

    \b
    Examples:
      neurocomp info *.ncmp
      neurocomp info --json report.txt.ncmp
    """
    inputs = build(InputOptions, values)
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.pipeline.inspect import inspect_frames

    found: list[FileInfo] = []
    for item in find_inputs(inputs, reporter, is_compressed_name):
        with reporter.guard(item.name), open_source(item) as source:
            refuse_terminal(source)
            with seekable(source) as stream:
                frames = inspect_frames(stream, values["model_path"])
            found.append(FileInfo(item.name, frames, item.argument))
    if values["as_json"]:
        click.echo(json.dumps([one.to_json() for one in found], indent=2))
        return reporter.exit_code
    if found:
        click.echo(_table(found))
    for one in found:
        for frame in one.frames:
            if frame.missing is not None:
                reporter.note(f"{one.name}: cannot be decoded here: {frame.missing}")
    if values["verbose"]:
        for one in found:
            click.echo("\n" + _block_table(one))
    return reporter.exit_code


@dataclass(frozen=True)
class FileInfo:
    """The frames of one file.

    Attributes:
        name: name for people.
        frames: frames of the file.
        argument: argument that opens it again: its name, or "-".
    """

    name: str
    frames: list[FrameInfo]
    argument: str

    @property
    def content_bytes(self) -> int:
        """Size of the content."""
        return sum(frame.content_bytes for frame in self.frames)

    @property
    def compressed_bytes(self) -> int:
        """Size of the file."""
        return sum(frame.frame_bytes for frame in self.frames)

    def to_json(self) -> dict[str, Any]:
        """Return the output of ``--json``."""
        return {
            # Bytes that are not UTF-8 are surrogates here, which os.fsencode turns back.
            "file": self.argument,
            "content_bytes": self.content_bytes,
            "compressed_bytes": self.compressed_bytes,
            "frames": [
                {
                    **dataclasses.asdict(frame),
                    "model": frame.model,
                    "missing": frame.missing,
                    "coded_with": frame.coded_with,
                }
                for frame in self.frames
            ],
        }


def _table(found: list[FileInfo]) -> str:
    rows = [
        (
            one.name,
            _join(_name(model) for frame in one.frames for model in frame.models),
            _join(model.coder for frame in one.frames for model in frame.models),
            _count(one.frames),
            str(sum(len(frame.blocks) for frame in one.frames)),
            *_sizes(one.content_bytes, one.compressed_bytes),
        )
        for one in found
    ]
    if len(found) > 1:
        total = [sum(sizes) for sizes in zip(*map(_totals, found), strict=True)]
        rows.append(("(total)", "", "", "", str(total[0]), *_sizes(total[1], total[2])))
    return format_table(_HEADER, rows, num_left=4)


def _totals(one: FileInfo) -> tuple[int, int, int]:
    num_blocks = sum(len(frame.blocks) for frame in one.frames)
    return num_blocks, one.content_bytes, one.compressed_bytes


def _sizes(content_bytes: int, compressed_bytes: int) -> tuple[str, str, str, str]:
    if not content_bytes:
        return "0", str(compressed_bytes), "-", "-"
    share = compressed_bytes / content_bytes
    return str(content_bytes), str(compressed_bytes), f"{8 * share:.3f}", f"{100 * share:.1f}%"


def _join(names: Any) -> str:
    return ", ".join(dict.fromkeys(names))


def _count(frames: list[FrameInfo]) -> str:
    """Return what the blocks were coded with, and the number of each if there are several kinds."""
    counts = Counter(_method(block) for frame in frames for block in frame.blocks)
    if len(counts) < 2:
        return "".join(counts)
    return ", ".join(f"{number} {name}" for name, number in counts.items())


def _name(model: ModelInfo) -> str:
    """Return a model's name, with its window where that slides."""
    return f"{model.model} (window {model.window})" if model.window else model.model


def _method(block: BlockInfo) -> str:
    """Return what a block was coded with, with its lanes where they are of a language model."""
    from neurocomp.registry.catalogue import LANGUAGE

    if not block.coded_with.startswith(LANGUAGE):
        return block.coded_with
    return f"{block.coded_with} ({block.num_lanes} lane{'s' * (block.num_lanes > 1)})"


def _model_line(number: int, model: ModelInfo) -> str:
    """Return a frame's information on one of its models."""
    dictionary = f", dictionary {model.dictionary}" if model.dictionary else ""
    window = f", window {model.window}" if model.window else ""
    return (
        f"  model {number}: {model.model}, {model.family} revision {model.revision}, hash "
        f"{model.hash}, symbols {model.symbols}, coder {model.coder}{window}{dictionary}"
    )


def _block_table(one: FileInfo) -> str:
    header = (
        "frame",
        "block",
        "coded with",
        "model",
        "offset",
        "content",
        "compressed",
        "lanes",
        "sections",
        "variant",
        "transforms",
    )
    rows = [
        (
            str(frame_number),
            str(block_number),
            block.coded_with,
            "-" if block.model is None else str(block.model + 1),
            str(block.offset),
            str(block.content_bytes),
            str(block.stored_bytes),
            str(block.num_lanes),
            str(block.num_sections),
            str(block.variant),
            ", ".join(block.transforms) or "-",
        )
        for frame_number, frame in enumerate(one.frames, start=1)
        for block_number, block in enumerate(frame.blocks, start=1)
    ]
    lines = []
    for number, frame in enumerate(one.frames, start=1):
        lines.append(
            f"{one.name}: frame {number} at {frame.offset}, {frame.frame_bytes} bytes, "
            f"coded with {_count([frame])}"
        )
        lines += [_model_line(at, model) for at, model in enumerate(frame.models, start=1)]
    return "\n".join([*lines, format_table(header, rows, num_left=3)])
