"""Model files and the integers in them: what the functions of ``core/src/weights`` take."""

from collections.abc import Sequence

from numpy import uint8
from numpy.typing import NDArray

class BadModel(ValueError):
    """A file is not a model, is damaged, or holds what can't be; the message names no file."""

class UnsupportedModel(BadModel):
    """It is of a newer version, or of another kind than is asked for."""

class MismatchedModel(BadModel):
    """Its content doesn't have the hash that it records."""

def pack(elements: NDArray[uint8], dtype: str, row_width: int) -> bytes | None:
    """Return a tensor's integers, entropy-coded; None where they can't be: docs/format.md, 6.2.

    Args:
        elements: their bytes, little-endian, in C order, (n,).
        dtype: their type, as numpy calls it.
        row_width: the last dimension; 1 of a scalar.
    """

def unpack(payload: bytes, dtype: str, num_rows: int, row_width: int) -> NDArray[uint8]:
    """Return the bytes (n,) of which `pack` made ``payload``.

    Raises:
        BadModel: it is damaged.
    """

def read(
    file: bytes, check: str
) -> tuple[str, str, bytes, dict[str, tuple[str, tuple[int, ...], NDArray[uint8]]]]:
    """Return what a model file holds, as ``Network`` reads it.

    Returns:
        The architecture; the configuration as canonical JSON; the hash that it records; of each
        tensor, by name, type, shape and the bytes of its elements, unpacked.

    Raises:
        BadModel: it is none, or damaged.
    """

def crc32(content: bytes) -> int:
    """Return the checksum of ``content`` as zlib has it."""

def sha256(parts: Sequence[bytes]) -> bytes:
    """Return the SHA-256 of ``parts``, one after the other."""
