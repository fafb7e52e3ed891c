"""What the images of a set have shown: docs/spec/dalle.md, section 5."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.reference.exact import weights_of_logits
from tests.reference.records import Shape
from tests.reference.symbolwise import frequencies
from tests.reference.tables import GOLDEN, MASK, OTHER, clamp

NUM_CONTEXTS = 12
MOST_PAIRS = 1 << 21
LOGIT_LIMIT = 1 << 29


def key_of(number: int, *parts: int) -> int:
    """Return the key of a context, of which parts are -1 where they are not there."""
    key = number + 1
    for part in parts:
        key = (key ^ (part + 1) * OTHER & MASK) * GOLDEN & MASK
        key = key ^ key >> 31 or 1
    return key


def level(number: int) -> int:
    return sum(number > step for step in (0, 1, 2, 3, 5, 9, 20))


@dataclass
class Context:
    """What followed it: how often each code did."""

    times: int = 0
    counts: dict[int, int] = field(default_factory=dict)


@dataclass
class Seen:
    """A context that was there before, when a lane predicts."""

    number: int
    context: Context
    gains: dict[int, int]
    kind: tuple[int, int]
    expected: int = 0


class Step:
    """A lane that predicts a code."""

    def __init__(self, keys: list[int | None], seen: list[Seen], priors: list[int]) -> None:
        self.keys, self.seen, self.priors = keys, seen, priors
        self.logits: list[int] = []

    def expect(self, table: Sequence[int]) -> None:
        """Take note of the frequencies that codes have in the end."""
        for one in self.seen:
            total = sum(gain * table[code] for code, gain in one.gains.items())
            one.expected = total >> 24


class Memory:
    """Counts and weights, which all lanes share, and where the lanes are."""

    def __init__(self, shape: Shape, num_lanes: int, exp2: Sequence[int]) -> None:
        self._shape, self._exp2 = shape, exp2
        rising = exp2[::-1]
        self._logarithms = [bisect_right(rising, one << 18) for one in range(2048, 4096)]
        self._contexts: dict[int, Context] = {}
        self._num_pairs = 0
        self._weights = [[[1 << 16] * 8 for _ in range(8)] for _ in range(NUM_CONTEXTS)]
        self._num_seen = [0] * shape.num_tokens
        self._rarest = [[-1] * 3 for _ in range(num_lanes)]
        self._images = [[0] * shape.num_places for _ in range(num_lanes)]

    def _logarithm(self, value: int) -> int:
        octaves = value.bit_length() - 1
        return (octaves << 10) + self._logarithms[(value << 62 - octaves >> 51) - 2048]

    def _gain(self, count: int, frequency: int) -> int:
        return self._logarithm(frequency + (count << 24)) - self._logarithm(frequency)

    def _keys(self, lane: int, place: int) -> list[int | None]:
        image, columns = self._images[lane], self._shape.columns
        row, column = divmod(place, columns)

        def at(up: int, right: int) -> int:
            is_there = row >= up and 0 <= column + right < columns
            return image[place - up * columns + right] if is_there else -1

        left, above = at(0, -1), at(1, 0)
        one, two, three = self._rarest[lane]
        return [
            key_of(0, place),
            key_of(1, left),
            key_of(2, left, above),
            key_of(3, left, above, at(1, -1), at(1, 1)),
            key_of(4, left, at(0, -2)),
            key_of(5, place, left),
            key_of(6, place, above),
            key_of(7, at(1, -1), at(1, 1)),
            *(
                key_of(8 + i, place, token) if token >= 0 else None
                for i, token in enumerate((one, two, three))
            ),
            key_of(11, place, one, two) if two >= 0 else None,
        ]

    def step(self, lane: int, place: int, logits: Sequence[int]) -> Step:
        """Return what a lane makes of the network's logits of codes, damped already."""
        priors = frequencies(weights_of_logits(logits, self._exp2))
        step = Step(self._keys(lane, place), [], priors)
        step.logits = [clamp(logit, LOGIT_LIMIT) for logit in logits]
        for number, key in enumerate(step.keys):
            context = None if key is None else self._contexts.get(key)
            if context is None:
                continue
            gains = {code: self._gain(n, priors[code]) for code, n in context.counts.items()}
            kind = level(context.times), level(len(context.counts))
            weight = self._weights[number][kind[0]][kind[1]]
            for code, gain in gains.items():
                step.logits[code] += weight * gain >> 20
            step.seen.append(Seen(number, context, gains, kind))
        return step

    def learn(self, place: int, steps: Sequence[tuple[int, int, Step]]) -> None:
        """Learn from lanes that have a code: their numbers, codes and steps."""
        errors: dict[tuple[int, int, int], int] = {}
        for lane, code, step in steps:
            self._images[lane][place] = code
            for one in step.seen:
                error = one.gains.get(code, 0) - one.expected
                at = (one.number, *one.kind)
                errors[at] = errors.get(at, 0) + error
        for (number, i, j), error in errors.items():
            weight = self._weights[number][i][j] + clamp(error, 1 << 15)
            self._weights[number][i][j] = max(0, min(1 << 21, weight))
        if self._num_pairs + NUM_CONTEXTS * len(steps) > MOST_PAIRS:
            self._contexts.clear()
            self._num_pairs = 0
        for _, code, step in steps:
            for key in step.keys:
                if key is not None:
                    self._count(self._contexts.setdefault(key, Context()), code)

    def _count(self, context: Context, code: int) -> None:
        context.times += 1
        if code not in context.counts:
            if len(context.counts) == 64:
                return
            self._num_pairs += 1
        context.counts[code] = min(context.counts.get(code, 0) + 1, (1 << 15) - 1)

    def read_captions(self, captions: Sequence[Sequence[int]]) -> None:
        """Take the captions of the lanes' records; they are empty where a slot is."""
        for lane, tokens in enumerate(captions):
            different = dict.fromkeys(tokens)
            rarest = sorted(different, key=lambda token: self._num_seen[token])[:3]
            self._rarest[lane] = [*rarest, -1, -1, -1][:3]
        for tokens in captions:
            for token in tokens:
                self._num_seen[token] += 1
