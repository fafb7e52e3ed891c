"""From a file to its explanation."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.trace import NUM_LIKELY, Asked, Bits
from neurocomp.explain.explanation import NO_OFFSET, Entries, Explanation
from neurocomp.explain.kinds import KIND_NAMES, kinds_of_pieces
from neurocomp.explain.raster import Raster, raster_of
from neurocomp.frame.constants import MAGIC
from neurocomp.pipeline.options import CompressOptions, DecompressOptions
from neurocomp.pipeline.parallel import Report
from neurocomp.pipeline.tracing import TracedBlock, TracedFrames, trace_content, trace_frames

_OTHER_KIND = "symbols"


def explain(
    name: str,
    data: bytes,
    options: CompressOptions,
    *,
    asked: Asked | None = None,
    report: Report | None = None,
    falls_back: bool = True,
) -> Explanation:
    """Return the cost of each symbol of a file.

    Args:
        name: name of the file, for people.
        data: any content, which is compressed in memory, or frames, which are decoded.
        options: model and coder of content; for frames, only the places to look for models.
        asked: the symbols for which to find the likeliest ones; None for no symbols.
        report: a function that is called with the bytes that are done, of two rounds.
        falls_back: False to use the model of ``options`` also where others take less.

    Raises:
        UsageError: options that don't go together.
        ModelError: a model is missing or not the right one.
        FormatError: a frame is damaged, or the model can't take the content.
    """
    if data.startswith(MAGIC):
        reading = DecompressOptions(options.threads, options.model_path)
        traced = trace_frames(io.BytesIO(data), reading, asked or Asked(), report)
        models = dict.fromkeys(frame.model for frame in traced.frames)
        return _gather(name, ", ".join(models), traced)
    traced = trace_content(data, options, asked or Asked(), report, falls_back=falls_back)
    return _gather(name, options.resolved_model, traced)


def _gather(name: str, model: str, traced: TracedFrames) -> Explanation:
    blocks = traced.blocks
    coded_with: Counter[str] = Counter()
    for frame in traced.frames:
        coded_with.update(frame.coded_with)
    coders = dict.fromkeys(one.coder for frame in traced.frames for one in frame.models)
    places = np.cumsum([0, *(len(block.content) for block in blocks)])[:-1].tolist()
    firsts = np.cumsum([0, *(block.trace.ids.size for block in blocks)])
    pieces = [_pieces(block, start) for block, start in zip(blocks, places, strict=True)]
    offsets = _join([one for one, _ in pieces], np.int64)
    content = b"".join(block.content for block in blocks)
    raster = raster_of(content) if offsets.min(initial=0) >= 0 else None
    kinds = _Kinds()
    if raster is None:
        numbers = _join([kinds.of(block) for block in blocks], np.uint8)
    else:
        numbers = kinds.of_pixels(raster, content, offsets)
    likely = [block.trace.likely for block in blocks]
    entries = Entries(
        _join([block.trace.ids for block in blocks], np.int32),
        _join([block.trace.bits for block in blocks], np.float64),
        offsets,
        _join([sizes for _, sizes in pieces], np.int64),
        numbers,
        np.repeat(np.arange(len(blocks), dtype=np.int32), np.diff(firsts)),
        _opinions(blocks),
        _likely_rows(blocks),
        np.concatenate([np.zeros((0, NUM_LIKELY), np.int32), *(one.symbols for one in likely)]),
        np.concatenate([np.zeros((0, NUM_LIKELY)), *(one.probabilities for one in likely)]),
    )
    described = list(zip(firsts.tolist(), blocks, strict=False))
    images = [
        first + block.description.images
        for first, block in described
        if block.description.images is not None
    ]
    return Explanation(
        name=name,
        model=model,
        coder=", ".join(coders),
        content=content,
        frame_bytes=traced.frame_bytes,
        payload_bytes=sum(block.payload_bytes for block in blocks),
        framing_bytes=sum(block.trace.framing_bytes for block in blocks),
        coded_bits=float(entries.bits.sum()),
        coded_with=coded_with,
        kind_names=tuple(kinds.names),
        entries=entries,
        maps=tuple(block.trace.symbol_map for block in blocks),
        captions=tuple(
            first + one for first, block in described for one in block.description.captions
        ),
        images=np.concatenate(images) if images else None,
        raster=raster,
        note=traced.note,
    )


def _join(parts: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts])


def _pieces(block: TracedBlock, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return offsets and sizes of a block's entries, whose content begins at ``start``."""
    if block.bounds is None:
        nowhere = np.full(block.trace.ids.size, NO_OFFSET, np.int64)
        return nowhere, np.zeros(block.trace.ids.size, np.int64)
    return start + block.bounds[:-1], np.diff(block.bounds)


class _Kinds:
    """The kinds of bytes, and those that blocks bring themselves."""

    def __init__(self) -> None:
        self.names = [*KIND_NAMES]

    def of(self, block: TracedBlock) -> NDArray[np.uint8]:
        """Return the kinds of a block's entries."""
        described = block.description
        if described.kinds is not None:
            numbers = np.array([self._number(name) for name in described.kind_names], np.uint8)
            return numbers[described.kinds]
        if block.bounds is None:
            return np.full(block.trace.ids.size, self._number(_OTHER_KIND), np.uint8)
        return kinds_of_pieces(block.content, block.bounds[:-1], np.diff(block.bounds))

    def of_pixels(
        self, raster: Raster, content: bytes, offsets: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """Return the kinds of entries that begin at ``offsets`` of a picture."""
        names, of_bytes = raster.kinds(content)
        numbers = np.array([self._number(name) for name in names], np.uint8)
        kinds: NDArray[np.uint8] = numbers[of_bytes[np.minimum(offsets, of_bytes.size - 1)]]
        return kinds

    def _number(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


def _opinions(blocks: Sequence[TracedBlock]) -> dict[str, Bits]:
    names = dict.fromkeys(name for block in blocks for name in block.trace.opinions)
    return {
        name: np.concatenate(
            [
                block.trace.opinions.get(name, np.full(block.trace.ids.size, np.nan))
                for block in blocks
            ]
        )
        for name in names
    }


def _likely_rows(blocks: Sequence[TracedBlock]) -> NDArray[np.int64]:
    """Return for each entry its row in the joined lists of likeliest symbols, -1 for none."""
    parts, row = [np.zeros(0, np.int64)], 0
    for block in blocks:
        likely = block.trace.likely
        rows = np.full(block.trace.ids.size, -1, np.int64)
        count = len(likely.symbols)
        rows[likely.first : likely.first + count] = row + np.arange(count)
        row += count
        parts.append(rows)
    return np.concatenate(parts)
