"""Token files: captions, and images as grids of an autoencoder's codes.

==============  =========================  ========================================================
field           type                       meaning
==============  =========================  ========================================================
magic           4 bytes                    ``NCTK``
version         u8                         1
autoencoder     32 bytes                   SHA-256 of what made the codes
number of codes u32                        of the alphabet, K
captions        u32                        how many, 0 or as many as grids unless there are none
grids           u32                        how many
rows, columns   u16, u16                   of a grid; 0 without grids
captions        u32 and bytes for each     size, UTF-8
grids           u16 for each code          in raster order, below K
==============  =========================  ========================================================

All integers are little-endian; nothing may follow.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError

MAGIC = b"NCTK"
VERSION = 1
_HEAD = struct.Struct("<4sB32sIIIHH")
_SIZE = struct.Struct("<I")


@dataclass(frozen=True, eq=False)
class TokenSet:
    """Captions, grids, or both.

    Attributes:
        captions: one for each grid, or none; without grids, any number.
        grids: codes, uint16 (N, rows, columns), or (0, 0, 0).
        num_codes: of the alphabet, K.
        autoencoder: SHA-256 of what made the codes, 32 bytes.
    """

    captions: tuple[str, ...]
    grids: NDArray[np.uint16]
    num_codes: int
    autoencoder: bytes


def write_tokens(tokens: TokenSet) -> bytes:
    """Return the token file of ``tokens``."""
    count, rows, columns = tokens.grids.shape
    parts = [
        _HEAD.pack(
            MAGIC,
            VERSION,
            tokens.autoencoder,
            tokens.num_codes,
            len(tokens.captions),
            count,
            rows,
            columns,
        )
    ]
    for caption in tokens.captions:
        text = caption.encode("utf-8")
        parts += [_SIZE.pack(len(text)), text]
    return b"".join([*parts, tokens.grids.astype("<u2").tobytes()])


def read_tokens(data: bytes) -> TokenSet:
    """Return what a token file holds.

    Raises:
        FormatError: it is not one, or damaged.
    """
    if data[:4] != MAGIC or len(data) < _HEAD.size:
        raise FormatError("it does not begin as a token file")
    fields = _HEAD.unpack_from(data)
    version, autoencoder, num_codes, num_captions, count, rows, columns = fields[1:]
    if version != VERSION or not 1 <= num_codes <= 1 << 16:
        raise FormatError(f"version {version} of token files, or its alphabet, is not known")
    if bool(count) != bool(rows * columns) or (num_captions != count and num_captions and count):
        raise FormatError("its numbers of captions and grids don't fit together")
    captions, place = [], _HEAD.size
    try:
        for _ in range(num_captions):
            (size,) = _SIZE.unpack_from(data, place)
            text = data[place + 4 : place + 4 + size]
            place += 4 + size
            captions.append(text.decode("utf-8"))
    except (struct.error, UnicodeDecodeError) as error:
        raise FormatError(f"a caption is damaged: {error}") from None
    if len(data) - place != 2 * count * rows * columns:
        raise FormatError("it is cut short, or something follows it")
    grids = np.frombuffer(data, "<u2", offset=place).astype(np.uint16)
    if grids.size and int(grids.max()) >= num_codes:
        raise FormatError("a code is outside its alphabet")
    shape = (count, rows, columns)
    return TokenSet(tuple(captions), grids.reshape(shape), num_codes, autoencoder)
