"""The compiled core: see core/README.md.  Arrays are contiguous; it works without the GIL."""

from collections.abc import Callable, Sequence

import numpy as np
from _typeshed import ReadableBuffer, WriteableBuffer
from numpy.typing import NDArray

from neurocomp._core import adaptive as adaptive
from neurocomp._core import coding as coding
from neurocomp._core import content as content
from neurocomp._core import exact as exact
from neurocomp._core import images as images
from neurocomp._core import language as language
from neurocomp._core import ngram as ngram
from neurocomp._core import symbols as symbols
from neurocomp._core import weights as weights

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
    """A recurrent network of bytes, ready to compute, and what mixers beside it know.

    Args:
        file: a model file of architecture "bytenet", which is needed no longer afterwards.
        check: what to compare before it is believed: "identity", the hash of what it holds;
            "checksum", that of the file, where it has one, and else the hash; "nothing".

    Raises:
        weights.BadModel: it holds another model, is damaged, or would not be exact.
    """

    def __init__(self, file: bytes, check: str) -> None: ...
    @property
    def section_lanes(self) -> int:
        """Lanes of a block that share tables and a payload."""

    def set_experience(self, parts: tuple[NDArray[np.integer], ...] | None) -> None:
        """Exchange what the mixers know.

        Args:
            parts: arrays of an ``Experience`` in the order of its parts.
        """

    def weigh(self, symbols: NDArray[np.uint8], ahead: int = 1) -> NDArray[np.int32]:
        """Return what it makes of each byte before it reads it.

        Args:
            symbols: uint8 (lanes, n).
            ahead: positions of a lane that are weighed at once.

        Returns:
            int32 (lanes, n, 256): weights of 1 to 2**30.
        """

def encode(
    sections: Sequence[ReadableBuffer],
    room: int,
    *,
    profile: int,
    num_lanes: int = 1,
    network: Network | None = None,
    primer: Primer | None = None,
    dictionary: ReadableBuffer | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[bytes | None]:
    """Code sections side by side, in lock-step where a network weighs their bytes.

    Args:
        sections: bytes, or uint8 (n,), each.
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
    sections: Sequence[WriteableBuffer],
    *,
    profile: int,
    num_lanes: int = 1,
    network: Network | None = None,
    primer: Primer | None = None,
    dictionary: ReadableBuffer | None = None,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Fill ``sections`` with what their payloads hold; arguments are as for `encode`.

    Raises:
        DamagedPayload: a payload is not what any bytes are coded as.
    """

def trace(
    section: NDArray[np.uint8],
    room: int,
    *,
    first_asked: int = 0,
    last_asked: int = 0,
    profile: int,
    num_lanes: int = 1,
    network: Network | None = None,
    primer: Primer | None = None,
    dictionary: NDArray[np.uint8] | None = None,
    progress: Callable[[int], object] | None = None,
) -> tuple[
    bytes | None,
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.uint32],
]:
    """Code a section of n bytes as `encode` does, and note what they cost.

    Args:
        section: bytes, (n,).
        room: bytes that the payload may have.
        first_asked: the likeliest bytes are found for those from this one on,
        last_asked: up to this one, which is not included.
        profile, num_lanes, network, primer, dictionary, progress: as for `encode`.

    Returns:
        The payload, None where it would be longer than ``room``: what comes then holds zeros from
        there on.  The probability of each bit that came, (n, 8), of 2**16.  What the longest match
        gave it, (n, 8), of 2**12, 0 without one.  The network's weight of the byte and of all
        bytes, (n, 2), or (0, 2) without one.  The likeliest bytes of the m that were asked for,
        (m, 5), and what they were given before the byte's first bit, (m, 5), of 2**32.
    """

def learn(
    section: ReadableBuffer, *, profile: int, network: Network | None = None
) -> tuple[NDArray[np.integer], ...]:
    """Return the arrays of an ``Experience`` after a section, in the order of its parts."""

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
