"""Language models in exact arithmetic: ``core/src/language``."""

from numpy import int8, int32, uint8
from numpy.typing import NDArray

from neurocomp._core import Network
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
        """Add a block after those that are there.

        Gains are empty in a transformer that normalises outputs, which ``set_output_norms`` says.
        """

    def set_head_norms(
        self,
        query_gain: NDArray[int32],
        query_epsilon: int,
        query_shift: int,
        key_gain: NDArray[int32],
        key_epsilon: int,
        key_shift: int,
    ) -> None:
        """Have the last block's queries and keys normalised, by head or all heads as one."""

    def set_output_norms(
        self,
        attention_gain: NDArray[int32],
        attention_epsilon: int,
        attention_shift: int,
        inner_gain: NDArray[int32],
        inner_epsilon: int,
        inner_shift: int,
    ) -> None:
        """Have the outputs of the last block's attention and inner layers normalised."""

    def finish(self, last_gain: NDArray[int32], head: Linear, head_limit: int) -> None:
        """Add what comes after the blocks."""

class Lanes:
    """Lanes that read over a sliding window of ``length`` positions, ``max_steps`` at once.

    Where there are several threads, one calls ``begin``, has the others call ``assist`` with the
    number that this returned, reads and writes, and calls ``end``, upon which the others return.
    Those that come late, or never, are not waited for.
    """

    def __init__(
        self,
        transformer: Transformer,
        num_lanes: int,
        length: int,
        max_steps: int,
        num_threads: int = 1,
    ) -> None: ...
    def begin(self) -> int:
        """Begin a step of all threads; return its number."""

    def assist(self, member: int, step: int) -> None:
        """Work on a step until it ends, as number ``member``, from 1 on, of the threads."""

    def end(self) -> None:
        """End the step."""

    def read(self, symbols: NDArray[int32]) -> None:
        """Read symbols (lanes, steps) at the next positions."""

    def take(self, other: Lanes) -> None:
        """Have all lanes read what the first of ``other`` has, instead of what they have.

        Raises:
            ValueError: ``other`` has another transformer, length or number of steps at once.
        """

    def write_frequencies(self, out: NDArray[int32]) -> None:
        """Write tables (lanes * steps, V) of what follows the last steps that were read at once."""

    def write_logits(self, out: NDArray[int32]) -> None:
        """Write logits to base 2, in units of 2**-10, in the place of tables."""

class Vocabulary:
    """The bytes of tokens, sorted.

    Args:
        bytes: of all tokens, one after the other.
        starts: (V + 1,), where each begins; one without bytes is never coded.

    Raises:
        ValueError: a byte has no token of its own, or two tokens have the same bytes.
    """

    def __init__(self, bytes: NDArray[uint8], starts: NDArray[int32]) -> None: ...
    @property
    def order(self) -> NDArray[int32]:
        """Numbers of the tokens that have bytes, sorted by these."""

class TokenEncoder:
    """Codes the tokens of lanes that hold ``sizes`` bytes, to a payload of at most ``room``.

    Args:
        vocabulary: of the tokens.
        profile: of the contexts.
        sizes: of the lanes.
        room: bytes.
        network: whose opinion is the second; None for none.
        content: (n,), the bytes of all lanes, one after the other.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        profile: int,
        sizes: list[int],
        room: int,
        network: Network | None,
        content: NDArray[uint8],
    ) -> None: ...
    def encode(self, first_lane: int, logits: NDArray[int32], tokens: NDArray[int32]) -> bool:
        """Code the next token of lanes from ``first_lane`` on; lanes that are done take none.

        Args:
            first_lane: that the rows are for.
            logits: (lanes, n or more), first those of the sorted tokens.
            tokens: (lanes,), that of a lane that is done being ignored.

        Returns:
            False where the payload is full.
        """

    @property
    def place(self) -> tuple[int, int]:
        """Bytes that are written, and the width of the interval, 2**48 at most, in what follows.

        So many bytes and 48 - log2(width) bits are spent.
        """

    @property
    def num_written(self) -> int:
        """Bytes of the payload so far."""

    def finish(self) -> bytes | None:
        """Return the payload; None where it is longer than the room."""

class TokenDecoder:
    """Decodes what `TokenEncoder` coded."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        profile: int,
        sizes: list[int],
        payload: bytes,
        network: Network | None,
    ) -> None: ...
    def decode(self, first_lane: int, logits: NDArray[int32], tokens: NDArray[int32]) -> None:
        """Write the next tokens of lanes from ``first_lane`` on; 0 for those that are done.

        Raises:
            DamagedPayload: the payload ends too early, or a token is longer than its lane.
        """

    @property
    def is_done(self) -> bool:
        """Whether all lanes are done."""

    @property
    def num_decoded(self) -> int:
        """Bytes so far."""

    def finish(self) -> bytes:
        """Return the bytes of all lanes.

        Raises:
            DamagedPayload: the payload is not what they are coded as.
        """
