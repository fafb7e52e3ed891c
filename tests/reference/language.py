"""Language models mixed with contexts: docs/spec/language.md, sections 1 and 4."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tests.reference import mix
from tests.reference.byte_pairs import BytePairs
from tests.reference.bytenet import Network
from tests.reference.coders import BitCoder, FineBitDecoder, need
from tests.reference.ends import EndPredictor, EndTables
from tests.reference.frames import Block, lane_starts
from tests.reference.second_opinion import SecondLane, SecondTables, log_odds
from tests.reference.shared import LANGUAGE
from tests.reference.tables import learned, squash, sums_of
from tests.reference.token_weights import Biases, Weights
from tests.reference.transformer import Lane as TransformerLane
from tests.reference.transformer import Transformer
from tests.reference.vocabulary import Prefix, Vocabulary

USUAL_LANES = 32
LANE_BYTES = 1 << 19
SHARED_STEPS = 128
LINE_FEEDS = 2
ONE = 1 << 22
SECOND_OPINION = bytes.fromhex("71738b2845ea2f680fa7e30f2010c123b24231479e33f20dd2496b06f21d8d71")
"""SHA-256 of the network of variants 2 and 3."""


class LanguageModel:
    """A transformer whose window slides, and whose symbols are byte pairs."""

    def __init__(self, transformer: Transformer) -> None:
        need(transformer.slides, "the window of a language model doesn't slide")
        need("tokenizer" in transformer.stored.tensors, "a language model has no vocabulary")
        self.transformer = transformer
        contents = BytePairs(transformer.stored).contents
        size = transformer.size
        self.vocabulary = Vocabulary({n: text for n, text in contents.items() if n < size})


class Certainties:
    """A map of how often the tokens' weights are right where they are nearly certain."""

    RATIO = 651_257_336

    def __init__(self) -> None:
        error = 386_762_077_700_730
        self._entries: list[list[int]] = []
        for _ in range(32):
            self._entries.append([(ONE - 1 - (error >> 38) << 10) + 30] * 7)
            high, low = divmod(error, 1 << 30)
            error = high * self.RATIO + (low * self.RATIO >> 30)

    def code(self, coder: BitCoder, mixed: int, raw: int) -> int:
        """Return the next decision, of given log odds."""
        away, side = abs(raw), raw > 0
        agreeing = mixed if side else -mixed
        if away < 2047 or agreeing < 1536:
            return coder.decode(squash(mixed) << 6)
        row = self._entries[min(away - 2047 >> 7, 31)]
        column = min(agreeing - 1536 >> 8, 6)
        p = max(row[column] >> 10, 1)
        bit = coder.decode(p if side else ONE - p)
        row[column] = learned(row[column], int(bit == side))
        return bit


class Shared:
    """What the lanes of a block share."""

    def __init__(self, vocabulary: Vocabulary, num_bytes: int, is_helped: bool) -> None:
        self.vocabulary = vocabulary
        self.biases = Biases(len(vocabulary.numbers))
        self.ends = EndTables(num_bytes, is_helped)
        self.byte_certainties, self.end_certainties = Certainties(), Certainties()
        self.seconds = SecondTables(vocabulary)


