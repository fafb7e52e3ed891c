"""The lock-step loop of a network, context mixing and the binary arithmetic coder, over lanes.

A block is cut into lanes as ``neurocomp.codec.symbolwise`` does, and every two lanes are a section
with tables and a payload of its own, so that several cores can work on a block.  At each step the
network weighs the next byte of a section's lanes; then the bytes are coded lane by lane, bit by
bit, by the mixture of its weights and of the contexts, whose tables the lanes share and update in
this order.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.codec.base import CodedBlock, Tick, watch
from neurocomp.codec.bits import Bytes, check_end, code_byte, finished_payload, is_spent
from neurocomp.codec.samples import Samples, cut_samples
from neurocomp.codec.sections import (
    MAX_LANES,
    join,
    lane_starts,
    num_lanes_for,
    sections_of,
    split_block,
)
from neurocomp.codec.workers import Workers
from neurocomp.coding.binary import (
    BinaryCoder,
    max_payload_bytes,
    start_decoder,
    start_encoder,
)
from neurocomp.errors import FormatError
from neurocomp.exact import Stream
from neurocomp.models.mix import (
    NUM_PROFILES,
    TEXT,
    Experience,
    MixState,
    choose_profile,
    lane_of,
    new_lanes,
    take_weights,
)
from neurocomp.models.recurrent import NetworkModel, NetworkState, advance, read_bytes

_STEPS_AT_ONCE = 1 << 12
"""Steps between two looks at progress and cancellation."""

_WHOLE_BYTES = 1 << 16
"""Larger blocks are coded with the network only where samples promise a gain."""

_NETWORK_BYTES = 1 << 10
"""How much of a dictionary's end the network reads: it takes its time and forgets the rest."""


@njit(cache=True, nogil=True)
def _code_steps(
    lanes: MixState,
    network: NetworkState,
    coder: BinaryCoder,
    data: Bytes,
    starts: NDArray[np.int64],
    payload: Bytes,
    first: int,
    last: int,
    decoding: bool,
) -> bool:
    """Code the steps ``first`` to ``last`` - 1 of ``data`` (n,), whose lanes begin at ``starts``.

    Returns:
        False where the payload is full (encoding) or used up (decoding): then stop.
    """
    num_lanes = starts.shape[0]
    has_network = network.states.shape[0] > 0
    num_long = data.shape[0] % num_lanes
    symbols = np.zeros(num_lanes, np.uint8)
    for step in range(first, last):
        num_active = num_lanes if step < data.shape[0] // num_lanes else num_long
        if has_network:
            advance(network, 0, num_active)
        for number in range(num_active):
            lane = lane_of(lanes, number)
            if has_network:
                take_weights(lane, network.weights[number])
            byte = code_byte(lane, coder, payload, np.int64(data[starts[number] + step]), decoding)
            symbols[number] = np.uint8(byte & 255)
            if decoding:
                data[starts[number] + step] = symbols[number]
        if has_network:
            read_bytes(network, symbols)
        if is_spent(coder, payload, decoding):
            return False
    return True


