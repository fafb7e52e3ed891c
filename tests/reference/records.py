"""Records of captions and codes, and token files: docs/format.md, sections 4.2 and 8."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from tests.reference.byte_pairs import BytePairs
from tests.reference.coders import need
from tests.reference.stored import StoredModel

HEAD = 8
BOTH, IMAGES, CAPTIONS = 0, 1, 2


class Head(NamedTuple):
    """What lane 0 begins with; ``num_empty`` are the first slots."""

    kind: int
    damping: int
    num_empty: int


class Shape:
    """Of the records of a model: their alphabet is tokens, pad, codes, end."""

    def __init__(self, stored: StoredModel) -> None:
        config = stored.config
        self.num_tokens: int = config["num_tokens"]
        self.text_length: int = config["text_length"]
        self.rows: int = config["rows"]
        self.columns: int = config["columns"]
        self.num_codes: int = config["num_codes"]
        self.autoencoder = bytes.fromhex(config["autoencoder"])
        self.pad: int = self.num_tokens
        self.first_code: int = self.pad + 1
        self.end: int = self.first_code + self.num_codes
        self.size = self.end + 1
        self.num_places: int = self.rows * self.columns

    def text_symbols(self, kind: int) -> int:
        return 0 if kind == IMAGES else self.text_length

    def record_symbols(self, kind: int) -> int:
        return self.text_symbols(kind) + (0 if kind == CAPTIONS else self.num_places)

    def num_lanes(self, num_symbols: int) -> int:
        each = 8 * (8 + self.text_length + self.num_places)
        return min(1 << max(num_symbols // each, 1).bit_length() - 1, 64)


def head_choices(before: Sequence[int], num_lanes: int) -> int:
    """Return how many symbols, from 0 on, may come next in the head of lane 0."""
    if len(before) == 0:
        return 3
    if len(before) == 1:
        return 1 if before[0] == CAPTIONS else 16
    if len(before) == 2:
        return 6 if num_lanes > 1 else 1
    return 16 if len(before) - 3 < before[2] else 1


def read_head(symbols: Sequence[int], num_lanes: int) -> Head:
    for place, symbol in enumerate(symbols):
        need(symbol < head_choices(symbols[:place], num_lanes), "a head of records is damaged")
    digits = symbols[3 : 3 + symbols[2]]
    need(not digits or digits[-1] > 0, "a number of empty slots is longer than it must be")
    number = sum(digit << 4 * place for place, digit in enumerate(digits))
    return Head(symbols[0], symbols[1], number)


def token_file(shape: Shape, words: BytePairs, symbols: Sequence[int]) -> bytes:
    """Return the token file that a block's symbols stand for."""
    num_lanes = shape.num_lanes(len(symbols))
    each = len(symbols) // num_lanes
    need(len(symbols) == num_lanes * each and each >= HEAD, "lanes have different lengths")
    lanes = [symbols[i : i + each] for i in range(0, len(symbols), each)]
    need(not any(any(lane[:HEAD]) for lane in lanes[1:]), "a head is not one of zeros")
    head = read_head(lanes[0][:HEAD], num_lanes)
    size, width = shape.record_symbols(head.kind), shape.text_symbols(head.kind)
    need((each - HEAD) % size == 0, "lanes don't end with records")
    captions: list[list[int]] = []
    codes: list[int] = []
    is_within = False
    for number, lane in enumerate(lanes):
        for depth in range((each - HEAD) // size):
            record = lane[HEAD + depth * size : HEAD + (depth + 1) * size]
            if depth * num_lanes + number < head.num_empty:
                need(set(record) == {shape.end}, "an empty slot is not empty")
                continue
            is_first = not is_within
            if width:
                tokens = [one for one in record[:width] if one != shape.pad]
                need(tokens == list(record[: len(tokens)]), "a token comes after a pad")
                need(all(one < shape.pad for one in tokens), "a caption has other symbols")
                if is_first:
                    captions.append([])
                captions[-1] += tokens
                is_within = len(tokens) == width
            wanted = range(shape.first_code, shape.end)
            for symbol in record[width:]:
                if is_first:
                    need(symbol in wanted, "an image has other symbols")
                    codes.append(symbol - shape.first_code)
                else:
                    need(symbol == shape.end, "the rest of a caption has an image")
    need(not is_within, "the last caption doesn't end")
    texts = [words.content(tokens) for tokens in captions]
    return _write(shape, head.kind, texts, codes)


def _write(shape: Shape, kind: int, texts: Sequence[bytes], codes: Sequence[int]) -> bytes:
    number = len(texts) if kind == CAPTIONS else len(codes) // shape.num_places
    need(number > 0, "a token file is not empty")
    out = b"\x9e\x4e\x54" + bytes([(kind != IMAGES) + 2 * (kind != CAPTIONS)]) + varint(number)
    if kind != CAPTIONS:
        out += b"".join(map(varint, (shape.rows, shape.columns, shape.num_codes)))
        out += shape.autoencoder
    for text in texts:
        text.decode("utf-8")
        out += varint(len(text)) + text
    bits = (shape.num_codes - 1).bit_length()
    total = 0
    for code in codes:
        total = total << bits | code
    num_bytes = -(-len(codes) * bits // 8)
    out += (total << 8 * num_bytes - len(codes) * bits).to_bytes(num_bytes, "big")
    return out + zlib.crc32(out).to_bytes(4, "little")


def varint(number: int) -> bytes:
    out = b""
    while number >= 128:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])
