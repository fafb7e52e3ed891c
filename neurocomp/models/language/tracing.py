"""What the tokens of a block cost under a language model and contexts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.codec.contract import CodedBlock, Tick
from neurocomp.codec.trace import Asked, Bits, Shortlist, Trace, check_payload
from neurocomp.models.language.cutting import CutTokens, cut_tokens, sizes_of
from neurocomp.models.language.model import LanguageModel
from neurocomp.models.language.second import second_network
from neurocomp.models.mix import NUM_PROFILES

NETWORK = "network"
"""The language model by itself: tokens that contexts know better cost less than it says."""

_WINDOW_BITS = 48
_OCTAVE = 1024
"""Of logits, which are to base 2."""

_ROWS_AT_ONCE = 64


class TokenTracer:
    """Codes the tokens of a block once more, one by one.

    Args:
        model: model that weighs the tokens.
        block: block that they were coded as.
        content: bytes of the block.
        cut: tokens of the block.
        asked: numbers of tokens, in the order of the content, whose likeliest ones are wanted.
    """

    def __init__(
        self,
        model: LanguageModel,
        block: CodedBlock,
        content: bytes,
        cut: CutTokens,
        asked: range,
    ) -> None:
        self._model, self._block, self._cut = model, block, cut
        self._starts = np.cumsum([0, *cut.lengths[:-1]]).tolist()
        self._encoder = _core.language.TokenEncoder(
            model.vocabulary,
            block.variant % NUM_PROFILES,
            sizes_of(block.num_symbols, block.num_lanes),
            block.num_symbols,
            second_network().core if block.variant >= NUM_PROFILES else None,
            np.frombuffer(content, np.uint8),
        )
        self._order = model.vocabulary.order
        self._rank = np.zeros(model.num_tokens, np.int64)
        self._rank[self._order] = np.arange(self._order.size)
        num_tokens = sum(cut.lengths)
        self._bits: Bits = np.zeros(num_tokens)
        self._own: Bits = np.zeros(num_tokens)
        self._shortlist = Shortlist(asked, model.num_tokens)
        self._spent = self._total()

    def run(self, tick: Tick) -> Trace:
        """Return what each token costs; raises FormatError where another payload comes of it."""
        grid, lengths = self._cut.grid, self._cut.lengths
        num_lanes = len(lengths)
        max_steps = max(_ROWS_AT_ONCE // num_lanes, 1)
        lanes = self._model.lanes(num_lanes, max_steps)
        told = 0
        for step, logits in enumerate(lanes.foresee(grid, self._cut.num_shared)):
            for lane in range(len(logits)):
                self._take(lane, step, logits[lane : lane + 1])
            done = self._block.num_symbols * (step + 1) // grid.shape[1]
            tick(done - told)
            told = done
        check_payload(self._encoder.finish(), self._block.payload)
        ids = np.concatenate([grid[lane, self._cut.own(lane)] for lane in range(num_lanes)]).astype(
            np.int32
        )
        opinions = {NETWORK: self._own}
        return Trace(ids, self._model.token_map, self._bits, opinions, self._shortlist.found())

    def _take(self, lane: int, step: int, logits: NDArray[np.int32]) -> None:
        """Code the token of a lane at a step, by its logits (1, V) in the vocabulary's order."""
        own = self._cut.own(lane)
        if not own.start <= step < own.stop:
            return
        place = self._starts[lane] + step - own.start
        token = self._cut.grid[lane, step : step + 1]
        self._encoder.encode(lane, logits, np.ascontiguousarray(token))
        before, self._spent = self._spent, self._total()
        self._bits[place] = self._spent - before
        known = logits[0, : self._order.size].astype(np.float64) / _OCTAVE
        below = known.max() - known
        weights = np.exp2(-below)
        self._own[place] = below[self._rank[token[0]]] + math.log2(weights.sum())
        if place in self._shortlist.asked:
            by_token = np.zeros(self._model.num_tokens)
            by_token[self._order] = weights
            self._shortlist.take(place, by_token, float(weights.sum()))

    def _total(self) -> float:
        num_bytes, width = self._encoder.place
        return 8 * num_bytes + _WINDOW_BITS - math.log2(width)


def trace_tokens(
    model: LanguageModel, block: CodedBlock, content: bytes, asked: Asked, tick: Tick
) -> Trace:
    """Return what each token of a block costs; see `Codec.trace`.

    Args:
        model: model of the block.
        block: block as it was coded.
        content: bytes of the block.
        asked: the tokens for which the likeliest ones are wanted.
        tick: a function that is told of the progress.
    """
    cut = cut_tokens(model, content, sizes_of(len(content), block.num_lanes))
    contents = model.token_map.contents
    sizes = [
        len(contents[token])
        for lane, row in enumerate(cut.grid)
        for token in row[cut.own(lane)].tolist()
    ]
    ends = np.cumsum(sizes)
    wanted = asked.of(np.concatenate([[0], ends[:-1]]), ends.size)
    return TokenTracer(model, block, content, cut, wanted).run(tick)