class TokenLane:
    """A lane of bytes that are coded as tokens.

    Args:
        shared: with other lanes.
        contexts: of mix.
        second: its second opinion.
        num_bytes: its bytes.
    """

    def __init__(
        self, shared: Shared, contexts: mix.Lane, second: SecondLane | None, num_bytes: int
    ) -> None:
        self._shared, self._contexts, self._second = shared, contexts, second
        self._ends = EndPredictor(shared.ends, contexts)
        self.content = bytearray()
        self._num_bytes = num_bytes
        self._ended: Prefix | None = None  # the last token, if it could have gone on

    @property
    def num_left(self) -> int:
        return self._num_bytes - len(self.content)

    def code_token(self, coder: BitCoder, logits: Sequence[int]) -> int:
        """Return the next token, whose bytes are told by ``coder``.

        Args:
            coder: of decisions in units of 2**-22.
            logits: of all symbols of the model.
        """
        numbers = self._shared.vocabulary.numbers
        weights = self._shared.biases.weigh([logits[number] for number in numbers])
        prefix = self._shared.vocabulary.prefixes[0]
        ended = 0
        while not ended:
            need(self.num_left > 0, "a lane ends within a token")
            prefix = prefix.longer[self._code_byte(coder, prefix, weights)]
            if prefix.is_complete:
                ended = self._code_end(coder, prefix, weights)
        self._shared.biases.learn(weights, prefix.first)
        return numbers[prefix.first]

    def _code_byte(self, coder: BitCoder, prefix: Prefix, weights: Weights) -> int:
        contexts, second = self._contexts, self._second
        leaves = [1] * 256
        for byte, longer in prefix.longer.items():
            leaves[byte] = weights.of(longer.first, longer.last)
        contexts.take_weights(leaves)
        tree = sums_of(leaves)
        remaining = sums_of([byte in prefix.longer for byte in range(256)])
        if second:
            second.begin_byte(prefix, self._ended)
        for _ in range(8):
            node = contexts.partial
            mixed = contexts.mix()
            if second:
                second.predict()
            is_coded = remaining[2 * node] > 0 and remaining[2 * node + 1] > 0
            if is_coded:
                raw = log_odds(tree[2 * node + 1], tree[2 * node])
                if second:
                    mixed = second.judge(mixed, raw, contexts.match_length)
                bit = self._shared.byte_certainties.code(coder, mixed, raw)
                contexts.train_mixers(bit)
                if second:
                    second.learn_judgement(bit)
            else:
                bit = int(remaining[2 * node + 1] > 0)
            contexts.take(bit)
            if second:
                second.take(bit)
        byte = contexts.tables.byte(contexts.position - 1)
        if second:
            second.end_byte(prefix, self._ended, byte)
        self._ended = None
        self.content.append(byte)
        return byte

    def _code_end(self, coder: BitCoder, prefix: Prefix, weights: Weights) -> int:
        """Return whether the token ends with a prefix, which is complete."""
        ended = 1
        if prefix.longer and self.num_left > 0:
            raw = log_odds(weights.values[prefix.first], weights.of(prefix.first + 1, prefix.last))
            opinion = self._second.end_odds(prefix) if self._second else 0
            mixed = self._ends.predict(prefix.number, len(prefix.content), raw, opinion)
            ended = self._shared.end_certainties.code(coder, mixed, raw)
            self._ends.learn(ended)
            self._ended = prefix if ended else None
        if ended:
            self._ends.mark()
        return ended


def begin(
    vocabulary: Vocabulary, sizes: Sequence[int], profile: int, network: Network | None
) -> list[TokenLane]:
    """Return the lanes of a block before its first token; see `code_block`."""
    num_bytes, num_lanes = sum(sizes), len(sizes)
    shared = Shared(vocabulary, num_bytes, network is not None)
    contexts = mix.begin(num_bytes, profile, kind=LANGUAGE, num_lanes=num_lanes)
    seconds: list[SecondLane | None] = [None] * num_lanes
    if network is not None:
        kind, experience = network.manner(profile)
        lanes = mix.begin(num_bytes, profile, kind=kind, experience=experience, num_lanes=num_lanes)
        seconds = [SecondLane(shared.seconds, network, lane) for lane in lanes]
    return [
        TokenLane(shared, lane, second, size)
        for lane, second, size in zip(contexts, seconds, sizes, strict=True)
    ]


def new_reader(model: LanguageModel, length: int) -> TransformerLane:
    """Return a lane's transformer before the first token, with windows of a length."""
    reader = TransformerLane(model.transformer, length)
    for _ in range(LINE_FEEDS):
        reader.read(model.vocabulary.line_feed)
    return reader


def code_block(
    coder: BitCoder,
    model: LanguageModel,
    length: int,
    sizes: Sequence[int],
    profile: int,
    network: Network | None,
) -> bytes:
    """Return the bytes of a block.

    Args:
        coder: of decisions in units of 2**-22.
        model: weighs the tokens.
        length: of its windows.
        sizes: of the lanes, in bytes.
        profile: of contexts.
        network: that gives a second opinion.
    """
    lanes = begin(model.vocabulary, sizes, profile, network)
    readers = [new_reader(model, length) for _ in lanes]
    step = 0
    while any(lane.num_left for lane in lanes):
        if step < SHARED_STEPS and lanes[0].num_left:
            token = lanes[0].code_token(coder, readers[0].logits())
            for reader in readers:
                reader.read(token)
        else:
            for lane, reader in zip(lanes, readers, strict=True):
                if lane.num_left:
                    reader.read(lane.code_token(coder, reader.logits()))
        step += 1
    return b"".join(lane.content for lane in lanes)


def decode_language(
    block: Block, model: LanguageModel, length: int, network: Network | None
) -> bytes:
    """Return the bytes of a block that names a language model.

    Args:
        block: of the frame.
        model: that it names.
        length: of its windows.
        network: `text-l`, where the variant needs it.
    """
    starts = lane_starts(block.num_symbols, block.num_lanes)
    sizes = [last - first for first, last in pairwise(starts)]
    most = max(USUAL_LANES, -(-block.num_symbols // LANE_BYTES))
    need(block.num_lanes <= most and max(sizes) <= LANE_BYTES, "the block has no such lanes")
    coder = FineBitDecoder(block.payload, block.num_symbols)
    content = code_block(coder, model, length, sizes, block.variant % 2, network)
    coder.finish()
    return content
