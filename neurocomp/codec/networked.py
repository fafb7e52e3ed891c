"""The lock-step loop of a network, context mixing and the binary arithmetic coder, over lanes.

A block is cut into lanes as ``neurocomp.codec.symbolwise`` does.  At each step the network weighs
the next byte of all lanes; then the bytes are coded lane by lane, bit by bit, by the mixture of its
weights and of the contexts, whose tables the lanes share and update in this order.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.codec.base import CodedBlock, Tick
from neurocomp.codec.bits import Bytes, check_end, code_byte, finished_payload, is_spent
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

_SAMPLE_BYTES = 1 << 14
_NUM_SAMPLES = 2
_WHOLE_BYTES = 1 << 16
"""Larger blocks are coded with the network only where two samples promise a gain."""

_NETWORK_BYTES = 1 << 10
"""How much of a dictionary's end the network reads: it takes its time and forgets the rest."""

MAX_LANES = 64
MIN_TWO_LANES = 1 << 16
MIN_FOUR_LANES = 1 << 19

_MIN_GAIN = 100
"""The network is used where it saves a hundredth and more: it takes most of the time."""


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
        max_lanes: lanes of a long block at most.
        dictionary: uint8 (n,), what the contexts read before each block, and the network the end
            of; None for nothing.
    """

    def __init__(
        self, model: NetworkModel, max_lanes: int, dictionary: Bytes | None = None
    ) -> None:
        self._model = model
        self._dictionary = dictionary
        self._max_lanes = max_lanes

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock | None:
        """Code bytes, shape (n,), n >= 1; None where the payload would not be shorter."""
        data = np.array(symbols, np.uint8)
        profile = choose_profile(data)
        # Contexts alone take an eighth of the time: what they reach is the mark to beat.
        plain = self._encode(data, profile, 1, ignore)
        if data.size <= _WHOLE_BYTES or self._network_pays(data, profile):
            num_lanes = min(num_lanes_for(data.size), self._max_lanes)
            room = data.size if plain is None else len(plain.payload) - 1
            mixed = self._encode(data, profile + NUM_PROFILES, num_lanes, tick, room)
            return plain if mixed is None else mixed
        tick(data.size)
        return plain

    def decode(self, block: CodedBlock, tick: Tick) -> Stream:
        """Return the bytes of ``block`` as symbols, shape (block.num_symbols,).

        Raises:
            FormatError: the payload is damaged, or the block is not one of this codec's.
        """
        most = MAX_LANES if block.variant >= NUM_PROFILES else 1
        if not 1 <= block.num_lanes <= most or block.variant >= 2 * NUM_PROFILES:
            raise FormatError(
                f"a block of variant {block.variant} has no {block.num_lanes} lanes with a network"
            )
        data = np.zeros(block.num_symbols, np.uint8)
        payload = np.frombuffer(bytearray(block.payload), np.uint8)
        coder = start_decoder(payload)
        shape = (block.variant, block.num_lanes)
        if self._run(data, *shape, coder, payload, decoding=True, tick=tick) is None:
            raise FormatError("the payload ends before the block does")
        check_end(coder, payload)
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
        self, data: Bytes, variant: int, num_lanes: int, tick: Tick, room: int | None = None
    ) -> CodedBlock | None:
        """Code ``data``; None where the payload is longer than ``room``, or the data itself."""
        payload = np.zeros(data.size if room is None else room, np.uint8)
        coder = start_encoder()
        shape = (variant, num_lanes, coder, payload)
        if self._run(data, *shape, decoding=False, tick=tick) is None:
            return None
        finished = finished_payload(coder, payload)
        return None if finished is None else CodedBlock(finished, data.size, num_lanes, variant)

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

    def _network_pays(self, data: Bytes, profile: int) -> bool:
        """Try samples both ways: does the network save a hundredth of the payload?"""
        gap = (data.size - _SAMPLE_BYTES) // _NUM_SAMPLES
        starts = range(gap // 2, data.size - _SAMPLE_BYTES, gap)
        samples = [data[start : start + _SAMPLE_BYTES] for start in starts]
        plain, mixed = (
            sum(self._size(sample, variant) for sample in samples)
            for variant in (profile, profile + NUM_PROFILES)
        )
        return mixed * _MIN_GAIN < plain * (_MIN_GAIN - 1)

    def _size(self, sample: Bytes, variant: int) -> int:
        coded = self._encode(sample, variant, 1, ignore)
        return sample.size if coded is None else len(coded.payload)


def ignore(num_symbols: int) -> None:
    """Do nothing: a `Tick` for work that isn't told."""


def num_lanes_for(num_bytes: int) -> int:
    """Return the lanes of a block: each beyond the first costs ratio and saves time."""
    if num_bytes < MIN_TWO_LANES:
        return 1
    return 2 if num_bytes < MIN_FOUR_LANES else 4


def lane_starts(num_bytes: int, num_lanes: int) -> list[int]:
    """Return where lanes begin: the first n % L of them hold one byte more than the others."""
    size, num_long = divmod(num_bytes, num_lanes)
    return [number * size + min(number, num_long) for number in range(num_lanes)]
