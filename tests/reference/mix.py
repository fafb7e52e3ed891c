"""Context mixing: docs/spec/mix.md, whose sections the numbers are."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from tests.reference.coders import BitCoder, KnownBits
from tests.reference.contexts import TEXT, Contexts
from tests.reference.shared import (
    FINAL_LIMIT,
    FIRST_FINAL_ROW,
    FIRST_ROW,
    WEIGHT_LIMIT,
    Experience,
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
)

PRIMED_COUNT = 10


class Match:
    pointer = 0
    length = 0
    expected = 0  # 256 + byte
    prediction = -1


def step_of(length: int) -> int:
    if length < 16:
        return length
    if length < 32:
        return 16 + (length - 16 >> 2)
    return min(20 + (length - 32 >> 5), 31)


class Lane:
    """A place of the section that advances, and what belongs to it alone."""

    def __init__(self, tables: Tables, profile: int, with_network: bool, experienced: bool) -> None:
        self.tables, self.profile = tables, profile
        self.with_network, self.experienced = with_network, experienced
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
        self._predict_matches(inputs)
        inputs += (STRETCH[tables.order0_map[self.partial] >> 20], 256)
        inputs += self._network_inputs()
        self.inputs = [(k, value) for k, value in enumerate(inputs) if value]
        self._choose_rows(abs(inputs[46]))
        return self._refine(self._mix())

    def _predict_matches(self, inputs: list[int]) -> None:
        self.expected = self.match_length = 0
        for m, match in enumerate(self.matches):
            match.prediction = -1
            if match.expected and match.expected >> 8 - self.num_bits != self.partial:
                match.expected = match.length = 0
            if not match.expected:
                inputs += (0, 0)
                continue
            bit = match.expected >> 7 - self.num_bits & 1
            step = step_of(match.length)
            match.prediction = 2 * step + bit
            p = self.tables.match_maps[32 * m + step] >> 20
            sign = 1 if bit else -1
            inputs += (sign * STRETCH[p], sign * (p - 2048))
            self.expected = match.expected
            self.match_length = 1 + min(step >> 1, 14)

    def _network_inputs(self) -> tuple[int, int]:
        if self.tree is None:
            return 0, 0
        zeros, ones = self.tree[2 * self.partial], self.tree[2 * self.partial + 1]
        p = (ones << 12) // (ones + zeros)
        return clamp(logarithm(ones) - logarithm(zeros), 2047), p - 2048 >> 1

    def take_weights(self, weights: Sequence[int]) -> None:
        tree = [0] * 256 + list(weights)
        for node in range(255, 0, -1):
            tree[node] = tree[2 * node] + tree[2 * node + 1]
        self.tree = tree
        self.foreseen = 256 + tree.index(max(weights), 256) - 256

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
        if self.with_network:
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

    def _train_mixers(self, bit: int) -> None:
        target = bit << 16
        for number, output in zip(self.rows, self.outputs, strict=True):
            error = (target - squash(output)) * self.rate >> 10
            if abs(error) > 20:
                row = self.tables.weights[number]
                for k, value in self.inputs:
                    weight = row[k] + (value * error + 8192 >> 14)
                    row[k] = clamp(weight, WEIGHT_LIMIT)
        for number, final in zip(self.final_rows, self.finals, strict=True):
            row = self.tables.final_weights[number]
            error = (target - squash(final)) * len(self.finals)
            for s, output in enumerate(self.outputs):
                row[s] = clamp(row[s] + (output * error + 65536 >> 17), FINAL_LIMIT)

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
        tables = self.tables
        self._train_mixers(bit)
        for entries, at in zip(tables.final_maps, self.points, strict=True):
            entries[at] += (65535 if bit else 0) - entries[at] >> 6
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
            self._find_matches()
            self.contexts.advance(self.position)
            self._set_rate()
        if self.num_bits % 4 == 0:
            self.node = 1
            self._find_slots()

    def _set_rate(self) -> None:
        seen = (self.position - self.start) * self.num_lanes + 8192
        if self.experienced:
            self.rate = 40 + 300 * 4096 // seen
        elif self.with_network:
            self.rate = 40 + 800 * 4096 // seen
        else:
            self.rate = 60 + 400 * 4096 // seen

    def _last(self, back: int) -> int:
        return self.tables.byte(self.position - back)

    # 6. Matches

    def _find_matches(self) -> None:
        history, position = self.tables.history, self.position
        for m, (match, shortest) in enumerate(zip(self.matches, (6, 14), strict=True)):
            if match.length:
                if history[match.pointer] == history[position - 1]:
                    match.length = min(match.length + 1, 65535)
                    match.pointer += 1
                else:
                    match.length = 0
            if position >= shortest:
                value = 0
                for back in range(1, shortest + 1):
                    value = (value + history[position - back] + 1) * GOLDEN & MASK
                head = value >> 40 & self.tables.head_mask
                place = self.tables.heads[m][head]
                if not match.length:
                    length = self._common_length(place, position)
                    if length >= shortest:
                        match.length, match.pointer = length, place
                self.tables.heads[m][head] = position
            match.expected = 256 + history[match.pointer] if match.length else 0

    def _common_length(self, one: int, other: int) -> int:
        history, length = self.tables.history, 0
        most = min(32, one, other)
        while length < most and history[one - 1 - length] == history[other - 1 - length]:
            length += 1
        return length

    # 9. Contexts

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


def lane_starts(num_bytes: int, num_lanes: int) -> list[int]:
    """Return where lanes begin, and the end."""
    size, longer = divmod(num_bytes, num_lanes)
    return [lane * size + min(lane, longer) for lane in range(num_lanes)] + [num_bytes]


def begin(
    num_bytes: int,
    profile: int,
    *,
    dictionary: bytes = b"",
    primer: bytes = b"",
    with_network: bool = False,
    experience: Experience | None = None,
    num_lanes: int = 1,
) -> list[Lane]:
    """Return the lanes of a section before its first bit."""
    if profile != TEXT:
        experience = None
    before = len(primer) + len(dictionary)
    tables = Tables(before + num_bytes, with_network, experience)
    first = Lane(tables, profile, with_network, experience is not None)
    first.learn(primer)
    if primer:
        tables.limit_counts(PRIMED_COUNT)
    first.learn(dictionary)
    starts = lane_starts(num_bytes, num_lanes)[:-1]
    return [first.copy_at(start, before + start, num_lanes) for start in starts]
