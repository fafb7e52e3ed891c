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


class Experience(NamedTuple):
    """Tensors of a network by these names, without their prefix."""

    weights: Sequence[int]
    final_weights: Sequence[int]
    history_maps: Sequence[int]
    order0_map: Sequence[int]
    match_maps: Sequence[int]


class Tables:
    """Everything that the lanes of a section share."""

    def __init__(self, num_bytes: int, with_network: bool, experience: Experience | None) -> None:
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
            context, match, network = (3300, 6600, 45000) if with_network else (7000, 14000, 0)
            row = [context, 0] * 20 + [match, 0] * 2 + [0, 0, network, 0]
            self.weights = [row.copy() for _ in range(NUM_ROWS)]
            share = 65536 // (7 if with_network else 6)
            self.final_weights = [[share] * 7 for _ in range(NUM_FINAL_ROWS)]
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
