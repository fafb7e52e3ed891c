"""What the lanes of a section share: docs/spec/mix.md, section 2."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from tests.reference.tables import GUESS, clamp, squash

FIRST_ROW = (0, 768, 1024, 1152, 1408, 1472, 2496)
NUM_ROWS = 2624
FIRST_FINAL_ROW = (0, 256, 384)
NUM_FINAL_ROWS = 640
WEIGHT_LIMIT = (1 << 19) - 1
FINAL_LIMIT = 1 << 20


class Kind(NamedTuple):
    """What mixers begin with, and how fast they learn: mix, sections 2 and 8; language, section 4.

    Attributes:
        context, match, network: first weights of inputs 0 to 38, 40 and 42, and 46.
        final: first final weights.
        least_rate, rate: R is the first, and the second over n.
        final_shift: by which final weights learn.
    """

    context: int
    match: int
    network: int
    final: int
    least_rate: int
    rate: int
    final_shift: int = 17

    @property
    def with_network(self) -> bool:
        return self.network > 0


ALONE = Kind(7000, 14000, 0, 10922, 60, 1638400)
NETWORK = Kind(3300, 6600, 45000, 9362, 40, 3276800)
EXPERIENCED = NETWORK._replace(rate=1228800)
LANGUAGE = Kind(600, 1500, 62000, 9362, 14, 122880, 20)


class Experience(NamedTuple):
    """Tensors of a network by these names, without their prefix."""

    weights: Sequence[int]
    final_weights: Sequence[int]
    history_maps: Sequence[int]
    order0_map: Sequence[int]
    match_maps: Sequence[int]


class Tables:
    """Everything that the lanes of a section share."""

    def __init__(self, num_bytes: int, kind: Kind, experience: Experience | None) -> None:
        lines = max(6, min(21, (20 * num_bytes).bit_length() - 2))
        heads = max(8, min(20, num_bytes.bit_length()))
        self.line_mask = (1 << lines) - 1
        self.head_mask = (1 << heads) - 1
        self.history = bytearray(num_bytes + 16)
        self.slots = bytearray(64 << lines)
        self.after_one = [0] * 256
        self.after_two: dict[int, int] = defaultdict(int)
        self.heads: list[dict[int, int]] = [defaultdict(int), defaultdict(int)]
        first = [squash(clamp(256 * (point - 12), 3071)) for point in range(25)]
        self.final_maps = [array("H", first) * 65536 for _ in range(3)]
        if experience is None:
            row = [kind.context, 0] * 20 + [kind.match, 0] * 2 + [0, 0, kind.network, 0]
            self.weights = [row.copy() for _ in range(NUM_ROWS)]
            self.final_weights = [[kind.final] * 7 for _ in range(NUM_FINAL_ROWS)]
            self.history_maps = [guess << 16 for guess in GUESS + [0] * (256 - len(GUESS))] * 20
            self.order0_map = [1 << 31] * 256
            self.match_maps = [3 << 30] * 64
        else:
            weights, finals = experience.weights, experience.final_weights
            self.weights = [list(weights[48 * r : 48 * r + 48]) for r in range(NUM_ROWS)]
            self.final_weights = [list(finals[7 * r : 7 * r + 7]) for r in range(NUM_FINAL_ROWS)]
            self.history_maps = list(experience.history_maps)
            self.order0_map = list(experience.order0_map)
            self.match_maps = list(experience.match_maps)

    def limit_counts(self, limit: int) -> None:
        for entries in (self.history_maps, self.order0_map, self.match_maps):
            entries[:] = [entry & ~1023 | min(entry & 1023, limit) for entry in entries]

    def byte(self, position: int) -> int:
        return self.history[position] if position >= 0 else 0
