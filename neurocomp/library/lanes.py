"""Records side by side in the lanes of a model that predicts many at once, as transformers do."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from neurocomp.frame.block import Block, Method
from neurocomp.frame.reader import FrameBlock, FrameEnd
from neurocomp.frame.writer import FrameWriter
from neurocomp.pipeline.block_checks import check_block
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.choice import FrameEncoder
from neurocomp.pipeline.options import CompressOptions

LOOK_AHEAD = 64
"""Records that are taken at once, to put those together that are about as long."""

LANES = 16
"""Records side by side."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield `LOOK_AHEAD` items at a time; what comes before an error of ``items`` is yielded."""
    iterator = iter(items)
    while chunk := list(islice(iterator, LOOK_AHEAD)):
        yield chunk


def together(
    sizes: Sequence[int | None], work: Callable[[list[int]], list[Result]]
) -> dict[int, Result]:
    """Do ``work`` on groups of about the same size.

    Args:
        sizes: the size of each item; None for one that is not to be joined.
        work: takes the numbers of a group's items.

    Returns:
        The result of each item, by its number.
    """
    known = [(size, number) for number, size in enumerate(sizes) if size is not None]
    order = [number for _, number in sorted(known)]
    results: dict[int, Result] = {}
    for start in range(0, len(order), LANES):
        group = order[start : start + LANES]
        results.update(zip(group, work(group), strict=True))
    return results


def encode_chunk(
    coder: BlockCoder, options: CompressOptions, contents: list[bytes]
) -> dict[int, bytes]:
    """Return the frames of those of ``contents`` that are one block, by their numbers."""
    one_block = range(1, options.resolved_block_bytes + 1)
    sizes = [len(content) if len(content) in one_block else None for content in contents]

    def encode(group: list[int]) -> list[Block]:
        return coder.encode_together([contents[number] for number in group])

    blocks = together(sizes, encode)
    return {
        number: _frame(coder, options, contents[number], block) for number, block in blocks.items()
    }


def decode_chunk(
    coder: BlockCoder, frames: list[list[FrameBlock | FrameEnd]]
) -> dict[int, bytes | Exception]:
    """Return the contents of those of ``frames`` that are one coded block, by their numbers.

    What is wrong with one is in its place.
    """
    blocks: dict[int, Block] = {}
    results: dict[int, bytes | Exception] = {}
    for number, events in enumerate(frames):
        first = events[0] if len(events) == 2 else None
        if not isinstance(first, FrameBlock) or first.header.models != (coder.entry,):
            continue
        if first.block.method is not Method.STORED:
            try:
                check_block(first.header, first.block)
                blocks[number] = first.block
            except Exception as error:
                results[number] = error
    sizes = [
        -(-blocks[number].num_symbols // blocks[number].num_lanes) if number in blocks else None
        for number in range(len(frames))
    ]

    def decode(group: list[int]) -> list[bytes | Exception]:
        return list(coder.decode_together([blocks[number] for number in group]))

    return results | together(sizes, decode)


def _frame(coder: BlockCoder, options: CompressOptions, content: bytes, block: Block) -> bytes:
    encoder = FrameEncoder(coder, options)
    coded = encoder.consider(block, content, lambda _: None)
    header, block, _ = encoder.choose_alone(coded)
    sink = io.BytesIO()
    writer = FrameWriter(sink, header)
    writer.add(block, content)
    writer.close()
    return sink.getvalue()
