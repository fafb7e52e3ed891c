"""The prior over captions and codes of images: docs/spec/dalle.md."""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.code_memory import Memory, Step
from tests.reference.coders import need
from tests.reference.exact import weights_of_logits
from tests.reference.records import BOTH, HEAD, Head, Shape, head_choices, read_head
from tests.reference.stored import StoredModel
from tests.reference.symbolwise import frequencies
from tests.reference.transformer import Transformer

IMPOSSIBLE = -(1 << 30)
TOTAL = 1 << 24


class Prior:
    """Sections 1 and 2."""

    def __init__(self, stored: StoredModel) -> None:
        self.shape = Shape(stored)
        self.size = self.shape.size
        self.transformer = Transformer(stored)
        self.kernel: int = stored.config["kernel"]
        shape = self.shape
        self.before = 1 + shape.text_length
        self.start = shape.num_tokens + shape.text_length
        need(self.transformer.size == self.start + 1 + shape.num_codes, "a vocabulary is another")
        patterns = stored.config["patterns"]
        self.transformer.sights = [self._sight(pattern) for pattern in patterns]

    def _sight(self, pattern: str) -> list[list[int]]:
        """Return the positions that each position sees."""
        return [
            [other for other in range(position + 1) if self._sees(pattern, position, other)]
            for position in range(self.before + self.shape.num_places)
        ]

    def _sees(self, pattern: str, position: int, other: int) -> bool:
        if other < self.before or pattern == "full":
            return True
        row, column = divmod(position - self.before, self.shape.columns)
        other_row, other_column = divmod(other - self.before, self.shape.columns)
        aside, reach = abs(column - other_column), self.kernel // 2
        if pattern == "row":
            return position - other <= self.shape.columns
        if pattern == "column":
            return aside == 0
        need(pattern == "convolution", "a pattern is unknown")
        return row - other_row <= reach and aside <= reach

    def pad_at(self, place: int) -> int:
        return self.shape.num_tokens + place


class Lane:
    """Section 3: what one lane reads, and where it is in its records."""

    def __init__(self, prior: Prior, number: int, head: Head) -> None:
        self._prior, self._head = prior, head
        self.slot = number
        self.begin()

    def begin(self) -> None:
        """Begin a record."""
        prior = self._prior
        self.place = 0
        self.is_padded = self.is_blank = False
        self.text: list[int] = []
        self._past = prior.transformer.past(0)
        self._num_read, self._stream = 0, list[int]()
        self._waiting = [prior.start]
        if self.text_symbols == 0:
            self._waiting += [prior.pad_at(i) for i in range(prior.shape.text_length)]

    @property
    def text_symbols(self) -> int:
        return self._prior.shape.text_symbols(self._head.kind)

    @property
    def is_text(self) -> bool:
        return self.place < self.text_symbols

    @property
    def code_place(self) -> int:
        return self.place - self.text_symbols

    @property
    def may_end(self) -> bool:
        return self._head.kind == BOTH and self.place == self.text_symbols

    def forced(self) -> int | None:
        """Return the symbol that must come."""
        shape = self._prior.shape
        if self.slot < self._head.num_empty:
            return shape.end
        if self.is_text:
            return shape.pad if self.is_padded else None
        return shape.end if self.is_blank else None

    def logits(self) -> list[int]:
        transformer = self._prior.transformer
        for symbol in self._waiting:
            self._stream = transformer.read(symbol, self._num_read, self._past)
            self._num_read += 1
        self._waiting = []
        return transformer.logits(self._stream)

    def read(self, symbol: int, num_lanes: int) -> None:
        """Take in a symbol, and go to the next place."""
        prior, shape, forced = self._prior, self._prior.shape, self.forced()
        if forced is not None:
            need(symbol == forced, "a symbol is not the one that must come")
        elif self.is_text:
            need(symbol <= shape.pad, "a caption has other symbols")
        else:
            is_end = symbol == shape.end and self.may_end
            need(shape.first_code <= symbol < shape.end or is_end, "an image has other symbols")
        if self.is_text:
            self.text.append(symbol)
            self.is_padded = self.is_padded or symbol == shape.pad
            self._waiting.append(symbol if symbol < shape.pad else prior.pad_at(self.place))
        else:
            self.is_blank = self.is_blank or symbol == shape.end
            code = 0 if symbol == shape.end else symbol - shape.first_code
            self._waiting.append(prior.start + 1 + code)
        self.place += 1
        if self.place == shape.record_symbols(self._head.kind):
            self.slot += num_lanes
            self.begin()


