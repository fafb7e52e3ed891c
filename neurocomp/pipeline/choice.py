"""Which model codes a block: the one that was asked for, unless it does not serve the content.

One that was trained on other content than this may make it longer.  Then context mixing (`mix`)
codes the block, which adapts to anything and needs no model to decode: the frame names both, or
`mix` alone where that block is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from neurocomp.codec import Tick
from neurocomp.codec.contract import watch
from neurocomp.frame.block import Block, Method
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.writer import FrameWriter
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions, resolve_threads
from neurocomp.pipeline.unloaded import find_unloaded
from neurocomp.registry.opening import open_model
from neurocomp.store.folder import ModelStore

_CONTEXTS = "mix"
_SECOND_BEST = "text-l"
"""Codes blocks that a language model does not serve: the model of the preset `best`."""

_CONTEXTS_NUMBER = 1
"""Number of the other model in model tables that have one."""

_WHOLE_BYTES = 1 << 15
"""Smaller blocks are coded both ways by those of a language model, of larger ones samples first."""

_SAMPLE_BYTES = 1 << 12
_SAMPLES_EVERY = 1 << 18
_MAX_SAMPLES = 8


@dataclass(frozen=True)
class CodedContent:
    """The coders to choose from for a block.

    Attributes:
        asked: the block by the model that was asked for.
        contexts: the one by contexts; None where that model is to be used whatever it makes of it.
    """

    asked: Block
    contexts: Block | None = None


class FrameEncoder:
    """Codes blocks by the model that was asked for, and by contexts where these may serve better.

    A trained model of symbols gives way to contexts

    - where it would not shrink a block, and contexts do;
    - where it is a prior of token sets, and contexts take less;
    - where neither shrinks the block, and it is the whole content: then it is stored, and a frame
      of `mix` has the shorter head.

    A language model gives way to the model of the preset `best` where that takes less: blocks are
    coded both ways, but large ones only where samples speak for the language model, which takes its
    time.

    Others are the model of their frames whatever they make of it: those of bits code each block by
    contexts where that is shorter, and what a user takes n-grams for is to use n-grams.

    Args:
        coder: the one that was asked for; it may be in use elsewhere as well.
        options: the options of the user.
        falls_back: False to use that model whatever it makes of the content.
    """

    def __init__(
        self, coder: BlockCoder, options: CompressOptions, *, falls_back: bool = True
    ) -> None:
        self.coder = coder
        self._asked_name = options.resolved_model
        self._contexts: BlockCoder | None = None
        self._other_name = _SECOND_BEST if coder.is_language else _CONTEXTS
        if falls_back and can_fall_back(coder):
            other = find_unloaded(self._other_name) or open_model(self._other_name, ModelStore())
            self._contexts = BlockCoder(
                other,
                "arithmetic",
                verify=bool(options.verify),
                threads=resolve_threads(options.threads),
            )
        self.header = FrameHeader(tuple(one.entry for one in self.coders))
        """Header of a frame of any number of blocks."""

    @property
    def coders(self) -> tuple[BlockCoder, ...]:
        """All coders that a block may be of."""
        return (self.coder,) if self._contexts is None else (self.coder, self._contexts)

    def encode(self, content: bytes, tick: Tick) -> CodedContent:
        """Code the content of a block; raises FormatError where the model cannot take it."""
        if self._contexts is not None and self.coder.is_language and content:
            return self._language(self._contexts, content, tick)
        return self.consider(self.coder.encode(content, tick), content, tick)

    def _language(self, other: BlockCoder, content: bytes, tick: Tick) -> CodedContent:
        """Code a block by a language model, by the other one, or by both."""
        stop = partial(watch, tick)
        sizes = [0, 0]
        for sample in _samples(content) if len(content) > _WHOLE_BYTES else ():
            for number, coder in enumerate((self.coder, other)):
                block = coder.encode(sample, stop)
                sizes[number] += len(block.payload)
        if sizes[0] <= sizes[1]:
            # Samples don't know what the other learns of a block, in a twentieth of the time.
            return CodedContent(self.coder.encode(content, tick), other.encode(content, stop))
        contexts = other.encode(content, tick)
        # Stored, it only says that the model has no part in the block.
        return CodedContent(Block.stored(content), contexts)

    def consider(self, asked: Block, content: bytes, tick: Tick) -> CodedContent:
        """Code ``content`` by contexts as well where they may be better than the block ``asked``.

        ``tick`` may stop this, but has been told of the content already.
        """
        serves = asked.method is not Method.STORED and not self.coder.takes_token_sets
        if self._contexts is None or serves:
            return CodedContent(asked)
        return CodedContent(asked, self._contexts.encode(content, partial(watch, tick)))

    def choose(self, coded: CodedContent) -> Block:
        """Return the block of a frame with `header`."""
        other = coded.contexts
        if other is None or other.method is Method.STORED:
            return coded.asked
        segment = other.of_model(_CONTEXTS_NUMBER)
        sizes = [_size(self.header, one) for one in (coded.asked, segment)]
        return segment if sizes[1] < sizes[0] else coded.asked

    def choose_alone(self, coded: CodedContent) -> tuple[FrameHeader, Block, str]:
        """Return header and block of a frame that has no other block.

        Returns:
            The header, the block, and why it is not one of the model that was asked for, for
            people; empty where it is.
        """
        header = FrameHeader((self.coder.entry,))
        if self._contexts is None or coded.contexts is None:
            return header, coded.asked, ""
        other = FrameHeader((self._contexts.entry,))
        size = len(header.to_bytes()) + _size(header, coded.asked)
        other_size = len(other.to_bytes()) + _size(other, coded.contexts)
        if other_size >= size:
            return header, coded.asked, ""
        is_stored = coded.contexts.method is Method.STORED
        how = "stored" if is_stored else f"coded with {self._other_name}"
        note = f"{how}: it takes {other_size} bytes, with {self._asked_name} {size}"
        return other, coded.contexts, note

    def note(self, num_segments: int, num_blocks: int) -> str:
        """Return a note on blocks that contexts have coded; empty if there are none."""
        if not num_segments:
            return ""
        return (
            f"{num_segments} of {num_blocks} blocks coded with {self._other_name}, which takes "
            f"less than {self._asked_name}"
        )


class ChosenWriter:
    """Writes a frame whose models are chosen: the header waits for the second block, or the end.

    Args:
        sink: the output; it is written front to back.
        encoder: encoder of the blocks.
    """

    def __init__(self, sink: BinaryIO, encoder: FrameEncoder) -> None:
        self._sink = sink
        self._encoder = encoder
        self._first: tuple[CodedContent, bytes] | None = None
        self._writer: FrameWriter | None = None
        self._num_blocks = self._num_segments = 0
        self._note = ""

    @property
    def num_bytes(self) -> int:
        """Bytes written so far."""
        return 0 if self._writer is None else self._writer.num_bytes

    @property
    def note(self) -> str:
        """Why blocks are not of the model that was asked for; empty where they are."""
        return self._note or self._encoder.note(self._num_segments, self._num_blocks)

    def add(self, coded: CodedContent, content: bytes) -> None:
        """Append a block and tell the content that it stands for."""
        if self._writer is None and self._first is None:
            self._first = coded, content
            return
        if self._writer is None:
            self._writer = FrameWriter(self._sink, self._encoder.header)
        if self._first is not None:
            first, self._first = self._first, None
            self._write(*first)
        self._write(coded, content)

    def close(self) -> None:
        """End the frame; raises ValueError where there was no block."""
        if self._first is not None:
            coded, content = self._first
            header, block, self._note = self._encoder.choose_alone(coded)
            self._writer = FrameWriter(self._sink, header)
            self._writer.add(block, content)
            self._first = None
        if self._writer is None:
            raise ValueError("a frame needs at least one block")
        self._writer.close()

    def _write(self, coded: CodedContent, content: bytes) -> None:
        assert self._writer is not None, "the header has been chosen"
        block = self._encoder.choose(coded)
        self._writer.add(block, content)
        self._num_blocks += 1
        self._num_segments += block.model == _CONTEXTS_NUMBER


def can_fall_back(coder: BlockCoder) -> bool:
    """Return whether blocks of ``coder`` give way to contexts where these serve better."""
    return coder.is_trained_on_symbols or coder.is_language


def _samples(content: bytes) -> list[bytes]:
    """Return samples of a block, evenly spread."""
    count = min(max(len(content) // _SAMPLES_EVERY, 2), _MAX_SAMPLES)
    gap = (len(content) - _SAMPLE_BYTES) // count
    starts = range(gap // 2, len(content) - _SAMPLE_BYTES, gap)
    return [content[start : start + _SAMPLE_BYTES] for start in starts]


def _size(header: FrameHeader, block: Block) -> int:
    """Return the bytes of a block in a frame with that header."""
    return len(block.to_bytes(header=b"", layout=header.layout, last=True, trailer=False))
