"""A network of bytes beside a language model: docs/spec/language.md, section 6."""

from __future__ import annotations

from tests.reference import mix
from tests.reference.bytenet import Network, Reader
from tests.reference.shared import WEIGHT_LIMIT
from tests.reference.tables import clamp, learned, logarithm, squash, sums_of
from tests.reference.vocabulary import Prefix, Vocabulary

LIMIT = 255
FIRST_ROW = (0, 768, 800, 832)


def log_odds(one: int, other: int) -> int:
    return logarithm(one) - logarithm(other)


class SecondTables:
    """What lanes share: weights, and how often tokens end although they could go on."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.entries = [
            (1 << 28 if prefix.is_complete else 1 << 30) + 1 for prefix in vocabulary.prefixes
        ]
        self.weights = [[50_000, 15_000, 0, 0, 0] for _ in range(833)]

    def ending(self, prefix: Prefix, byte: int) -> int:
        """Return a(P, x)."""
        longer = prefix.longer.get(byte)
        return 0 if longer is None else max(self.entries[longer.number] >> 20, 16)

    def learn(self, prefix: Prefix, byte: int, ended: int) -> None:
        """Take in whether a token ended with a prefix, before a byte that it could go on with."""
        longer = prefix.longer.get(byte)
        if longer is not None:
            number = longer.number
            self.entries[number] = learned(self.entries[number], ended, LIMIT)


class SecondLane:
    """A lane's network, with contexts of its own.

    Args:
        tables: shared.
        network: of bytes.
        lane: of mix beside the network.
    """

    def __init__(self, tables: SecondTables, network: Network, lane: mix.Lane) -> None:
        self._tables, self._lane = tables, lane
        self._reader = Reader(network)
        self._weigh()

    def _weigh(self) -> None:
        self._weights = self._reader.weigh()
        self._lane.take_weights(self._weights)
        self._tree = sums_of(self._weights)

    def end_odds(self, prefix: Prefix) -> int:
        """Return input 17 of the ends of tokens."""
        whole = 4096 * sum(self._weights)
        on = sum(
            (4096 - self._tables.ending(prefix, byte)) * self._weights[byte]
            for byte in prefix.longer
        )
        return clamp(log_odds(whole - on, on), 2047)

    def begin_byte(self, prefix: Prefix, ended: Prefix | None) -> None:
        """Weigh the byte after a prefix.

        Args:
            prefix: of the current token; the empty one before its first byte.
            ended: where this is the first byte, the last token, if it could have gone on.
        """
        weights = self._weights
        ending = self._tables.ending
        if prefix.content:
            values = [
                (4096 - ending(prefix, byte)) * weights[byte] if byte in prefix.longer else 0
                for byte in range(256)
            ]
        elif ended is None:
            values = [4096 * weight for weight in weights]
        else:
            values = [(ending(ended, byte) or 4096) * weight for byte, weight in enumerate(weights)]
        self._values = sums_of(values)
        self._num_bytes = len(prefix.content) + 1

    def predict(self) -> None:
        """Foresee the next bit, whether or not it is coded."""
        self._probability = self._lane.predict()

    def judge(self, mixed: int, raw: int, match: int) -> int:
        """Return the log odds of a bit that is coded.

        Args:
            mixed, raw: log odds by the contexts beside the language model, and by its weights.
            match: of those contexts.
        """
        node = self._lane.partial
        p = self._probability
        own = log_odds(self._values[2 * node + 1], self._values[2 * node])
        bare = log_odds(self._tree[2 * node + 1], self._tree[2 * node])
        whole = log_odds(p, 65_536 - p) + own - bare
        inputs = [mixed, *(clamp(value, 2047) for value in (whole, raw, own)), 256]
        first, second = (min(abs(value) >> 9, 3) for value in inputs[:2])
        place = self._num_bytes - 1
        rows = (
            256 * min(place, 2) + node,
            4 * first + second + 16 * ((inputs[0] < 0) != (inputs[1] < 0)),
            4 * (match >> 1) + min(place, 3),
            0,
        )
        self._inputs = inputs
        self._rows = [
            self._tables.weights[start + row] for start, row in zip(FIRST_ROW, rows, strict=True)
        ]
        self._outputs = [
            clamp(sum(x * w >> 8 for x, w in zip(inputs, row, strict=True)) >> 8, 3071)
            for row in self._rows
        ]
        return sum(self._outputs) >> 2

    def learn_judgement(self, bit: int) -> None:
        """Take in a bit that was coded, before `take`."""
        lane = self._lane
        seen = lane.num_lanes * (lane.position - lane.start) + 2048
        rate = 8 + 327_680 // seen
        for row, output in zip(self._rows, self._outputs, strict=True):
            error = ((bit << 16) - squash(output)) * rate >> 10
            for i, value in enumerate(self._inputs):
                row[i] = clamp(row[i] + (value * error + 2048 >> 12), WEIGHT_LIMIT)

    def take(self, bit: int) -> None:
        """Take in any bit."""
        self._lane.update(bit)

    def end_byte(self, prefix: Prefix, ended: Prefix | None, byte: int) -> None:
        """Take in the byte after a prefix; see `begin_byte`."""
        if prefix.content and prefix.is_complete:
            self._tables.learn(prefix, byte, 0)
        if ended is not None:
            self._tables.learn(ended, byte, 1)
        self._reader.read(byte)
        self._weigh()
