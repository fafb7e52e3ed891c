"""Blocks under a network, context mixing and the binary arithmetic coder, over lanes.

A block is cut into lanes as ``neurocomp.codec.symbolwise`` does, and every two lanes are a section
with tables and a payload of its own, so that several cores can work on a block.  At each step the
network weighs the next byte of a section's lanes; then the bytes are coded lane by lane, bit by
bit, by the mixture of its weights and of the contexts, whose tables the lanes share and update in
this order.  The core (``core/src/sections``) does that, for several sections at once where there
are more of them than threads: they share the reading of the network's weights.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from neurocomp import _core
from neurocomp.codec.contract import Codec, CodedBlock, Tick, watch
from neurocomp.codec.damage import damage_as_format_errors
from neurocomp.codec.workers import Workers
from neurocomp.errors import FormatError
from neurocomp.frame.constants import MAX_BYTENET_LANES
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.sections import (
    Samples,
    cut_samples,
    group,
    join,
    num_lanes_for,
    sections_of,
    split_block,
)
from neurocomp.models.mix import NUM_PROFILES, TEXT, choose_profile

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from neurocomp.codec.trace import Asked, Trace
    from neurocomp.models.mix.experience import Experience

_WHOLE_BYTES = 1 << 16
"""Larger blocks are coded with the network only where samples promise a gain."""


class NetworkCodec(Codec):
    """Codes the bytes of a block under a network and context mixing, or the latter alone.

    The variant of a block is its profile of contexts, and `NUM_PROFILES` more where the network
    takes part.

    Args:
        model: the network.
        dictionary: text that the contexts read before each section, and whose end the network
            reads; None if there is none.
        threads: sections that are coded at once, of all blocks together.
    """

    def __init__(
        self,
        model: NetworkModel,
        dictionary: bytes | None = None,
        threads: int = 1,
    ) -> None:
        self._model = model
        self._dictionary = dictionary
        self._threads = threads
        self._workers = Workers(threads)

    def encode(self, content: ReadableBuffer, tick: Tick) -> CodedBlock | None:
        """Code at least one byte; None where the payload would not be shorter."""
        data = memoryview(content)
        profile = choose_profile(data)
        num_lanes = num_lanes_for(len(data), self._model.section_lanes)
        shape = data, profile + NUM_PROFILES, num_lanes, tick
        stop = partial(watch, tick)
        samples = Samples([])
        if len(data) > _WHOLE_BYTES:
            samples = self._try_samples(data, profile, stop)
        if samples.are_clear:
            return self.encode_as(*shape, len(data))
        # Contexts alone take an eighth of the time: what they reach is the mark to beat.
        contexts_alone = self._workers.start(partial(self._code, data, profile, 1, stop, len(data)))
        if not samples.sizes:
            alone = contexts_alone.result()
            mixed = self.encode_as(*shape, len(data) if alone is None else len(alone) - 1)
        elif samples.pay:
            mixed = self.encode_as(*shape, len(data))
        else:
            mixed = None
            tick(len(data))
        alone = contexts_alone.result()
        if alone is None or (mixed is not None and len(mixed.payload) < len(alone)):
            return mixed
        return CodedBlock(alone, len(data), 1, profile)

    def encode_as(
        self, data: memoryview, variant: int, num_lanes: int, tick: Tick, room: int
    ) -> CodedBlock | None:
        """Code ``data`` in a given variant and number of lanes.

        None where the payload is longer than ``room`` bytes.
        """
        section_lanes = self._model.section_lanes
        sections = sections_of(data, num_lanes, section_lanes)
        lanes = min(num_lanes, section_lanes)
        groups = self._workers.map(
            self._code_sections,
            ((some, variant, lanes, tick, room) for some in group(sections, self._threads)),
        )
        whole = [one for part in groups for one in part if one is not None]
        if len(whole) < len(sections):
            return None
        payload = join(whole)
        return None if len(payload) > room else CodedBlock(payload, len(data), num_lanes, variant)

    def decode(self, block: CodedBlock, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is damaged, or the block is not one of this codec's.
        """
        most = MAX_BYTENET_LANES if block.variant >= NUM_PROFILES else 1
        num_lanes, section_lanes = block.num_lanes, self._model.section_lanes
        is_whole = num_lanes == 1 or num_lanes % section_lanes == 0
        if not 1 <= num_lanes <= most or not is_whole or block.variant >= 2 * NUM_PROFILES:
            raise FormatError(
                f"a block of variant {block.variant} has no {block.num_lanes} lanes with a network"
            )
        data = bytearray(block.num_symbols)
        sections = sections_of(memoryview(data), num_lanes, section_lanes)
        payloads = split_block(block.payload, len(data), num_lanes, section_lanes)
        lanes = min(num_lanes, section_lanes)
        groups = zip(group(sections, self._threads), group(payloads, self._threads), strict=True)
        self._workers.map(
            self._decode, ((some, block.variant, lanes, parts, tick) for some, parts in groups)
        )
        return bytes(data)

    def trace(self, block: CodedBlock, content: bytes | None, asked: Asked, tick: Tick) -> Trace:
        """Return the cost of each byte, and its costs under network, contexts and match."""
        from neurocomp.models.bytenet.tracing import trace_sections
        from neurocomp.models.mix.tracing import as_bytes

        data = as_bytes(self, block, content, tick)
        section_lanes = self._model.section_lanes
        sections = sections_of(data.data, block.num_lanes, section_lanes)
        lanes = min(block.num_lanes, section_lanes)
        plan = self._plan(block.variant, lanes, tick)
        return trace_sections(sections, asked.of_bytes(data.size), plan, block, self._workers)

    def learn(self, content: ReadableBuffer) -> Experience:
        """Return the mixers' learnt state after they have coded at least one byte of text."""
        from neurocomp.models.mix.experience import Experience

        return Experience.of(_core.learn(content, profile=TEXT, network=self._model.core))

    def _code(
        self, data: memoryview, variant: int, num_lanes: int, tick: Tick, room: int
    ) -> bytes | None:
        """Return the payload of a section, ``data``; None where it is longer than ``room``."""
        return self._code_sections([data], variant, num_lanes, tick, room)[0]

    def _code_sections(
        self, sections: list[memoryview], variant: int, num_lanes: int, tick: Tick, room: int
    ) -> list[bytes | None]:
        """Return the payload of each section; None where one is longer than ``room``."""
        return _core.encode(sections, room, **self._plan(variant, num_lanes, tick))

    def _plan(self, variant: int, num_lanes: int, tick: Tick) -> dict[str, Any]:
        """Return the core's settings for sections of that number of lanes."""
        return {
            "profile": variant % NUM_PROFILES,
            "num_lanes": num_lanes,
            "network": self._model.core if variant >= NUM_PROFILES else None,
            "dictionary": self._dictionary,
            "progress": tick,
        }

    def _decode(
        self,
        sections: list[memoryview],
        variant: int,
        num_lanes: int,
        payloads: list[bytes],
        tick: Tick,
    ) -> None:
        """Fill sections with what their payloads hold; raises FormatError where one is damaged."""
        with damage_as_format_errors():
            _core.decode(payloads, sections, **self._plan(variant, num_lanes, tick))

    def _try_samples(self, data: memoryview, profile: int, stop: Tick) -> Samples:
        """Code samples of ``data`` both ways."""
        samples = cut_samples(data)
        variants = profile, profile + NUM_PROFILES
        tasks = ((sample, variant, stop) for sample in samples for variant in variants)
        sizes = self._workers.map(self._size, tasks)
        return Samples(list(zip(sizes[::2], sizes[1::2], strict=True)))

    def _size(self, sample: memoryview, variant: int, stop: Tick) -> int:
        payload = self._code(sample, variant, 1, stop, len(sample))
        return len(sample) if payload is None else len(payload)
