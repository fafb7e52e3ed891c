"""Whether a token ends: docs/spec/language.md, section 5."""

from __future__ import annotations

from array import array

from tests.reference.matches import Match
from tests.reference.mix import Lane
from tests.reference.shared import WEIGHT_LIMIT
from tests.reference.tables import STRETCH, clamp, combine, learned, squash

NUM_CONTEXTS = 7
LIMIT, MATCH_LIMIT = 60, 255


class EndTables:
    """What lanes share.

    Args:
        num_bytes: of the block.
        is_helped: whether there is a second opinion.
    """

    def __init__(self, num_bytes: int, is_helped: bool) -> None:
        self.num_entries = 1 << max(10, min(18, num_bytes.bit_length()))
        self.maps = [array("I", [1 << 31]) * self.num_entries for _ in range(NUM_CONTEXTS)]
        raw, second = (61_440, 8192) if is_helped else (65_536, 0)
        row = [*(1500, 0) * NUM_CONTEXTS, raw, 0, 0, second]
        self.weights = [row.copy() for _ in range(768)]
        self.match_map = [7 << 29] * 32
        self.flags = bytearray(num_bytes)


class EndPredictor:
    """A lane's decisions whether its tokens end.

    Args:
        tables: shared.
        lane: of contexts, which is told each byte.
    """

    def __init__(self, tables: EndTables, lane: Lane) -> None:
        self._tables, self._lane = tables, lane

    def mark(self) -> None:
        """Take in that a token has ended with the lane's last byte."""
        self._tables.flags[self._lane.position - 1] = 1

    def predict(self, number: int, num_bytes: int, raw: int, second: int) -> int:
        """Return the log odds that a token ends.

        Args:
            number: of its prefix.
            num_bytes: of the prefix.
            raw: log odds by the tokens' weights.
            second: by the second opinion.
        """
        tables = self._tables
        length = min(num_bytes, 255)
        last = self._last_bytes()
        inputs: list[int] = []
        self._entries = []
        for k in range(NUM_CONTEXTS):
            context = (last & (1 << 8 * k) - 1) + (length << 56) if k else number
            at = (combine(k + 1, context) >> 20) % tables.num_entries
            self._entries.append(at)
            entry = tables.maps[k][at]
            p, count = entry >> 20, entry & 1023
            inputs += (STRETCH[p], (p - 2048) * min(count, 8) >> 3) if count else (0, 0)
        inputs.append(clamp(raw, 2047))
        kind = self._foresee(inputs)
        inputs += (256, second)
        number_of_row = 256 * kind + 16 * min(length, 15) + min(abs(inputs[14]) >> 7, 15)
        self._inputs, self._row = inputs, tables.weights[number_of_row]
        total = sum(x * w >> 8 for x, w in zip(inputs, self._row, strict=True))
        self._mixed = clamp(total >> 8, 3071)
        return self._mixed

    def _last_bytes(self) -> int:
        lane = self._lane
        value = 0
        for back in range(6, 0, -1):
            value = value << 8 | lane.tables.byte(lane.position - back)
        return value

    def _foresee(self, inputs: list[int]) -> int:
        """Add what a match foresees, and return its kind."""
        match = self._match()
        self._step = -1
        if match is None:
            inputs.append(0)
            return 0
        self._step = match.step
        self._flag = self._tables.flags[match.pointer - 1]
        value = STRETCH[self._tables.match_map[self._step] >> 20]
        inputs.append(value if self._flag else -value)
        return 1 if self._step < 16 else 2

    def _match(self) -> Match | None:
        for match in reversed(self._lane.matches):
            if match.length and match.pointer:
                return match
        return None

    def learn(self, bit: int) -> None:
        """Take in whether the token has ended, as it was asked."""
        tables = self._tables
        error = ((bit << 16) - squash(self._mixed)) * 60 >> 10
        for i, value in enumerate(self._inputs):
            self._row[i] = clamp(self._row[i] + (value * error + 8192 >> 14), WEIGHT_LIMIT)
        for entries, at in zip(tables.maps, self._entries, strict=True):
            entries[at] = learned(entries[at], bit, LIMIT)
        if self._step >= 0:
            entry = tables.match_map[self._step]
            tables.match_map[self._step] = learned(entry, int(self._flag == bit), MATCH_LIMIT)