class PriorLanes:
    """Sections 3 to 5: all lanes of a block."""

    def __init__(self, prior: Prior, num_lanes: int) -> None:
        self._prior, self._num_lanes = prior, num_lanes
        self._before: list[int] = []  # of the head of lane 0
        self._head = Head(0, 0, 0)
        self._lanes: list[Lane] = []
        self._steps: list[Step | None] = [None] * num_lanes
        self._memory = Memory(prior.shape, num_lanes, prior.transformer.exp2)

    def tables(self) -> list[list[int]]:
        if len(self._before) < HEAD:
            others = [self._certain(0) for _ in range(self._num_lanes - 1)]
            choices = head_choices(self._before, self._num_lanes)
            if choices == 1:
                return [self._certain(0), *others]
            weights = [int(i < choices) for i in range(self._prior.size)]
            return [frequencies(weights), *others]
        return [self._table(number, lane) for number, lane in enumerate(self._lanes)]

    def _certain(self, symbol: int) -> list[int]:
        table = [1] * self._prior.size
        table[symbol] += TOTAL - self._prior.size
        return table

    def _table(self, number: int, lane: Lane) -> list[int]:
        prior, shape = self._prior, self._prior.shape
        self._steps[number] = None
        if (forced := lane.forced()) is not None:
            return self._certain(forced)
        exp2 = prior.transformer.exp2
        logits = lane.logits()
        wide = [IMPOSSIBLE] * prior.size
        if lane.is_text:
            wide[: shape.pad] = logits[: shape.pad]
            wide[shape.pad] = logits[prior.pad_at(lane.place)]
            return frequencies(weights_of_logits(wide, exp2))
        damped = [one * (16 - self._head.damping) // 16 for one in logits[prior.start + 1 :]]
        step = self._steps[number] = self._memory.step(number, lane.code_place, damped)
        wide[shape.first_code : shape.end] = step.logits
        table = frequencies(weights_of_logits(wide, exp2))
        step.expect(table[shape.first_code : shape.end])
        if lane.may_end:
            weights = [one << 10 for one in table]
            weights[shape.end] = TOTAL
            table = frequencies(weights)
        return table

    def learn(self, symbols: Sequence[int]) -> None:
        need(len(symbols) == self._num_lanes, "lanes have different lengths")
        if len(self._before) < HEAD:
            need(not any(symbols[1:]), "a head is not one of zeros")
            self._before.append(symbols[0])
            if len(self._before) == HEAD:
                self._head = read_head(self._before, self._num_lanes)
                numbers = range(self._num_lanes)
                self._lanes = [Lane(self._prior, number, self._head) for number in numbers]
            return
        shape, first = self._prior.shape, self._lanes[0]
        was_text, place = first.is_text, first.code_place
        ends_text = self._head.kind == BOTH and first.place + 1 == first.text_symbols
        for lane, symbol in zip(self._lanes, symbols, strict=True):
            lane.read(symbol, self._num_lanes)
        if ends_text:
            self._memory.read_captions(
                [[one for one in lane.text if one < shape.pad] for lane in self._lanes]
            )
        elif not was_text:
            learnt = [
                (number, symbol - shape.first_code, step)
                for number, (symbol, step) in enumerate(zip(symbols, self._steps, strict=True))
                if symbol != shape.end and step is not None
            ]
            self._memory.learn(place, learnt)
