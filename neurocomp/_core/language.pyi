"""Language models in exact arithmetic: ``core/src/language``."""

from numpy import int8, int32
from numpy.typing import NDArray

from neurocomp._core.exact import Linear

class Transformer:
    """A transformer of the Llama graph, which reads the arrays that it was made of.

    Args:
        embedding: (V, K).
        rows: (V,).
        columns: (K,).
        shift: of the embedding's scale.
        turns: (2, 2, 1024, head_width // 2), of ``exact.turns``.
        activation: (32768,).
        exp2: (1024,).
        num_heads: of queries.
        num_key_heads: of keys and values.
        head_width: columns of a head.
        inner_width: of the feed-forward layers.
        num_sinks: first positions that stay in sight.
        epsilon: of the norms.
    """

    def __init__(
        self,
        embedding: NDArray[int8],
        rows: NDArray[int32],
        columns: NDArray[int32],
        shift: int,
        turns: NDArray[int32],
        activation: NDArray[int32],
        exp2: NDArray[int32],
        num_heads: int,
        num_key_heads: int,
        head_width: int,
        inner_width: int,
        num_sinks: int,
        epsilon: int,
    ) -> None: ...
    def add_block(
        self,
        attention_gain: NDArray[int32],
        query_key_value: Linear,
        query_key_value_limit: int,
        query_limit: int,
        multiplier: int,
        shift: int,
        attention_out: Linear,
        attention_out_limit: int,
        inner_gain: NDArray[int32],
        inner_in: Linear,
        inner_in_limit: int,
        inner_out: Linear,
        inner_out_limit: int,
        rotates: bool,
    ) -> None:
        """Add a block after those that are there."""

    def set_head_norms(
        self,
        query_gain: NDArray[int32],
        query_epsilon: int,
        query_shift: int,
        key_gain: NDArray[int32],
        key_epsilon: int,
        key_shift: int,
    ) -> None:
        """Have the last block's queries and keys normalised by head."""

    def finish(self, last_gain: NDArray[int32], head: Linear, head_limit: int) -> None:
        """Add what comes after the blocks."""

class Lanes:
    """Lanes that read over a sliding window of ``length`` positions, ``max_steps`` at once."""

    def __init__(
        self, transformer: Transformer, num_lanes: int, length: int, max_steps: int
    ) -> None: ...
    def read(self, symbols: NDArray[int32]) -> None:
        """Read symbols (lanes, steps) at the next positions."""

    def write_frequencies(self, out: NDArray[int32]) -> None:
        """Write tables (lanes * steps, V) of what follows the last steps that were read at once."""

    def write_logits(self, out: NDArray[int32]) -> None:
        """Write logits to base 2, in units of 2**-10, in the place of tables."""
