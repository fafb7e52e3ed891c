"""What sets of images have shown so far: ``core/src/images``.

Arrays are contiguous, and none is converted.  All raise ValueError for shapes that don't fit
together and for numbers out of range.
"""

from numpy import bool_, int32, int64, uint16, uint64
from numpy.typing import NDArray

def write_keys(
    codes: NDArray[int32],
    rarest: NDArray[int32],
    place: int,
    num_columns: int,
    keys: NDArray[uint64],
) -> None:
    """Write the contexts of codes at ``place``; see ``models.dalle.memory``."""

def choose_rarest(
    tokens: NDArray[int32], lengths: NDArray[int64], counts: NDArray[int32], out: NDArray[int32]
) -> None:
    """Write captions' rarest tokens; see ``models.dalle.memory``."""

class CodeCounts:
    """Which codes followed contexts, and how often.

    Args:
        first_entries: of a fresh table, a power of 2.
        max_entries: the table is emptied when more are needed.
    """

    def __init__(self, first_entries: int, max_entries: int) -> None: ...
    def add(self, keys: NDArray[uint64], codes: NDArray[int32]) -> None:
        """Count that each context of keys (n, contexts) was followed by a code of (n,)."""

    def look_up(self, key: int) -> tuple[int, dict[int, int]]:
        """Return how often a context was there, and counts of the codes that followed."""

    @property
    def num_contexts(self) -> int:
        """Number of contexts."""

class CodeMemory:
    """Counts and weights of a set, and where its lanes are; see ``models.dalle.memory``.

    Args:
        num_tokens: of the captions' alphabet.
        num_columns: of an image.
        num_places: codes of an image.
        num_codes: of the images' alphabet.
        num_lanes: that read the set.
        logarithms: (2048,); see ``exact.tables``.
        first_entries: as those of `CodeCounts`.
        max_entries: likewise.
    """

    def __init__(
        self,
        num_tokens: int,
        num_columns: int,
        num_places: int,
        num_codes: int,
        num_lanes: int,
        logarithms: NDArray[int32],
        first_entries: int,
        max_entries: int,
    ) -> None: ...
    def mix(
        self,
        first: int,
        place: int,
        logits: NDArray[int32],
        priors: NDArray[int32],
        out: NDArray[int32],
    ) -> None:
        """Write logits (lanes, codes), of lanes from ``first`` on, with what the set has shown."""

    def expect(self, first: int, tables: NDArray[int32]) -> None:
        """Take note of tables (lanes, codes), which may be columns of wider ones."""

    def learn(self, place: int, codes: NDArray[int32], active: NDArray[bool_]) -> None:
        """Learn the codes (lanes,) of the lanes that are active."""

    def read_captions(
        self, tokens: NDArray[int32], lengths: NDArray[int64], active: NDArray[bool_]
    ) -> None:
        """Take captions, (lanes, most tokens)."""

class CountModel:
    """Codes under adaptive counts from 1/2 on, in floats."""

    def __init__(self, num_codes: int) -> None: ...
    def read(self, codes: NDArray[uint16]) -> float:
        """Return the code length of codes (n,) in bits."""

class GridModel:
    """Codes of ``depth`` bits under the contexts of a grid, in floats."""

    def __init__(self, depth: int) -> None: ...
    def read(self, grids: NDArray[uint16]) -> float:
        """Return the code length of grids (N, rows, columns) in bits."""
