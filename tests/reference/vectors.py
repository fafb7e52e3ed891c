"""The intermediate values of docs/spec: what its hashes are of."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from itertools import pairwise, zip_longest

from tests.reference import adaptive, tables
from tests.reference.bytenet import Network, Reader
from tests.reference.coders import BitCoder, FineBitDecoder, KnownBits
from tests.reference.contexts import BINARY, TEXT
from tests.reference.dalle import Prior, PriorLanes
from tests.reference.decoder import code_by_contexts, code_section
from tests.reference.frames import lane_starts, read_file
from tests.reference.language import LanguageModel, code_block, new_reader
from tests.reference.ngram import Ngram, NgramLane
from tests.reference.stored import StoredModel
from tests.reference.symbolwise import Lane, Lanes, decode_symbols, frequencies
from tests.reference.token_weights import Biases
from tests.reference.tokennets import NeuralNgram, NeuralNgramLane, RecurrentLane, RecurrentTokens
from tests.reference.transformer import Lane as TransformerLane
from tests.reference.transformer import Transformer, parameter_of
from tests.reference.vocabulary import Vocabulary

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
    starts = lane_starts(len(content), num_lanes)
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


TOKENS = [(7 * i * i + 131 * i) % 299 for i in range(40)]


def of_lane(lane: Lane, symbols: Sequence[int]) -> str:
    """Return the hash of the frequencies before each symbol of a lane."""
    found: list[int] = []
    for symbol in symbols:
        found += frequencies(lane.weigh())
        lane.read(symbol)
    return digest("I", found)


def of_ngram(stored: StoredModel, symbols: Sequence[int]) -> str:
    """Return a hash of ngram.md, section 4."""
    return of_lane(NgramLane(Ngram(stored)), symbols)


def of_transformer(stored: StoredModel) -> str:
    """Return a hash of transformer.md, section 7."""
    model = Transformer(stored)
    return of_lane(TransformerLane(model, parameter_of(model, None)), TOKENS)


def of_tokennets(neural_ngram: StoredModel, recurrent: StoredModel) -> list[str]:
    """Return the hashes of tokennets.md, section 6."""
    lanes = NeuralNgramLane(NeuralNgram(neural_ngram)), RecurrentLane(RecurrentTokens(recurrent))
    return [of_lane(lane, TOKENS) for lane in lanes]


def of_vocabulary(vocabulary: Vocabulary) -> list[str]:
    """Return the hashes of language.md, section 7, that are of tokens and prefixes."""
    ranges = [end for one in vocabulary.prefixes for end in (one.first, one.last)]
    return [digest("I", vocabulary.numbers), digest("I", ranges)]


def of_token_weights(model: LanguageModel) -> str:
    """Return the hash of language.md, section 7, that is of weights."""
    numbers = model.vocabulary.numbers
    biases = Biases(len(numbers))
    lane = new_reader(model, parameter_of(model.transformer, None))
    found: list[int] = []
    for i in range(40):
        logits = lane.logits()
        weights = biases.weigh([logits[number] for number in numbers])
        found += weights.values
        place = (7 * i * i + 131 * i) % len(numbers)
        biases.learn(weights, place)
        lane.read(numbers[place])
    return digest("I", found)


class WatchedBits:
    """A coder whose probabilities are remembered."""

    def __init__(self, coder: BitCoder) -> None:
        self._coder = coder
        self.probabilities: list[int] = []

    def decode(self, p: int) -> int:
        self.probabilities.append(p)
        return self._coder.decode(p)


def of_decisions(model: LanguageModel, frame: bytes, network: Network | None) -> list[int]:
    """Return the probabilities of a frame's decisions; it has one block."""
    ((_, (block,)),) = read_file(frame)
    coder = WatchedBits(FineBitDecoder(block.payload, block.num_symbols))
    starts = lane_starts(block.num_symbols, block.num_lanes)
    sizes = [last - first for first, last in pairwise(starts)]
    length = parameter_of(model.transformer, None)
    code_block(coder, model, length, sizes, block.variant % 2, network)
    return coder.probabilities


class Watched:
    """Lanes whose tables are remembered."""

    def __init__(self, lanes: Lanes) -> None:
        self.learn, self._tables = lanes.learn, lanes.tables
        self.shapes: list[tuple[int, int]] = []
        self.digest = hashlib.sha256()

    def tables(self) -> Sequence[list[int]]:
        found = self._tables()
        self.shapes.append((len(found), len(found[0])))
        for table in found:
            self.digest.update(struct.pack(f"<{len(table)}I", *table))
        return found


def of_dalle(stored: StoredModel, frame: bytes) -> tuple[str, str]:
    """Return the shape and the hash of dalle.md, section 6."""
    ((_, (block,)),) = read_file(frame)
    prior = Prior(stored)
    lanes = Watched(PriorLanes(prior, block.num_lanes))
    assert block.model is not None
    decode_symbols(block, block.model.coder, prior.size, lanes)
    ((num_lanes, size),) = set(lanes.shapes)
    return f"{len(lanes.shapes)} x {num_lanes} x {size}", lanes.digest.hexdigest()
