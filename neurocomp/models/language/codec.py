"""Blocks under a language model and contexts, and the binary arithmetic coder, over lanes.

A block is cut into lanes of bytes, each of which is cut into tokens by the encoder.  At each step
the language model weighs the next token of all lanes; then the tokens are coded lane by lane,
decision by decision, by the mixture of the model's opinion and of contexts, whose tables the lanes
share (``core/src/language``).  Where it pays, a network of bytes has a say as well.  Lanes but the
first have read its first tokens before their own: until then it is coded alone, and all read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurocomp import _core
from neurocomp.codec.contract import Codec, CodedBlock, Tick
from neurocomp.codec.damage import damage_as_format_errors
from neurocomp.errors import FormatError, UnsupportedError, UsageError
from neurocomp.exact import Symbols
from neurocomp.frame.constants import MAX_LANGUAGE_LANES
from neurocomp.models.language import LanguageModel
from neurocomp.models.language.cutting import SHARED_TOKENS, cut_tokens, sizes_of
from neurocomp.models.language.lanes import Logits
from neurocomp.models.language.second import second_network
from neurocomp.models.mix import NUM_PROFILES, choose_profile
from neurocomp.models.transformer.model import MAX_CACHE_BYTES

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from neurocomp.codec.trace import Asked, Trace

LANE_BYTES = 1 << 14
"""Many lanes share the reading of weights, but each begins with little context."""

MAX_CODED_LANES = 32
"""More are not faster: keys and values are then what is read."""

MAX_LANE_BYTES = 1 << 19
"""Rotary positions reach twice as far."""

_GIB = 1 << 30

_ROWS_AT_ONCE = 96
"""Rows that an encoder reads at once in several lanes, at most."""

_ROWS_BEFORE_CHOICE = 64
"""Where it chooses one of two ways, it does so after steps of so many rows."""

_ROWS_OF_ONE_LANE = 36
"""In a single lane: three times what kernels take at once.  An encoder holds logits of twice as
many rows."""

_TRIAL_BYTES = 1 << 14
"""What is coded both ways before a block of several lanes goes on in one."""

_NEEDED_GAIN = 100
"""A second opinion has to save one byte of so many there, for it takes its time: a single lane
waits for the language model in any case."""


def num_lanes_for(num_bytes: int, num_fitting: int = MAX_CODED_LANES) -> int:
    """Return the lanes of a block.

    Args:
        num_bytes: number of bytes of the block.
        num_fitting: number of lanes whose keys and values stay within the limit; more are taken
            only where the block needs them.
    """
    needed = -(-num_bytes // MAX_LANE_BYTES)
    return max(min(num_bytes // LANE_BYTES, MAX_CODED_LANES, num_fitting), needed, 1)


def steps_at_once(num_lanes: int) -> int:
    """Return how many steps of its lanes an encoder reads at once.

    A lane's keys and values are read once for eight steps; more are taken by fours, so that rows
    come by the dozen, as kernels take them.
    """
    if num_lanes == 1:
        return _ROWS_OF_ONE_LANE
    steps = max(_ROWS_AT_ONCE // num_lanes, 1)
    return steps if steps <= 8 else steps - steps % 4


class LanguageCodec(Codec):
    """Codes the bytes of a block under a language model and contexts.

    The variant of a block is its profile of contexts, and `NUM_PROFILES` more where it has a
    second opinion.

    Args:
        model: model that weighs the tokens.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    def encode(self, content: ReadableBuffer, tick: Tick) -> CodedBlock | None:
        """Code at least one byte; None where the payload would not be shorter.

        Raises:
            UsageError: the lanes that the block needs would take too much memory.
        """
        data = bytes(content)
        num_lanes = num_lanes_for(len(data), self._model.num_fitting_lanes)
        if num_lanes > self._model.num_fitting_lanes:
            raise UsageError(
                f"{self._too_much(num_lanes)}: give a smaller --window or --block-size"
            )
        sizes = sizes_of(len(data), num_lanes)
        ways = Ways(self._model, data, sizes)
        cut = cut_tokens(self._model, data, sizes)
        grid = cut.grid
        lanes = self._model.lanes(num_lanes, steps_at_once(num_lanes))
        num_steps = max(_ROWS_BEFORE_CHOICE // num_lanes, 1)
        share = len(data) / max(sum(cut.lengths), 1)
        told = done = 0
        for step, logits in enumerate(lanes.foresee(grid, cut.num_shared), 1):
            tokens = np.ascontiguousarray(grid[: len(logits), step - 1])
            if not ways.encode(0, logits, tokens):
                return None
            if step % num_steps and step < grid.shape[1]:
                continue
            done = min(int(step * num_lanes * share), len(data))
            if num_lanes > 1 and done >= _TRIAL_BYTES:
                ways.choose()
            tick(done - told)
            told = done
        tick(len(data) - told)
        return ways.finish()

    def decode(self, block: CodedBlock, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is damaged, or the block is not one of this codec's.
            UnsupportedError: its lanes would take too much memory.
            ModelMismatchError: the package has another network of bytes.
        """
        num_lanes = block.num_lanes
        # What is above an encoder's choice is forged: lanes have keys and values of whole windows.
        most = max(MAX_CODED_LANES, -(-block.num_symbols // MAX_LANE_BYTES))
        if not 1 <= num_lanes <= min(most, MAX_LANGUAGE_LANES, block.num_symbols) or (
            block.variant >= 2 * NUM_PROFILES
        ):
            raise FormatError(
                f"a block of variant {block.variant} has no {num_lanes} lanes of a language model"
            )
        sizes = sizes_of(block.num_symbols, num_lanes)
        if max(sizes) > MAX_LANE_BYTES:
            raise FormatError(
                f"{num_lanes} lanes of a language model don't hold {block.num_symbols} bytes"
            )
        if num_lanes > self._model.num_fitting_lanes:
            raise UnsupportedError(
                f"{self._too_much(num_lanes)}: whoever has the content can compress it with a "
                "smaller --window or --block-size"
            )
        is_helped = block.variant >= NUM_PROFILES
        decoder = _core.language.TokenDecoder(
            self._model.vocabulary,
            block.variant % NUM_PROFILES,
            sizes,
            block.payload,
            second_network().core if is_helped else None,
        )
        lanes = self._model.lanes(num_lanes, takes_long=is_helped)
        tokens = np.zeros(num_lanes, np.int32)
        told = 0
        num_shared = SHARED_TOKENS if num_lanes > 1 else 0
        with damage_as_format_errors():
            while not decoder.is_done:
                if num_shared > 0 and told < sizes[0]:
                    num_shared -= 1
                    decoder.decode(0, lanes.shared_logits(), tokens[:1])
                    lanes.share(tokens[0])
                else:
                    num_shared = 0
                    for start, logits in lanes.logits():
                        found = tokens[start : start + len(logits)]
                        decoder.decode(start, logits, found)
                        if not decoder.is_done:
                            lanes.update(start, found)
                tick(decoder.num_decoded - told)
                told = decoder.num_decoded
            return decoder.finish()

    def _too_much(self, num_lanes: int) -> str:
        """Return what is wrong with so many lanes."""
        needed = num_lanes * self._model.lane_cache_bytes
        return (
            f"{num_lanes} lanes of the language model have {needed / _GIB:.1f} GiB of keys and "
            f"values, more than the limit of {MAX_CACHE_BYTES / _GIB:g} GiB"
        )

    def trace(self, block: CodedBlock, content: bytes | None, asked: Asked, tick: Tick) -> Trace:
        """Return what each token costs, and what the language model made of it."""
        from neurocomp.models.language.tracing import trace_tokens
        from neurocomp.models.mix.tracing import as_bytes

        data = as_bytes(self, block, content, tick)
        return trace_tokens(self._model, block, data.tobytes(), asked, tick)


class Ways:
    """A block coded with a second opinion and without one, as long as both may be the shorter.

    Args:
        model: model that weighs the tokens.
        data: bytes of the block.
        sizes: number of bytes of each lane.

    Attributes:
        encoders: encoder of each variant that is left.
    """

    def __init__(self, model: LanguageModel, data: bytes, sizes: list[int]) -> None:
        self._num_bytes, self._num_lanes = len(data), len(sizes)
        profile, content = choose_profile(data), np.frombuffer(data, np.uint8)
        self.encoders = {
            variant: _core.language.TokenEncoder(
                model.vocabulary, profile, sizes, len(data), network, content
            )
            for variant, network in (
                (profile, None),
                (profile + NUM_PROFILES, second_network().core),
            )
        }

    def encode(self, first: int, logits: Logits, tokens: Symbols) -> bool:
        """Code the next tokens of lanes; False where no way makes the block shorter."""
        full = [
            variant
            for variant, encoder in self.encoders.items()
            if not encoder.encode(first, logits, tokens)
        ]
        for variant in full:
            del self.encoders[variant]
        return bool(self.encoders)

    def choose(self) -> None:
        """Go on in one way."""
        if len(self.encoders) > 1:
            (plain, alone), (helped, both) = self.encoders.items()
            needed = alone.num_written - alone.num_written // _NEEDED_GAIN
            del self.encoders[helped if both.num_written > needed else plain]

    def payloads(self) -> dict[int, bytes]:
        """Return the payload of each variant that has one; to be called once."""
        found = {variant: encoder.finish() for variant, encoder in self.encoders.items()}
        return {variant: payload for variant, payload in found.items() if payload is not None}

    def finish(self) -> CodedBlock | None:
        """Return the shorter block, None where there is none."""
        found = self.payloads()
        if not found:
            return None
        variant = min(found, key=lambda one: len(found[one]))
        return CodedBlock(found[variant], self._num_bytes, self._num_lanes, variant)
