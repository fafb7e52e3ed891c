"""The numbers of the format that bound what a reader may be made to do."""

from __future__ import annotations

MAGIC = b"\x9eC"
"""First bytes of every frame: no UTF-8 text starts so."""

VERSION = 0
"""Format version that this code writes.  0: provisional, until 0.1 is released."""

END_MAGIC = b"CN\x9e\x0a"
"""Last bytes of a frame that has a trailer."""

MAX_BLOCK_BYTES = 1 << 26
"""Largest decoded size of a block: 64 MiB."""

MAX_LANES = 1 << 12
"""Largest number of lanes of a block."""

MAX_MODEL_ID = (1 << 14) - 1

MAX_EXTENSION_BYTES = 1 << 12
"""Largest total size of a frame header's extensions."""

MAX_EXTENSION_CONTENT_BYTES = 1 << 10
"""Largest size of one extension's content."""

MAX_BLOCKS = 1 << 17
"""Largest number of blocks of one frame: longer content goes on in another frame."""

MAX_TRAILER_BYTES = 1 << 21
"""Largest size of a trailer."""

MAX_BLOCK_HEAD_BYTES = 1 + 4 * 5 + 4
"""Largest size of a block's fields before its payload."""

SHORT_IDENTITY_BYTES = 4
LONG_IDENTITY_BYTES = 32
DICTIONARY_ID_BYTES = 8
CHECKSUM_BYTES = 4


PADDED_SYMBOLS_ID = 8
"""The symbol map whose symbols may be more than the bytes of a block: it fills up records."""


def max_symbols(symbols_id: int, decoded_bytes: int) -> int:
    """Return how many symbols a block of ``decoded_bytes`` may have."""
    return MAX_BLOCK_BYTES if symbols_id == PADDED_SYMBOLS_ID else decoded_bytes
