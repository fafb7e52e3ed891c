"""Models of symbols by their families: what a block of each needs."""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference import adaptive
from tests.reference.byte_pairs import BytePairs
from tests.reference.coders import need
from tests.reference.dalle import Prior, PriorLanes
from tests.reference.frames import Block, Entry
from tests.reference.ngram import Ngram, NgramLane
from tests.reference.records import token_file
from tests.reference.stored import StoredModel
from tests.reference.symbolwise import (
    ARITHMETIC,
    HUFFMAN,
    Lane,
    Lanes,
    OwnLanes,
    decode_symbols,
    frequencies,
)
from tests.reference.tokennets import (
    NeuralNgram,
    NeuralNgramLane,
    RecurrentLane,
    RecurrentTokens,
)
from tests.reference.transformer import Lane as TransformerLane
from tests.reference.transformer import Transformer, parameter_of

PARAMETERS = 1
BYTES, UINT16, BPE, TOKENS = 0, 1, 2, 8
ADAPTIVE, NGRAM, TRANSFORMER, DALLE, NEURAL_NGRAM, RECURRENT_TOKENS = 2, 3, 4, 8, 9, 10
ARCHITECTURES = {
    NGRAM: "ngram",
    TRANSFORMER: "transformer",
    DALLE: "dalle",
    NEURAL_NGRAM: "neural-ngram",
    RECURRENT_TOKENS: "recurrent-tokens",
}
FAMILIES = (ADAPTIVE, *ARCHITECTURES)


class AdaptiveLanes:
    """Lanes that learn from each other."""

    def __init__(self, num_lanes: int) -> None:
        self._predictor = adaptive.Predictor(num_lanes)
        self.learn = self._predictor.learn

    def tables(self) -> list[list[int]]:
        return [frequencies(self._predictor.weigh(lane)) for lane in self._predictor.lanes]


Model = Ngram | Transformer | Prior | NeuralNgram | RecurrentTokens


def open_model(family: int, stored: StoredModel) -> Model:
    """Return the model of a file."""
    kinds: dict[int, type[Model]] = {
        NGRAM: Ngram,
        TRANSFORMER: Transformer,
        DALLE: Prior,
        NEURAL_NGRAM: NeuralNgram,
        RECURRENT_TOKENS: RecurrentTokens,
    }
    return kinds[family](stored)


def symbols_of(model: Model, stored: StoredModel) -> int:
    """Return the symbol map of a model."""
    if isinstance(model, Prior):
        return TOKENS
    if "tokenizer" in stored.tensors:
        return BPE
    return BYTES if model.size <= 256 else UINT16


def check_entry(entry: Entry) -> None:
    """Refuse an entry of a frame that no model of symbols can have."""
    need(entry.coder in (ARITHMETIC, HUFFMAN), "a model's coder is unknown")
    allowed = {PARAMETERS} if entry.family == TRANSFORMER else set[int]()
    need(not entry.properties.keys() - allowed, "a property is unknown")
    if entry.family not in (ADAPTIVE, DALLE):  # the software has a prior
        need(len(entry.hash) == 32, "a stored model has a short hash")


def check_model(entry: Entry, model: Model, stored: StoredModel) -> None:
    """Refuse a model that an entry doesn't go with."""
    need(entry.symbols == symbols_of(model, stored), "a model has other symbols")
    if isinstance(model, Transformer):
        parameter_of(model, entry.properties.get(PARAMETERS))


def lanes_of(model: Model, entry: Entry, num_lanes: int) -> Lanes:
    """Return a block's lanes, which have read nothing."""
    if isinstance(model, Prior):
        return PriorLanes(model, num_lanes)

    def lane() -> Lane:
        if isinstance(model, Ngram):
            return NgramLane(model)
        if isinstance(model, Transformer):
            parameter = parameter_of(model, entry.properties.get(PARAMETERS))
            return TransformerLane(model, parameter)
        if isinstance(model, NeuralNgram):
            return NeuralNgramLane(model)
        return RecurrentLane(model)

    return OwnLanes([lane() for _ in range(num_lanes)])


def decode_adaptive(block: Block, entry: Entry) -> bytes:
    """Return the bytes of a block of the adaptive model."""
    lanes = AdaptiveLanes(block.num_lanes)
    return bytes(decode_symbols(block, entry.coder, 256, lanes))


def decode_stored(block: Block, entry: Entry, model: Model, stored: StoredModel) -> bytes:
    """Return the bytes of a block of a model in a file."""
    lanes = lanes_of(model, entry, block.num_lanes)
    symbols = decode_symbols(block, entry.coder, model.size, lanes)
    return _content(entry.symbols, symbols, model, stored)


def _content(kind: int, symbols: Sequence[int], model: Model, stored: StoredModel) -> bytes:
    """Return the bytes that symbols stand for: docs/format.md, section 4."""
    if kind == BPE:
        return BytePairs(stored).content(symbols)
    if isinstance(model, Prior):
        num_lanes = model.shape.num_lanes(len(symbols))
        need(len(symbols) % num_lanes == 0, "lanes have different lengths")
        return token_file(model.shape, BytePairs(stored), symbols)
    return b"".join(symbol.to_bytes(1 + (kind == UINT16), "little") for symbol in symbols)
