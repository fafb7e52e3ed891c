"""The shape of an exact recurrent network of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from neurocomp.errors import FormatError, UsageError
from neurocomp.exact.hashing import HashedTable, hashed_tables
from neurocomp.exact.scaling import MAX_WIDTH, RESIDUAL_LIMIT
from neurocomp.frame.constants import MAX_BYTENET_LANES, SECTION_LANES

ALPHABET_SIZE = 256
SEPARATOR = 0x1E
"""Byte that separates documents in training: what a lane has read before its first byte."""

RESIDUAL_BITS = 12
SQUARE_BITS = 12
"""Fraction bits of the stream, and of what is squared."""


@dataclass(frozen=True)
class RecurrentConfig:
    """Shape of a network; see ``neurocomp.models.bytenet.glr`` for what it computes.

    Attributes:
        width: d, width of the stream, a multiple of 4.
        num_blocks: number of blocks, each a recurrence and a feed-forward layer.
        context: bytes whose embeddings are added up to the input.
        inner_width: width of the feed-forward layers, a multiple of 4.
        epsilon: epsilon of the norms, in squared units of the stream, times d.
        hashed: bits of the tables of hashed n-grams, by the length of the n-grams in digits.
        section_lanes: lanes of a long block that share tables and a payload.
    """

    width: int
    num_blocks: int
    context: int
    inner_width: int
    epsilon: int
    hashed: dict[str, int] = field(default_factory=dict)
    section_lanes: int = SECTION_LANES

    def __post_init__(self) -> None:
        """Check the ranges; raises FormatError."""
        ranges = {
            "width": MAX_WIDTH,
            "num_blocks": 64,
            "context": 16,
            "inner_width": 4 * MAX_WIDTH,
            "epsilon": RESIDUAL_LIMIT,
            "section_lanes": MAX_BYTENET_LANES,
        }
        for name, limit in ranges.items():
            if not 1 <= getattr(self, name) <= limit:
                raise FormatError(f"{name} {getattr(self, name)} of a network is out of range")
        if self.width % 4 or self.inner_width % 4:
            raise FormatError("the widths of a network are not multiples of 4")
        try:
            self.hashed_tables  # noqa: B018  it checks
        except UsageError as error:
            raise FormatError(f"a network has an impossible table: {error}") from None

    @property
    def hashed_tables(self) -> tuple[HashedTable, ...]:
        """The tables of hashed n-grams, by their length."""
        return hashed_tables(self.hashed, self.context)

    @property
    def num_hashed_rows(self) -> int:
        """Rows of all those tables."""
        return sum(table.num_rows for table in self.hashed_tables)

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as a stored model has it: optional values where they differ."""
        values = asdict(self)
        if not self.hashed:
            del values["hashed"]
        if self.section_lanes == SECTION_LANES:
            del values["section_lanes"]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RecurrentConfig:
        """Return the configuration that a stored model has; raises FormatError."""
        names = {one.name for one in fields(cls)} - {"hashed", "section_lanes"}
        tables = values.get("hashed", {})
        sizes = {name: value for name, value in values.items() if name != "hashed"}
        numbers = [*sizes.values(), *(tables.values() if isinstance(tables, dict) else [None])]
        is_whole = set(sizes) - {"section_lanes"} == names
        if not is_whole or not all(type(number) is int for number in numbers):
            raise FormatError(f"a network's configuration has integers for {sorted(names)}")
        return cls(**sizes, hashed=dict(tables))
