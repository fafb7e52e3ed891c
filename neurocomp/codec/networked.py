"""The lock-step loop of a network, context mixing and the binary arithmetic coder, over lanes.

A block is cut into lanes as ``neurocomp.codec.symbolwise`` does, and every two lanes are a section
with tables and a payload of its own, so that several cores can work on a block.  At each step the
network weighs the next byte of a section's lanes; then the bytes are coded lane by lane, bit by
bit, by the mixture of its weights and of the contexts, whose tables the lanes share and update in
this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurocomp.codec.base import CodedBlock, Tick
from neurocomp.coding.binary import (
    BinaryCoder,
    decode_bit,
    decoder_is_overrun,
    encode_bit,
    encoder_is_full,
    finish_decoder,
    finish_encoder,
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
    predict,
    take_weights,
    update,
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
SECTION_LANES = 2
MIN_TWO_LANES = 1 << 16
"""Two lanes share the reading of the network's weights, which takes half of a single one's time."""

MIN_SECTION_BYTES = 500_000
MAX_SECTIONS = 4
"""Smaller or more sections would forget more than another core is worth."""

_SIZE_BYTES = 4

_MIN_GAIN = 100
"""The network is used where it saves a hundredth and more: it takes most of the time."""

Bytes = NDArray[np.uint8]
Item = TypeVar("Item")
Result = TypeVar("Result")


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
            byte = np.int64(data[starts[number] + step])
            for shift in range(7, -1, -1):
                p = predict(lane)
                if decoding:
                    bit = np.int64(decode_bit(coder, payload, p))
                    byte = byte << 1 | bit
                else:
                    bit = byte >> shift & 1
                    encode_bit(coder, payload, p, bit)
                update(lane, bit)
            symbols[number] = np.uint8(byte & 255)
            if decoding:
                data[starts[number] + step] = symbols[number]
        if has_network:
            read_bytes(network, symbols)
        if decoding:
            if decoder_is_overrun(coder, payload):
                return False
        elif encoder_is_full(coder, payload):
            return False
    return True


class NetworkCodec:
    """Codes the bytes of a block under a network and context mixing, or the latter alone.

    The variant of a block is its profile of contexts, and `NUM_PROFILES` more where the network
    takes part.

    Args:
        model: the network.
        max_lanes: lanes of a long block at most; None for as many as suit it.
        dictionary: uint8 (n,), what the contexts read before each section, and the network the end
            of; None for nothing.
        threads: sections that are coded at once, of all blocks together.
    """

    def __init__(
        self,
        model: NetworkModel,
        max_lanes: int | None = None,
        dictionary: Bytes | None = None,
        threads: int = 1,
    ) -> None:
        self._model = model
        self._dictionary = dictionary
        self._max_lanes = MAX_LANES if max_lanes is None else max_lanes
        self._pool: ThreadPoolExecutor | None = None
        if threads > 1:
            self._pool = ThreadPoolExecutor(threads, thread_name_prefix="neurocomp-section")

    def encode(self, symbols: Stream, tick: Tick) -> CodedBlock | None:
        """Code bytes, shape (n,), n >= 1; None where the payload would not be shorter."""
        data = np.array(symbols, np.uint8)
        profile = choose_profile(data)
        num_lanes = min(num_lanes_for(data.size), self._max_lanes)
        variant = profile + NUM_PROFILES
        # Contexts alone take an eighth of the time: what they reach is the mark to beat.
        stop = partial(_look_up, tick)
        plain = self._start(partial(self._code, data, profile, 1, stop, data.size))
        if data.size <= _WHOLE_BYTES:
            alone = plain.result()
            room = data.size if alone is None else len(alone) - 1
            mixed = self._encode(data, variant, num_lanes, tick, room)
        elif self._start(partial(self._network_pays, data, profile)).result():
            mixed = self._encode(data, variant, num_lanes, tick, data.size)
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
        num_lanes = block.num_lanes
        is_whole = num_lanes == 1 or num_lanes % SECTION_LANES == 0
        if not 1 <= num_lanes <= most or not is_whole or block.variant >= 2 * NUM_PROFILES:
            raise FormatError(
                f"a block of variant {block.variant} has no {block.num_lanes} lanes with a network"
            )
        data = np.zeros(block.num_symbols, np.uint8)
        sections = _sections(data, num_lanes)
        payloads = _split(block.payload, len(sections))
        lanes = min(num_lanes, SECTION_LANES)
        parts = zip(sections, payloads, strict=True)
        self._map(self._decode, ((one, block.variant, lanes, part, tick) for one, part in parts))
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
        sections = _sections(data, num_lanes)
        lanes = min(num_lanes, SECTION_LANES)
        payloads = self._map(self._code, ((one, variant, lanes, tick, room) for one in sections))
        whole = [one for one in payloads if one is not None]
        if len(whole) < len(sections):
            return None
        payload = _join(whole)
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
        payload_bytes = finish_encoder(coder, payload)
        return None if payload_bytes < 0 else payload[:payload_bytes].tobytes()

    def _decode(
        self, data: Bytes, variant: int, num_lanes: int, content: bytes, tick: Tick
    ) -> None:
        """Fill ``data`` with what its payload holds; raises FormatError where that is damaged."""
        payload = np.frombuffer(bytearray(content), np.uint8)
        coder = start_decoder(payload)
        shape = (variant, num_lanes, coder, payload)
        if self._run(data, *shape, decoding=True, tick=tick) is None:
            raise FormatError("the payload ends before the block does")
        if not finish_decoder(coder, payload):
            raise FormatError("the payload is not what its content is coded as")

    def _start(self, function: Callable[[], Result]) -> Future[Result]:
        """Call ``function``, on a thread of the pool if there are several.

        What is called must not start anything itself: it would wait for a thread, and keep one.
        """
        if self._pool is not None:
            return self._pool.submit(function)
        done: Future[Result] = Future()
        done.set_result(function())
        return done

    def _map(
        self, function: Callable[..., Result], arguments: Iterable[tuple[object, ...]]
    ) -> list[Result]:
        """Return what ``function`` makes of each tuple of arguments, in order."""
        pending = [self._start(partial(function, *some)) for some in arguments]
        try:
            return [one.result() for one in pending]
        except BaseException:
            for one in pending:
                one.cancel()
            raise

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
        payload = self._code(sample, variant, 1, ignore, sample.size)
        return sample.size if payload is None else len(payload)


def _look_up(tick: Tick, num_symbols: int) -> None:
    """Let ``tick`` stop the work, but don't count the symbols."""
    del num_symbols
    tick(0)


