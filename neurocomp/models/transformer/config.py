"""An architecture described once: what a stored transformer says about its shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurocomp.errors import FormatError
from neurocomp.exact.scaling import MAX_CONTEXT, MAX_WIDTH, MAX_WINDOW
from neurocomp.exact.tables import FUNCTIONS

MAX_LAYERS = 256

MIN_HEAD_WIDTH = 3
"""Of windows that are read again: queries of narrower heads would not fit 16 bits."""

NUM_SINKS = 4
"""First positions that a sliding window keeps in sight."""

DEFAULT_WINDOW = 1024
"""Positions of a sliding window, where nothing else is asked for."""


@dataclass(frozen=True)
class TransformerConfig:
    """Shape of a decoder-only transformer.

    Attributes:
        alphabet_size: V.
        context: number of positions of the cache, T; the most that a sliding window may have.
        width: width of the residual stream.
        num_layers: number of blocks.
        num_heads: number of heads of queries.
        num_key_heads: number of heads of keys and values, shared by groups of queries if fewer.
        head_width: number of columns of a head.
        inner_width: inner width of the feed-forward layers.
        activation: "gelu_new" or "silu".
        gated: whether the inner values are products of activated gates and values (N. Shazeer,
            GLU variants improve transformer, 2020).
        center: whether norms are layer norms, which take means off, and not RMS norms.
        rotary: whether queries and keys are rotated, instead of learnt positions.
        tied: whether the embedding's integers are those of the last layer.
        epsilon: epsilon of the norms, as ``exact.Norm`` has it.
        embedding_shift: shift of the embedding's scale.
        start_symbol: symbol that stands before the first one.
        sinks: number of first positions that a sliding window keeps in sight; 0 where a window is
            read again when it is full.
        norms_heads: whether queries and keys are normalised before they are rotated.
        norms_together: whether they are normalised as one row of all heads, and not head by head.
        norms_outputs: whether outputs of attention and of the feed-forward layers are normalised
            before they are added to the residual stream, and not their inputs.
    """

    alphabet_size: int
    context: int
    width: int
    num_layers: int
    num_heads: int
    num_key_heads: int
    head_width: int
    inner_width: int
    activation: str
    gated: bool
    center: bool
    rotary: bool
    tied: bool
    epsilon: int
    embedding_shift: int
    start_symbol: int
    sinks: int = 0
    norms_heads: bool = False
    norms_together: bool = False
    norms_outputs: bool = False

    def __post_init__(self) -> None:
        """Check every value; raises FormatError."""
        ranges = {
            "alphabet_size": (2, 1 << 20),
            "context": (2, MAX_CONTEXT),
            "width": (1, MAX_WIDTH),
            "num_layers": (1, MAX_LAYERS),
            "num_heads": (1, 1024),
            "num_key_heads": (1, 1024),
            "head_width": (1, 1024),
            "inner_width": (1, 1 << 15),
            "epsilon": (1, 1 << 61),
            "embedding_shift": (1, 61),
            "start_symbol": (0, self.alphabet_size - 1),
            "sinks": (0, min(self.context - 1, 64)),
        }
        for field in dataclasses.fields(self):
            value: Any = getattr(self, field.name)
            kind = {"int": int, "str": str, "bool": bool}[str(field.type)]
            low, high = ranges.get(field.name, (0, 0))
            if type(value) is not kind or (type(value) is int and not low <= value <= high):
                raise FormatError(f"{field.name} = {value!r} of the transformer is out of range")
        if self.activation not in FUNCTIONS or (self.rotary and self.head_width % 2):
            raise FormatError("the transformer's activation or head width is not supported")
        if not self.sinks and self.head_width < MIN_HEAD_WIDTH:
            raise FormatError(f"heads of {self.head_width} columns are not exact in 16 bits")
        if self.norms_heads and not self.sinks:
            raise FormatError("norms of heads need a transformer whose window slides")
        if self.norms_outputs and not self.sinks:
            raise FormatError("norms of outputs need a transformer whose window slides")
        if self.norms_together and not (self.norms_heads and self.query_width <= MAX_WIDTH):
            raise FormatError("the transformer's norms of all heads are not supported")
        if self.sinks and (not self.rotary or self.context > MAX_WINDOW):
            raise FormatError("the transformer's sliding window is not supported")

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> TransformerConfig:
        """Return the configuration of a stored model; raises FormatError if it is invalid."""
        all_fields = dataclasses.fields(cls)
        missing = [
            field.name
            for field in all_fields
            if field.default is dataclasses.MISSING and field.name not in fields
        ]
        if missing:
            raise FormatError(f"the transformer's configuration lacks {', '.join(missing)}")
        names = [field.name for field in all_fields if field.name in fields]
        return cls(**{name: fields[name] for name in names})

    def to_json(self) -> dict[str, Any]:
        """Return the fields of a model file; later additions only if not the default."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }

    @property
    def default_window(self) -> int:
        """Positions of a sliding window, where nothing else is asked for."""
        return _default_window(self.context)

    @property
    def query_width(self) -> int:
        """Columns of all queries."""
        return self.num_heads * self.head_width

    @property
    def key_width(self) -> int:
        """Columns of all keys, and of all values."""
        return self.num_key_heads * self.head_width

    def cache_bytes_per_lane(self, num_positions: int) -> int:
        """Return the memory of a lane's keys and values of so many positions."""
        scale_bytes = 4 * self.num_key_heads
        vector_bytes = self.key_width + scale_bytes if self.sinks else 2 * self.key_width
        return 2 * self.num_layers * vector_bytes * num_positions


def usual_window(fields: Mapping[str, Any]) -> int | None:
    """Return the default window by the fields of a model file, which may be damaged.

    None where no window slides.
    """
    sinks, context = fields.get("sinks", 0), fields.get("context")
    if type(sinks) is not int or sinks <= 0 or type(context) is not int:
        return None
    return _default_window(context)


def _default_window(context: int) -> int:
    return min(context, DEFAULT_WINDOW)
