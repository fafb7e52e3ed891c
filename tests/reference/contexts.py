"""The contexts of a byte, as hashes: docs/spec/mix.md, section 4."""

from __future__ import annotations

from tests.reference.shared import Tables
from tests.reference.tables import MASK, combine

TEXT, BINARY = 0, 1


def is_letter(byte: int) -> bool:
    return byte >= 128 or chr(byte).isalpha()


def lower(byte: int) -> int:
    return byte + 32 if 65 <= byte <= 90 else byte


def class_of(byte: int) -> int:
    if byte >= 192:
        return 7
    if is_letter(byte):
        return 1 if lower(byte) != byte else 0
    if byte == 32:
        return 2
    if byte == 10:
        return 3
    if 48 <= byte <= 57:
        return 4
    if byte < 32:
        return 5
    return 6 if byte in b",.;:!?" else 7


def begins_ideograph(byte: int) -> bool:
    return 0xE3 <= byte <= 0xE9 or byte == 0xEF


class Contexts:
    """What a lane knows of its text and records, and the hashes that follow from it.

    Attributes:
        hashes: 20 of 64 bits.
        position: of the next byte.
        classes: of the last eight bytes, three bits each.
        record: bytes of a record, 0 while unknown.
    """

    def __init__(self, tables: Tables, profile: int) -> None:
        self.tables, self.profile = tables, profile
        self.position = 0
        self.hashes = [i + 1 for i in range(20)]
        self.word = self.last_word = self.word_before = 0
        self.line_start = self.line_above = 0
        self.classes = 0
        self.record = 0
        self.last_seen = [(0, 0)] * 256
        self.votes = [0] * 1024

    def last(self, back: int) -> int:
        return self.tables.byte(self.position - back)

    def advance(self, position: int) -> None:
        """Take in the byte before ``position``."""
        self.position = position
        recent = 0
        for back in range(8, 0, -1):
            recent = recent << 8 | self.last(back)
        byte = recent & 255
        self._follow_successors(recent)
        self._follow_text(byte)
        self._follow_records(byte)
        if self.profile == TEXT:
            self._set_text_contexts(recent)
            self._set_ideograph_contexts(recent)
        else:
            self._set_binary_contexts(recent)

    def column(self) -> int:
        """Return the place within the record, 0 while its length is unknown."""
        return self.position % self.record if self.record else 0

    def _follow_successors(self, recent: int) -> None:
        byte, before, pair = recent & 255, recent >> 8 & 255, recent >> 8 & 65535
        tables = self.tables
        tables.after_one[before] = (tables.after_one[before] << 8 | byte) & 65535
        tables.after_two[pair] = (tables.after_two[pair] << 8 | byte) & 65535

    def _follow_text(self, byte: int) -> None:
        if is_letter(byte):
            self.word = combine(self.word + 1 & MASK, lower(byte))
        elif self.word:
            self.word_before, self.last_word, self.word = self.last_word, self.word, 0
        self.classes = (self.classes << 3 | class_of(byte)) & 0xFFFFFF
        if byte == 10:
            self.line_above, self.line_start = self.line_start, self.position

    def _follow_records(self, byte: int) -> None:
        seen, gap_before = self.last_seen[byte]
        gap = self.position - seen
        if gap == gap_before and 2 < gap < 1024:
            self.votes[gap] += 1
            if self.votes[gap] > self.votes[self.record]:
                self.record = gap
        self.last_seen[byte] = self.position, gap
        if self.position % 4096 == 0:
            self.votes = [votes >> 1 for votes in self.votes]

    def _set_text_contexts(self, recent: int) -> None:
        tables, position, word = self.tables, self.position, self.word
        last, pair = recent & 255, recent & 65535
        column = min(position - self.line_start, 255)
        place = self.line_above + column
        above = tables.byte(place) if place < self.line_start else 10
        record_above = tables.byte(position - self.record)
        self.hashes = [
            *(combine(order, recent & (1 << 8 * order) - 1) for order in range(1, 7)),
            combine(7, recent),
            combine(word + 8 & MASK, 8),
            combine(combine(word + 9 & MASK, self.last_word), last),
            combine(combine(word + 10 & MASK, self.word_before), self.last_word),
            combine(word + 11 & MASK, self.word_before),
            combine(12, recent & 0xFFFF00),
            combine(13, recent & 0xFFFFFF00),
            combine(14, recent & 0xF0F0F0FF),
            combine(15, last | tables.after_one[last] << 8),
            combine(16, pair | tables.after_two[pair] << 16),
            combine(combine(17, above | last << 8), column),
            combine(combine(18, above), word),
            combine(19, record_above | last << 8 | self.record << 16),
            combine(combine(20, self.classes), last),
        ]

    def _set_ideograph_contexts(self, recent: int) -> None:
        started = 0
        if begins_ideograph(recent & 255):
            started = 1
        elif begins_ideograph(recent >> 8 & 255):
            started = 2
        byte, end = self.tables.byte, self.position - started
        one, two, three = (
            byte(last - 3) << 16 | byte(last - 2) << 8 | byte(last - 1)
            for last in (end, end - 3, end - 6)
        )
        if not begins_ideograph(one >> 16):
            return
        part = combine(21, recent & (1 << 8 * started) - 1 | started << 32)
        pair = one | two << 24
        self.hashes[7] = combine(part + 1 & MASK, one)
        self.hashes[8] = combine(part + 2 & MASK, pair)
        self.hashes[9] = combine(combine(part + 3 & MASK, pair), three)
        self.hashes[10] = combine(part + 4 & MASK, two)
        self.hashes[13] = combine(part + 6 & MASK, one >> 6)
        self.hashes[17] = combine(part + 5 & MASK, 0)

    def _set_binary_contexts(self, recent: int) -> None:
        position, record = self.position, self.record
        byte = self.tables.byte
        last, pair = recent & 255, recent & 65535
        above, two_above = byte(position - record), byte(position - 2 * record)
        left = byte(position - record - 1)
        right = byte(position - record + 1) if record > 1 else 0
        column = self.column()
        self.hashes = [
            *(combine(order, recent & (1 << 8 * order) - 1) for order in range(1, 5)),
            combine(5, recent & 0xFFFFFFFFFFFF),
            combine(6, recent & 0xFF00),
            combine(7, recent & 0xFF0000),
            combine(8, recent & 0xFFFF00),
            combine(9, recent & 0xFF00FF),
            combine(10, recent & 0xFF000000),
            combine(11, recent & 0xF0F0F0F0),
            combine(12, above | column << 8),
            combine(13, above | last << 8),
            combine(14, above | two_above << 8),
            combine(15, last | column << 8),
            combine(16, above | last << 8 | left << 16),
            combine(17, above + last - left & 255),
            combine(18, column),
            combine(19, above | right << 8 | last << 16),
            combine(20, pair | self.tables.after_two[pair] << 16),
        ]
