"""Context mixing: docs/spec/mix.md, whose sections the numbers are."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from tests.reference.coders import BitCoder, KnownBits
from tests.reference.contexts import TEXT, Contexts
from tests.reference.frames import lane_starts
from tests.reference.matches import Match, find_matches
from tests.reference.shared import (
    ALONE,
    FINAL_LIMIT,
    FIRST_FINAL_ROW,
    FIRST_ROW,
    WEIGHT_LIMIT,
    Experience,
    Kind,
    Tables,
)
from tests.reference.tables import (
    GOLDEN,
    MASK,
    NEXT,
    OTHER,
    STRETCH,
    clamp,
    learned,
    logarithm,
    squash,
    sums_of,
)

PRIMED_COUNT = 10


class Lane:
    """A place of the section that advances, and what belongs to it alone."""

    def __init__(self, tables: Tables, profile: int, kind: Kind) -> None:
        self.tables, self.profile, self.kind = tables, profile, kind
        self.start, self.num_lanes = 0, 1
        self.position = 0
        self.partial = self.node = 1
        self.num_bits = 0
        self.contexts = Contexts(tables, profile)
        self.slot_places = [16 * i for i in range(20)]
        self.matches = [Match(), Match()]
        self.rate = 0
        self.tree: list[int] | None = None
        self.foreseen = 0

    def copy_at(self, start: int, position: int, num_lanes: int) -> Lane:
        lane = copy.deepcopy(self, {id(self.tables): self.tables})
        lane.start, lane.position, lane.num_lanes = start, position, num_lanes
        lane.contexts.position = position
        return lane

    def code_byte(self, coder: BitCoder) -> int:
        """Predict eight bits, have each told by ``coder``, and learn it."""
        byte = 0
        for _ in range(8):
            bit = coder.decode(self.predict())
            self.update(bit)
            byte = byte << 1 | bit
        return byte

    def learn(self, content: bytes) -> None:
        coder = KnownBits(content)
        for _ in content:
            self.code_byte(coder)

    # 7. Inputs

    def predict(self) -> int:
        """Return the probability of a one, in units of 2**-16."""
        return self._refine(self.mix())

    def mix(self) -> int:
        """Return the log odds of a one, as the mixers have them."""
        inputs = self._inputs()
        self.inputs = [(k, value) for k, value in enumerate(inputs) if value]
        self._choose_rows(abs(inputs[46]))
        return self._mix()

    def _inputs(self) -> list[int]:
        tables = self.tables
        slots, maps, node = tables.slots, tables.history_maps, self.node
        inputs: list[int] = []
        self.entries = entries = list[int]()
        self.order = 0
        for i, place in enumerate(self.slot_places):
            history = slots[place + node]
            entry = 256 * i + history
            entries.append(entry)
            if history:
                p = maps[entry] >> 20
                inputs += (STRETCH[p], p - 2048 >> 1)
                self.order += i < 7
            else:
                inputs += (0, 0)
        inputs += self._match_inputs()
        inputs += (STRETCH[tables.order0_map[self.partial] >> 20], 256)
        inputs += self._network_inputs()
        return inputs

    def _match_inputs(self) -> list[int]:
        inputs: list[int] = []
        self.expected = self.match_length = 0
        for m, match in enumerate(self.matches):
            match.predict(self.num_bits, self.partial)
            if match.prediction < 0:
                inputs += (0, 0)
                continue
            p = self.tables.match_maps[32 * m + match.step] >> 20
            sign = 1 if match.prediction & 1 else -1
            inputs += (sign * STRETCH[p], sign * (p - 2048))
            self.expected = match.expected
            self.match_length = 1 + min(match.step >> 1, 14)
        return inputs

    def _network_inputs(self) -> tuple[int, int]:
        if self.tree is None:
            return 0, 0
        zeros, ones = self.tree[2 * self.partial], self.tree[2 * self.partial + 1]
        p = (ones << 12) // (ones + zeros)
        return clamp(logarithm(ones) - logarithm(zeros), 2047), p - 2048 >> 1

    def take_weights(self, weights: Sequence[int]) -> None:
        self.tree = sums_of(weights)
        self.foreseen = 256 + list(weights).index(max(weights))

    # 8. Mixers

    def _choose_rows(self, certainty: int) -> None:
        kind = 0 if self.match_length == 0 else 1 if self.match_length < 8 else 2
        last, before = self._last(1), self._last(2)
        contexts = self.contexts
        rows = [
            256 * kind + self.partial,
            last,
            16 * self.num_bits + self.match_length,
            before,
            8 * self.num_bits + self.order,
            contexts.classes & 511 if self.profile == TEXT else contexts.column(),
        ]
        finals = [self.partial]
        self.rows = [FIRST_ROW[s] + row for s, row in enumerate(rows)]
        if self.kind.with_network:
            if self.tree is None:
                self.rows.append(0)
                finals += [-FIRST_FINAL_ROW[1], -FIRST_FINAL_ROW[2]]
            else:
                row = 16 * self.num_bits + min(certainty >> 7, 15)
                self.rows.append(FIRST_ROW[6] + row)
                finals += [row, last]
        self.final_rows = [FIRST_FINAL_ROW[f] + row for f, row in enumerate(finals)]

    def _mix(self) -> int:
        weights, inputs = self.tables.weights, self.inputs
        self.outputs = outputs = list[int]()
        for number in self.rows:
            row = weights[number]
            total = sum([value * row[k] >> 8 for k, value in inputs])
            outputs.append(clamp(total >> 8, 2047))
        self.finals = []
        for number in self.final_rows:
            row = self.tables.final_weights[number]
            total = sum([x * w for x, w in zip(outputs, row, strict=False)])
            self.finals.append(clamp(total >> 16, 3071))
        return sum(self.finals) // len(self.finals)

    def train_mixers(self, bit: int) -> None:
        target = bit << 16
        for number, output in zip(self.rows, self.outputs, strict=True):
            error = (target - squash(output)) * self.rate >> 10
            if abs(error) > 20:
                row = self.tables.weights[number]
                for k, value in self.inputs:
                    weight = row[k] + (value * error + 8192 >> 14)
                    row[k] = clamp(weight, WEIGHT_LIMIT)
        shift = self.kind.final_shift
        half = 1 << shift >> 1
        for number, final in zip(self.final_rows, self.finals, strict=True):
            row = self.tables.final_weights[number]
            error = (target - squash(final)) * len(self.finals)
            for s, output in enumerate(self.outputs):
                row[s] = clamp(row[s] + (output * error + half >> shift), FINAL_LIMIT)

    # 9. Final maps

    def _refine(self, mixed: int) -> int:
        last, before = self._last(1), self._last(2)
        foreseen = (self.expected or self.foreseen) & 255
        pair = (last | before << 8) * 0x2F0B4C47 + self.partial * 0x9E3779B1
        contexts = (last << 8 | self.partial, pair >> 11 & 65535, foreseen << 8 | self.partial)
        point, weight = divmod(mixed + 3072, 256)
        values = []
        self.points = []
        for entries, context in zip(self.tables.final_maps, contexts, strict=True):
            at = 25 * context + point
            values.append(entries[at] * (256 - weight) + entries[at + 1] * weight >> 8)
            self.points.append(at + (weight >= 128))
        one, two, three = values
        mean = 2 * squash(mixed) + one + 3 * two + 2 * three >> 3
        return max(1, min(65535, mean))

    # 10. Learning

    def update(self, bit: int) -> None:
        """Learn a bit that was predicted."""
        self.train_mixers(bit)
        for entries, at in zip(self.tables.final_maps, self.points, strict=True):
            entries[at] += (65535 if bit else 0) - entries[at] >> 6
        self.take(bit)

    def take(self, bit: int) -> None:
        """Learn a bit but in mixers and final maps, and go on to the next."""
        tables = self.tables
        for entry in self.entries:
            tables.history_maps[entry] = learned(tables.history_maps[entry], bit)
        for place in self.slot_places:
            at = place + self.node
            tables.slots[at] = NEXT[tables.slots[at]][bit]
        tables.order0_map[self.partial] = learned(tables.order0_map[self.partial], bit)
        for m, match in enumerate(self.matches):
            if match.prediction >= 0:
                at = 32 * m + (match.prediction >> 1)
                hit = int(match.prediction & 1 == bit)
                tables.match_maps[at] = learned(tables.match_maps[at], hit, 255)
        self._advance(bit)

    def _advance(self, bit: int) -> None:
        self.partial = self.partial << 1 | bit
        self.node = self.node << 1 | bit
        self.num_bits += 1
        if self.num_bits == 8:
            self.tables.history[self.position] = self.partial & 255
            self.position += 1
            self.partial, self.num_bits = 1, 0
            find_matches(self.matches, self.tables, self.position)
            self.contexts.advance(self.position)
            self._set_rate()
        if self.num_bits % 4 == 0:
            self.node = 1
            self._find_slots()

    def _set_rate(self) -> None:
        seen = (self.position - self.start) * self.num_lanes + 8192
        self.rate = self.kind.least_rate + self.kind.rate // seen

    def _last(self, back: int) -> int:
        return self.tables.byte(self.position - back)

    # 5. Slots

    def _find_slots(self) -> None:
        slots = self.tables.slots
        nibble = self.partial * GOLDEN & MASK
        for i, value in enumerate(self.contexts.hashes):
            index = (value ^ nibble) * OTHER & MASK
            index ^= index >> 29
            check = index >> 48 & 255 | 1
            line = (index & self.tables.line_mask) << 6
            places = (line, line + 16, line + 32, line + 48)
            for place in places:
                if slots[place] == check:
                    break
            else:
                place = min(places, key=lambda one: slots[one + 1])
                slots[place : place + 16] = bytes([check]) + bytes(15)
            self.slot_places[i] = place


# 11. Blocks


def begin(
    num_bytes: int,
    profile: int,
    *,
    dictionary: bytes = b"",
    primer: bytes = b"",
    kind: Kind = ALONE,
    experience: Experience | None = None,
    num_lanes: int = 1,
) -> list[Lane]:
    """Return the lanes of a section before its first bit."""
    before = len(primer) + len(dictionary)
    tables = Tables(before + num_bytes, kind, experience)
    first = Lane(tables, profile, kind)
    first.learn(primer)
    if primer:
        tables.limit_counts(PRIMED_COUNT)
    first.learn(dictionary)
    starts = lane_starts(num_bytes, num_lanes)[:-1]
    return [first.copy_at(start, before + start, num_lanes) for start in starts]
