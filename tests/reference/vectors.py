"""The intermediate values of docs/spec: what its hashes are of."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from itertools import pairwise, zip_longest

from tests.reference import adaptive, mix, tables
from tests.reference.bytenet import Network, Reader
from tests.reference.coders import KnownBits
from tests.reference.contexts import BINARY, TEXT
from tests.reference.decoder import code_by_contexts, code_section
from tests.reference.ngram import Ngram
from tests.reference.stored import StoredModel
from tests.reference.symbolwise import frequencies

WORD = b"neurocomp"
DICTIONARY = b"a neural compressor"


def digest(letter: str, numbers: Sequence[int]) -> str:
    return hashlib.sha256(struct.pack(f"<{len(numbers)}{letter}", *numbers)).hexdigest()


def of_tables() -> list[str]:
    """Return the hashes of mix.md, section 1.4."""
    following = [number for pair in tables.NEXT for number in pair]
    rows = (tables.SQUASH, tables.STRETCH, tables.LOGARITHM, following, tables.GUESS)
    return [digest("i", row) for row in rows]


def by_contexts(content: bytes, profile: int, dictionary: bytes = b"") -> list[int]:
    """Return the probabilities of a block's bits under contexts alone."""
    coder = KnownBits(content)
    code_by_contexts(coder, len(content), profile, dictionary)
    return coder.probabilities


def of_mix() -> list[str]:
    """Return the hashes of mix.md, section 12."""
    rows = [
        by_contexts(WORD, TEXT),
        by_contexts(WORD, BINARY),
        by_contexts(WORD * 40, TEXT),
        by_contexts(WORD * 40, BINARY),
        by_contexts(WORD, TEXT, DICTIONARY),
    ]
    return [digest("H", row) for row in rows]


def beside(
    network: Network,
    content: bytes,
    profile: int,
    num_lanes: int = 1,
    dictionary: bytes = b"",
) -> list[int]:
    """Return the probabilities of a section's bits with a network, in the order of coding."""
    starts = mix.lane_starts(len(content), num_lanes)
    lanes = [content[first:last] for first, last in pairwise(starts)]
    order = (byte for step in zip_longest(*lanes) for byte in step if byte is not None)
    coder = KnownBits(bytes(order))
    code_section(coder, len(content), profile, num_lanes, network, dictionary)
    return coder.probabilities


def weights(network: Network) -> list[list[int]]:
    """Return the network's weights before each byte of `WORD`."""
    reader = Reader(network)
    rows = []
    for byte in WORD:
        rows.append(reader.weigh())
        reader.read(byte)
    return rows


def of_bytenet(network: Network) -> list[str]:
    """Return the hashes of bytenet.md, section 7."""
    rows = [
        beside(network, WORD, TEXT),
        beside(network, WORD, BINARY),
        beside(network, b"neurocompressor!!", TEXT, num_lanes=2),
        beside(network, WORD, TEXT, dictionary=DICTIONARY),
    ]
    flat = [weight for row in weights(network) for weight in row]
    return [digest("I", flat), *(digest("H", row) for row in rows)]


def of_adaptive() -> list[str]:
    """Return the hashes of adaptive.md, section 5."""
    return [digest("I", tables_before(content)) for content in (WORD, WORD * 40)]


def tables_before(content: bytes) -> list[int]:
    """Return the adaptive model's frequency tables before each byte, one after the other."""
    predictor = adaptive.Predictor(1)
    numbers: list[int] = []
    for byte in content:
        numbers += frequencies(predictor.weigh(predictor.lanes[0]))
        predictor.learn([byte])
    return numbers


def of_ngram(stored: StoredModel, symbols: Sequence[int]) -> str:
    """Return a hash of ngram.md, section 4."""
    ngram = Ngram(stored)
    contexts, numbers = ngram.start(), list[int]()
    for symbol in symbols:
        numbers += frequencies(ngram.weigh(contexts))
        ngram.advance(contexts, symbol)
    return digest("I", numbers)