class NetworkCodec:
    """Codes the bytes of a block under a network and context mixing, or the latter alone.

    The variant of a block is its profile of contexts, and `NUM_PROFILES` more where the network
    takes part.

    Args:
        model: the network.
        dictionary: uint8 (n,), what the contexts read before each section, and the network the end
            of; None for nothing.
        threads: sections that are coded at once, of all blocks together.
    """

    def __init__(
        self,
        model: NetworkModel,
        dictionary: Bytes | None = None,
        threads: int = 1,
    ) -> None:
        self._model = model
        self._dictionary = dictionary
        self._workers = Workers(threads)

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock | None:
        """Code bytes, shape (n,), n >= 1; None where the payload would not be shorter."""
        data = np.array(symbols, np.uint8)
        profile = choose_profile(data)
        num_lanes = num_lanes_for(data.size, self._model.section_lanes)
        shape = data, profile + NUM_PROFILES, num_lanes, tick
        stop = partial(watch, tick)
        samples = Samples([])
        if data.size > _WHOLE_BYTES:
            samples = self._try_samples(data, profile, stop)
        if samples.are_clear:
            return self._encode(*shape, data.size)
        # Contexts alone take an eighth of the time: what they reach is the mark to beat.
        plain = self._workers.start(partial(self._code, data, profile, 1, stop, data.size))
        if not samples.sizes:
            alone = plain.result()
            mixed = self._encode(*shape, data.size if alone is None else len(alone) - 1)
        elif samples.pay:
            mixed = self._encode(*shape, data.size)
        else:
            mixed = None
            tick(data.size)
        alone = plain.result()
        if alone is None or (mixed is not None and len(mixed.payload) < len(alone)):
            return mixed
        return CodedBlock(alone, data.size, 1, profile)

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Return the bytes of ``block`` as symbols, shape (block.num_symbols,).

        Raises:
            FormatError: the payload is damaged, or the block is not one of this codec's.
        """
        most = MAX_LANES if block.variant >= NUM_PROFILES else 1
        num_lanes, section_lanes = block.num_lanes, self._model.section_lanes
        is_whole = num_lanes == 1 or num_lanes % section_lanes == 0
        if not 1 <= num_lanes <= most or not is_whole or block.variant >= 2 * NUM_PROFILES:
            raise FormatError(
                f"a block of variant {block.variant} has no {block.num_lanes} lanes with a network"
            )
        data = np.zeros(block.num_symbols, np.uint8)
        sections = sections_of(data, num_lanes, section_lanes)
        payloads = split_block(block.payload, data.size, num_lanes, section_lanes)
        lanes = min(num_lanes, section_lanes)
        parts = zip(sections, payloads, strict=True)
        self._workers.map(
            self._decode, ((one, block.variant, lanes, part, tick) for one, part in parts)
        )
        return data

    def learn(self, symbols: Stream) -> Experience:
        """Return what the mixers know when they have coded text, bytes of shape (n,), n >= 1."""
        data = np.array(symbols, np.uint8)
        payload = np.zeros(max_payload_bytes(8 * data.size), np.uint8)
        shape = (NUM_PROFILES + TEXT, 1, start_encoder(), payload)
        lanes = self._run(data, *shape, decoding=False, tick=ignore)
        assert lanes is not None, "a payload of this size has room for any bits"
        return Experience.of(lanes)

    def _encode(
        self, data: Bytes, variant: int, num_lanes: int, tick: Tick, room: int
    ) -> CodedBlock | None:
        """Code ``data``; None where the payload is longer than ``room``."""
        section_lanes = self._model.section_lanes
        sections = sections_of(data, num_lanes, section_lanes)
        lanes = min(num_lanes, section_lanes)
        payloads = self._workers.map(
            self._code, ((one, variant, lanes, tick, room) for one in sections)
        )
        whole = [one for one in payloads if one is not None]
        if len(whole) < len(sections):
            return None
        payload = join(whole)
        return None if len(payload) > room else CodedBlock(payload, data.size, num_lanes, variant)

    def _code(
        self, data: Bytes, variant: int, num_lanes: int, tick: Tick, room: int
    ) -> bytes | None:
        """Return the payload of a section, ``data``; None where it is longer than ``room``."""
        payload = np.zeros(room, np.uint8)
        coder = start_encoder()
        shape = (variant, num_lanes, coder, payload)
        if self._run(data, *shape, decoding=False, tick=tick) is None:
            return None
        return finished_payload(coder, payload)

    def _decode(
        self, data: Bytes, variant: int, num_lanes: int, content: bytes, tick: Tick
    ) -> None:
        """Fill ``data`` with what its payload holds; raises FormatError where that is damaged."""
        payload = np.frombuffer(bytearray(content), np.uint8)
        coder = start_decoder(payload)
        shape = (variant, num_lanes, coder, payload)
        if self._run(data, *shape, decoding=True, tick=tick) is None:
            raise FormatError("the payload ends before the block does")
        check_end(coder, payload)

    def _run(
        self,
        data: Bytes,
        variant: int,
        num_lanes: int,
        coder: BinaryCoder,
        payload: Bytes,
        *,
        decoding: bool,
        tick: Tick,
    ) -> MixState | None:
        """Code all of ``data``; return the mixture as it is then, None where payload ran out."""
        has_network = variant >= NUM_PROFILES
        starts = lane_starts(data.size, num_lanes)
        profile = variant % NUM_PROFILES
        lanes = new_lanes(
            data.size, profile, starts, has_network, self._dictionary, self._model.experience
        )
        network = self._model.absent_state()
        if has_network:
            network = self._model.state(num_lanes)
            for byte in () if self._dictionary is None else self._dictionary[-_NETWORK_BYTES:]:
                advance(network, 0, num_lanes)
                read_bytes(network, np.full(num_lanes, byte, np.uint8))
        num_steps = -(-data.size // num_lanes)
        for first in range(0, num_steps, _STEPS_AT_ONCE):
            last = min(first + _STEPS_AT_ONCE, num_steps)
            shape = (np.array(starts, np.int64), payload, first, last, decoding)
            if not _code_steps(lanes, network, coder, data, *shape):
                return None
            tick(min((last - first) * num_lanes, data.size - first * num_lanes))
        return lanes

    def _try_samples(self, data: Bytes, profile: int, stop: Tick) -> Samples:
        """Code samples of ``data`` both ways."""
        samples = cut_samples(data)
        variants = profile, profile + NUM_PROFILES
        tasks = ((sample, variant, stop) for sample in samples for variant in variants)
        sizes = self._workers.map(self._size, tasks)
        return Samples(list(zip(sizes[::2], sizes[1::2], strict=True)))

    def _size(self, sample: Bytes, variant: int, stop: Tick) -> int:
        payload = self._code(sample, variant, 1, stop, sample.size)
        return sample.size if payload is None else len(payload)


def ignore(num_symbols: int) -> None:
    """Do nothing: a `Tick` for work that isn't told."""