def ignore(num_symbols: int) -> None:
    """Do nothing: a `Tick` for work that isn't told."""


def num_lanes_for(num_bytes: int) -> int:
    """Return the lanes of a block: each beyond the first costs ratio and saves time."""
    if num_bytes < MIN_TWO_LANES:
        return 1
    return SECTION_LANES * min(max(1, num_bytes // MIN_SECTION_BYTES), MAX_SECTIONS)


def lane_starts(num_bytes: int, num_lanes: int) -> list[int]:
    """Return where lanes begin: the first n % L of them hold one byte more than the others."""
    size, num_long = divmod(num_bytes, num_lanes)
    return [number * size + min(number, num_long) for number in range(num_lanes)]


def _sections(data: Bytes, num_lanes: int) -> list[Bytes]:
    """Return the sections of ``data``: one lane alone, or every two."""
    bounds = [*lane_starts(data.size, num_lanes)[::SECTION_LANES], data.size]
    return [data[first:last] for first, last in pairwise(bounds)]


def _join(payloads: list[bytes]) -> bytes:
    """Return payloads one behind the other, behind the sizes of all but the last."""
    sizes = [len(one).to_bytes(_SIZE_BYTES, "little") for one in payloads[:-1]]
    return b"".join([*sizes, *payloads])


def _split(payload: bytes, num_sections: int) -> list[bytes]:
    """Do the reverse; raises FormatError where the sizes are not of this payload."""
    first = _SIZE_BYTES * (num_sections - 1)
    bounds = [first]
    for at in range(0, first, _SIZE_BYTES):
        bounds.append(bounds[-1] + int.from_bytes(payload[at : at + _SIZE_BYTES], "little"))
    if bounds[-1] > len(payload):
        raise FormatError("the payloads of the block's sections are longer than the block's")
    return [payload[a:b] for a, b in pairwise([*bounds, len(payload)])]
