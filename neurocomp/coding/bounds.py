"""The least length of a payload: the cost of the most likely symbols.

A symbol narrows the coder's interval by its probability, and no table gives a symbol all of it: in
an alphabet of V at most 1 - (V - 1) / 2**24, to a bit at most 1 - 2**-16.  A payload that is too
short for its number of symbols is refused by its size, before a model runs.
"""

from __future__ import annotations

from neurocomp.errors import UsageError

BINARY = "binary arithmetic"
"""Name of the binary coder, besides those of ``coders.CODERS``."""

FREE = "fine arithmetic"
"""That of language models: a decision may cost 2**-22 bits, and one may be all of many bytes."""

_BITS_OF_A_BIT = 45_427
"""Decisions that cost a bit at least: ln 2 / x, rounded up.

Their cost is -log2(1 - x) >= x / ln 2, where x = 2**-16 - 2**-32: a decision leaves at most
width (1 - 2**-16), rounded up, and widths are 2**32 and more.
"""

_SYMBOLS_OF_A_BIT = 11_629_080
"""The same for whole symbols with x = 2**-24, the share of each symbol that is not the likeliest.

Widths are rounded down there, which only makes symbols dearer.
"""


def min_payload_bytes(coder: str, num_symbols: int, alphabet_size: int) -> int:
    """Return a size that no payload of ``num_symbols`` falls below.

    Args:
        coder: "arithmetic", "huffman", or `BINARY` and `FREE`, whose symbols are bytes, bit by bit.
        num_symbols: number of symbols.
        alphabet_size: size of the model's alphabet; 1 if it isn't known.
    """
    match coder:
        case "binary arithmetic":
            num_bits = 8 * num_symbols // _BITS_OF_A_BIT
        case "fine arithmetic":
            num_bits = 0
        case "arithmetic":
            num_bits = num_symbols * (alphabet_size - 1) // _SYMBOLS_OF_A_BIT
        case "huffman":
            num_bits = num_symbols if alphabet_size > 1 else 0
        case _:
            raise UsageError(f"no coder {coder!r}")
    return -(-num_bits // 8)
