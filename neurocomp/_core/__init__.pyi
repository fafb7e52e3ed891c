"""The compiled core: see core/README.md.  Arrays are contiguous; it works without the GIL."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neurocomp._core import adaptive as adaptive
from neurocomp._core import coding as coding
from neurocomp._core import exact as exact
from neurocomp._core import images as images
from neurocomp._core import ngram as ngram
from neurocomp._core import symbols as symbols

class DamagedPayload(ValueError):
    """A payload is not what any bytes are coded as."""

def processors() -> list[str]:
    """Return the kinds of processors that this machine is, the slowest first."""

def processor() -> str:
    """Return the kind whose kernels are used: the fastest, or that of ``NEUROCOMP_CPU``.

    Raises:
        RuntimeError: this machine is not of that kind.
    """

def use_processor(name: str) -> None:
    """Use the kernels of another kind from now on; raises ValueError for none of this machine's."""

class Primer:
    """What a mixture has read before a block of text; safe to share between threads."""

    def __init__(self, content: bytes) -> None: ...

class Network:
    """A recurrent network of bytes, packed, and what mixers beside it know.

    It keeps the arrays of embeddings and tables, and copies layers.

    Args:
        width: of the stream, as all numbers here in a ``RecurrentConfig``.
        num_blocks: of these.
        context: bytes of a window.
        inner_width: of feed-forward layers.
        epsilon: of norms.
        tables: length of the n-grams and bits of each table of hashed embeddings.
        embeddings: int32 (context, 256, width).
        hashed: int8 (rows, width), of all tables.
        hashed_scales: int32 (rows,).
        layers: gates, out, up and down of each block, then the head: weight, int8 (N, K),
            multiplier, int64 (N,), bias, int32 (N,), shift.
        gates: int32 (32768,), the logistic function.
        silu: int32 (32768,).
        exp2: int32 (1024,).
        experience: arrays of an ``Experience`` in the order of its parts, or None.

    Raises:
        ValueError: a shape or number is out of range, so that it would not be exact.
    """

    def __init__(
        self,
        *,
        width: int,
        num_blocks: int,
        context: int,
        inner_width: int,
        epsilon: int,
        tables: Sequence[tuple[int, int]],
        embeddings: NDArray[np.int32],
        hashed: NDArray[np.int8],
        hashed_scales: NDArray[np.int32],
        layers: list[tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.int32], int]],
        gates: NDArray[np.int32],
        silu: NDArray[np.int32],
        exp2: NDArray[np.int32],
        experience: tuple[NDArray[np.integer], ...] | None,
    ) -> None: ...
    def weigh(self, symbols: NDArray[np.uint8], ahead: int = 1) -> NDArray[np.int32]:
        """Return what it makes of each byte before it reads it.

        Args:
            symbols: uint8 (lanes, n).
            ahead: positions of a lane that are weighed at once.

        Returns:
            int32 (lanes, n, 256): weights of 1 to 2**30.
        """

def encode(
    sections: Sequence[NDArray[np.uint8]],
    room: int,
    *,
    profile: int,
    num_lanes: int = 1,
    network: Network | None = None,
    primer: Primer | None = None,
    dictionary: NDArray[np.uint8] | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[bytes | None]:
    """Code sections side by side, in lock-step where a network weighs their bytes.

    Args:
        sections: bytes, (n,) each.
        room: bytes that a payload may have.
        profile: contexts for text (0) or binary data (1).
        num_lanes: lanes of each section; 1 for contexts alone.
        network: None for contexts alone.
        primer: read first; only for text that contexts alone code.
        dictionary: read before each section, the network reads its end.
        progress: told now and then how many more bytes are done; may raise to stop the work.

    Returns:
        A payload for each, None where it would be longer than ``room``.
    """

def decode(
    payloads: Sequence[bytes],
    sections: Sequence[NDArray[np.uint8]],
    *,
    profile: int,
    num_lanes: int = 1,
    network: Network | None = None,
    primer: Primer | None = None,
    dictionary: NDArray[np.uint8] | None = None,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Fill ``sections`` with what their payloads hold; arguments are as for `encode`.

    Raises:
        DamagedPayload: a payload is not what any bytes are coded as.
    """

def learn(
    section: NDArray[np.uint8], *, profile: int, network: Network | None = None
) -> tuple[NDArray[np.integer], ...]:
    """Return the arrays of an ``Experience`` after a section, in the order of its parts."""

def quantise(weights: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the frequency tables of weights (lanes, V) in range: see ``neurocomp.exact.quantise``.

    Raises:
        ValueError: a row has no positive entry.
    """

def decode_classes(
    words: NDArray[np.uint32],
    frequencies: NDArray[np.int32],
    values: NDArray[np.int64],
    widths: NDArray[np.uint8],
    size: int,
    item_bytes: int,
) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
    """Return what constriction's range decoder finds: values of classes, and their widths.

    Args:
        words: the coder's.
        frequencies: of the classes, (C,), which sum to 2**24.
        values: of the classes, (C,).
        widths: of the classes, (C,).
        size: how many to decode.
        item_bytes: of the result's type, which holds the values.

    Returns:
        Signed integers, (size,), and their widths, (size,), empty where all are 0.

    Raises:
        DamagedPayload: no encoder writes these words.
    """

class BitDecoder:
    """The binary coder's decoder of a payload, a bit at a time."""

    def __init__(self, payload: bytes) -> None: ...
    def decode(self, p: int) -> int:
        """Return the next bit; ``p`` is the probability of a 1 in 2**-16, 1 to 65535."""

    def is_spent(self) -> bool:
        """Tell whether more bytes were read than any end of a payload implies: it is damaged."""

    def finish(self) -> bool:
        """Tell whether the payload is, byte for byte, what is written for the bits decoded."""

def encode_bits(
    bits: NDArray[np.uint8], probabilities: NDArray[np.uint16], room: int
) -> bytes | None:
    """Return the binary coder's payload of bits (n,), None where it is longer than ``room``.

    Args:
        bits: 0 or 1.
        probabilities: of a 1 in units of 2**-16, 1 to 65535, (n,).
        room: bytes that the payload may have.
    """

def decode_bits(
    payload: bytes, probabilities: NDArray[np.uint16]
) -> tuple[NDArray[np.uint8], bool]:
    """Return the bits (n,) of a payload, and whether it is what they are coded as."""
