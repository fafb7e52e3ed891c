"""Transformers: docs/spec/transformer.md."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from tests.reference import sliding
from tests.reference.attention import CompletePast, Past
from tests.reference.coders import need
from tests.reference.exact import (
    STREAM_LIMIT,
    Embedding,
    FixedNorm,
    Layer,
    Norm,
    Scale,
    added,
    function,
    shifted,
    weights_of_logits,
)
from tests.reference.stored import StoredModel
from tests.reference.tables import clamp


class Block(NamedTuple):
    """Either what layers read is normalised, or what they add to the stream."""

    attention_norm: Norm | None
    query_key_value: Layer
    attention_out: Layer
    attention_out_norm: FixedNorm | None
    inner_norm: Norm | None
    inner_in: Layer
    inner_out: Layer
    inner_out_norm: FixedNorm | None


class Transformer:
    """What a model file says of a transformer.

    Attributes:
        size: V.
        context: T.
        sights: positions that each block sees at each position; None for all up to its own.
    """

    def __init__(self, stored: StoredModel) -> None:
        config = self.config = stored.config
        self.stored = stored
        self.size: int = config["alphabet_size"]
        self.context: int = config["context"]
        self.start_symbol: int = config["start_symbol"]
        self.slides = config.get("sinks", 0) > 0
        self.head_width: int = config["head_width"]
        self.num_heads: int = config["num_heads"]
        self.num_key_heads: int = config["num_key_heads"]
        self.sights: list[Sequence[Sequence[int]] | None] = [None] * config["num_layers"]
        width, inner = config["width"], config["inner_width"]
        queries, keys = (self.head_width * n for n in (self.num_heads, self.num_key_heads))

        def layer(name: str, size: int, inputs: int) -> Layer:
            return Layer(stored, name, size, inputs, Scale(*stored.numbers(f"{name}.scale")))

        def norm(name: str) -> Norm:
            return Norm(stored.numbers(f"{name}.gain"), config["epsilon"], config["center"])

        outputs = config.get("norms_outputs", False)
        need(self.slides or not outputs, "norms of outputs in windows that are read again")

        def before(name: str) -> Norm | None:
            return None if outputs else norm(name)

        def after(name: str) -> FixedNorm | None:
            return FixedNorm(stored, name, width) if outputs else None

        self.blocks = [
            Block(
                before(f"blocks.{b}.attention_norm"),
                layer(f"blocks.{b}.query_key_value", queries + 2 * keys, width),
                layer(f"blocks.{b}.attention_out", width, queries),
                after(f"blocks.{b}.attention_out_norm"),
                before(f"blocks.{b}.inner_norm"),
                layer(f"blocks.{b}.inner_in", inner * (1 + config["gated"]), width),
                layer(f"blocks.{b}.inner_out", width, inner),
                after(f"blocks.{b}.inner_out_norm"),
            )
            for b in range(config["num_layers"])
        ]
        self.last_norm, self.head = norm("last_norm"), layer("head", self.size, width)
        weight = "head.weight" if config["tied"] else "embedding.weight"
        self._embedding = Embedding(stored, weight, width, config["embedding_shift"])
        self.rotating = [config["rotary"]] * config["num_layers"]
        if config["rotary"] and "rotating" in stored.tensors:
            self.rotating = [one != 0 for one in stored.numbers("rotating")]
        self._activation, self.exp2 = stored.numbers("activation"), stored.numbers("exp2")

    def past(self, window: int) -> Past:
        """Return the past of a lane that has read nothing; ``window`` counts where it slides."""
        return sliding.Past(self, window) if self.slides else CompletePast(self)

    def read(self, symbol: int, position: int, past: Past) -> list[int]:
        """Section 3: return the stream of a symbol, after all blocks."""
        config, moved = self.config, None
        if not config["rotary"]:
            moved = self.stored.tensors["positions"].row(position, config["width"])
        stream = self._embedding(symbol, moved)
        inner = config["inner_width"]
        for number, block in enumerate(self.blocks):
            attended = block.query_key_value.after(block.attention_norm, stream)
            width = self.head_width
            heads = [attended[i : i + width] for i in range(0, len(attended), width)]
            mixed = past.attend(number, heads, position)
            sums = block.attention_out.of([one for row in mixed for one in row])
            norm = block.attention_out_norm
            stream = added(stream, sums if norm is None else norm(sums))
            values = block.inner_in.after(block.inner_norm, stream)
            gates = [function(self._activation, value) for value in values[:inner]]
            if config["gated"]:
                products = map(mul, gates, values[inner:])
                gates = [clamp(shifted(product, 12), STREAM_LIMIT) for product in products]
            sums, norm = block.inner_out.of(gates), block.inner_out_norm
            stream = added(stream, sums if norm is None else norm(sums))
        return stream

    def logits(self, stream: list[int]) -> list[int]:
        return self.head.after(self.last_norm, stream)


class Lane:
    """Sections 4 and 5: a lane of a block.

    Args:
        model: the transformer.
        parameter: the overlap of windows, or the length of one that slides.
    """

    def __init__(self, model: Transformer, parameter: int) -> None:
        self._model, self._parameter = model, parameter
        self._past = model.past(parameter)
        self._new = [model.start_symbol]  # which are to be read yet
        self._known = list(self._new)  # symbols of the window
        self._num_read = 0

    def weigh(self) -> list[int]:
        return weights_of_logits(self.logits(), self._model.exp2)

    def logits(self) -> list[int]:
        """Return the logits of what comes next; called at least once for each symbol."""
        stream: list[int] = []
        for symbol in self._new:
            stream = self._model.read(symbol, self._num_read, self._past)
            self._num_read += 1
        self._new = []
        return self._model.logits(stream)

    def read(self, symbol: int) -> None:
        self._new.append(symbol)
        if self._model.slides:
            need(self._num_read < 1 << 20, "a lane is too long for its model")
            return
        if len(self._known) == self._model.context:
            kept = self._parameter - 1
            self._known = self._known[len(self._known) - kept :]
            self._new = [*self._known, symbol]
            self._past, self._num_read = self._model.past(0), 0
        self._known.append(symbol)


def parameter_of(model: Transformer, property_1: bytes | None) -> int:
    """Return what a frame says of windows: section 6."""
    usual = min(1024, model.context) if model.slides else model.context // 2
    if property_1 is None:
        return usual
    number = int.from_bytes(property_1, "little")
    least = model.config["sinks"] + 1 if model.slides else 1
    most = model.context if model.slides else model.context - 1
    need(len(property_1) == 2 and least <= number <= most, "a window is out of range")
    need(number != usual, "a window is given that is the usual one")
    return number
