"""Every number of the format: ids, limits, methods, bits.  Specified in docs/format.md.

Written by hand, never reused, and nowhere else: modules that need one read it here, the core has
them from ``core/src/base/constants.hpp``, which ``make constants`` makes of this file.  Nothing is
imported, so that every room may read it.
"""

from __future__ import annotations

# Frames

MAGIC = b"\x9eC"
"""First bytes of every frame: no UTF-8 text starts so."""

END_MAGIC = b"CN\x9e\x0a"
"""Last bytes of a frame that has a trailer."""

VERSION = 1
"""Format version that this code writes and reads."""

VERSION_SHIFT = 4
HEADER_TABLE = 0x01
"""Bit of a header's third byte: a model table follows."""

HEADER_RESERVED = 0x0E

# Entries of the model table

HEAD_LONG_HASH = 0x01
HEAD_SYMBOLS_AND_CODER = 0x02
HEAD_PROPERTIES = 0x04
HEAD_FAMILY_SHIFT = 3

SHORT_HASH_BYTES = 3
LONG_HASH_BYTES = 32
LANGUAGE_HASH_BYTES = 4
"""Bytes of a long hash of the family language, which codes 1 KB in about 150 bytes."""

DICTIONARY_HASH_BYTES = 8

FAMILY_MIX = 1
FAMILY_ADAPTIVE = 2
FAMILY_NGRAM = 3
FAMILY_TRANSFORMER = 4
FAMILY_HF = 5
FAMILY_BYTENET = 6
FAMILY_DALLE = 8
FAMILY_NEURAL_NGRAM = 9
FAMILY_RECURRENT_TOKENS = 10
FAMILY_LANGUAGE = 12

FAMILY_NAMES = {
    FAMILY_MIX: "mix",
    FAMILY_ADAPTIVE: "adaptive",
    FAMILY_NGRAM: "ngram",
    FAMILY_TRANSFORMER: "transformer",
    FAMILY_HF: "hf",
    FAMILY_BYTENET: "bytenet",
    FAMILY_DALLE: "dalle",
    FAMILY_NEURAL_NGRAM: "neural-ngram",
    FAMILY_RECURRENT_TOKENS: "recurrent-tokens",
    FAMILY_LANGUAGE: "language",
}
"""Families of models; those of language are stored as transformers."""

REVISIONS = {
    FAMILY_MIX: 1,
    FAMILY_ADAPTIVE: 1,
    FAMILY_NGRAM: 1,
    FAMILY_TRANSFORMER: 1,
    FAMILY_HF: 1,
    FAMILY_BYTENET: 1,
    FAMILY_DALLE: 1,
    FAMILY_NEURAL_NGRAM: 1,
    FAMILY_RECURRENT_TOKENS: 1,
    FAMILY_LANGUAGE: 3,
}
"""Revision of each family's arithmetic: raised whenever the same weights would predict otherwise.

Those of bytenet and language count changes of mix as well, which they contain; that of language
those of bytenet, of the network text-l and of transformer too.
"""

REVISION_READERS = {
    (FAMILY_MIX, 1): "0.1",
    (FAMILY_ADAPTIVE, 1): "0.1",
    (FAMILY_NGRAM, 1): "0.1",
    (FAMILY_TRANSFORMER, 1): "0.1",
    (FAMILY_HF, 1): "0.1",
    (FAMILY_BYTENET, 1): "0.1",
    (FAMILY_DALLE, 1): "0.1",
    (FAMILY_NEURAL_NGRAM, 1): "0.1",
    (FAMILY_RECURRENT_TOKENS, 1): "0.1",
    (FAMILY_LANGUAGE, 3): "0.1",
}
"""The newest neurocomp that reads a revision of a family, where a release does."""

LONG_HASHES = {FAMILY_LANGUAGE: LANGUAGE_HASH_BYTES}
"""Bytes of a long hash, of families where it isn't whole."""

PROPERTY_PARAMETERS = 1
PROPERTY_ENVIRONMENT = 2
PROPERTY_DICTIONARY = 3

# Symbols and coders

SYMBOLS_BYTES = 0
SYMBOLS_UINT16 = 1
SYMBOLS_BPE = 2
SYMBOLS_TOKENS = 8

SYMBOL_NAMES = {
    SYMBOLS_BYTES: "bytes",
    SYMBOLS_UINT16: "uint16",
    SYMBOLS_BPE: "bpe",
    SYMBOLS_TOKENS: "tokens",
}

CODER_BINARY = 0
CODER_ARITHMETIC = 1
CODER_HUFFMAN = 2

CODER_IDS = {"arithmetic": CODER_ARITHMETIC, "huffman": CODER_HUFFMAN}
"""Ids of the coders of symbol models; binary models have their own."""

CODER_NAMES = {
    CODER_BINARY: "arithmetic (binary)",
    CODER_ARITHMETIC: "arithmetic",
    CODER_HUFFMAN: "huffman",
}

# Blocks

TAG_LAST = 0x01
TAG_TRAILER = 0x02
TAG_METHOD_SHIFT = 2
TAG_METHOD_MASK = 3
TAG_VARIANT_SHIFT = 4
TAG_VARIANT_MASK = 3
TAG_LINE_ENDS = 0x40
TAG_LANES = 0x80

METHOD_STORED = 0
METHOD_MODELLED = 1
METHOD_SEGMENT = 2

TRANSFORM_LINE_ENDS = 1

TRANSFORM_NAMES = {TRANSFORM_LINE_ENDS: "line ends"}

VARIANT_TEXT = 0
VARIANT_DATA = 1
"""Sets of contexts of mix, and of bytenet without its network."""

VARIANT_PRIMED = 2
"""Variant of mix: contexts for text that have read the primer."""

VARIANT_NETWORK = 2
"""The first of bytenet's two variants with its network, and of the two of language with one."""

# Limits

CHECKSUM_BYTES = 4

MAX_VARINT_BYTES = 5

MAX_FAMILY = (1 << 11) - 1

MAX_MODELS = 64
"""Most entries of a model table."""

MAX_PROPERTIES_BYTES = 1 << 12
"""Largest total size of an entry's properties."""

MAX_PROPERTY_BYTES = 1 << 10
"""Largest size of one property's content, also of a transform."""

MAX_ID = (1 << 14) - 1
"""Largest id of a property or transform."""

MAX_TRANSFORMS = 8
"""Most transforms of a segment."""

MAX_ENTRY_BYTES = 2 + 1 + 1 + LONG_HASH_BYTES + 2 + MAX_PROPERTIES_BYTES
MAX_HEADER_BYTES = len(MAGIC) + 1 + 1 + MAX_MODELS * MAX_ENTRY_BYTES

MAX_BLOCK_HEAD_BYTES = 1 + 4 + 1 + 1 + MAX_TRANSFORMS * (2 + 2 + MAX_PROPERTY_BYTES) + 4 + 2 + 4 + 4
"""Largest size of a block's fields before its payload."""

MAX_BLOCK_BYTES = 1 << 26
"""Largest decoded size of a block, and most symbols that one has: 64 Mi."""

MAX_BLOCKS = 1 << 17
"""Largest number of blocks of one frame: longer content goes on in another frame."""

MAX_TRAILER_BYTES = 1 << 21
"""Largest size of a trailer."""

MAX_LANES = 1 << 12
"""Largest number of lanes of a block."""

MAX_BYTENET_LANES = 64
"""Largest number of lanes of a block of bytenet."""

MAX_LANGUAGE_LANES = 128
"""Largest number of lanes of a block of language."""

MAX_RECORD_LANES = 64
"""Largest number of lanes of records of token sets."""

MAX_CHOSEN_LANES = 64
"""Most lanes that a writer chooses with stored models of symbols."""

MAX_FLOAT_LANES = 16
"""Most lanes that a writer chooses with models in floats."""

MAX_TABLE_ENTRIES = 1 << 23
"""Lanes times symbols of the alphabet that a reader takes."""

SECTION_LANES = 2
"""Lanes of a section where a byte network's configuration does not say how many."""

MAX_DICTIONARY_BYTES = 1 << 20
"""Largest size of a dictionary's content."""

# Files of models

FILE_VERSION = 1
PACKED_VERSION = 3
"""Version of a file whose tensors are entropy-coded."""

MAX_LAYOUT_BYTES = 1 << 24
"""Largest size of a file's header."""

MAX_METADATA_BYTES = 1 << 20
"""Largest size of what the header says of the model: architecture, configuration, hash."""

MAX_TENSORS = 1 << 14

MAX_DIMENSIONS = 32
"""Most dimensions of a tensor: as many as numpy has had at least."""

MAX_ELEMENTS = 1 << 27
"""Elements of all packed tensors of a model: a small file can't make a reader allocate more."""

# Sets of captions and images, and their token files

MAX_CAPTION_TOKENS = 1 << 17
"""Most different tokens of captions."""

MAX_TEXT_LENGTH = 1 << 12
"""Most tokens of a caption in one record."""

MAX_RECORD_SIDE = 256
"""Most rows and columns of the codes of an image in a record."""

MAX_IMAGE_CODES = 1 << 16
"""Most different codes of images."""

TOKEN_MAGIC = b"\x9eNT"
"""First bytes of every token file."""

TOKEN_CAPTIONS = 1
TOKEN_GRIDS = 2
"""Bits of a token file's fourth byte: what it holds."""

MAX_GRID_SIDE = 1 << 10
"""Most rows and columns of the codes of an image in a token file."""

MAX_TOKEN_ITEMS = 1 << 28
"""Most images or captions of a token file."""


def hash_bytes(family: int, *, is_long: bool) -> int:
    """Return the number of SHA-256 bytes that name a model of that family in a frame.

    Args:
        family: id of the family.
        is_long: True for a model that is not part of the software.
    """
    return LONG_HASHES.get(family, LONG_HASH_BYTES) if is_long else SHORT_HASH_BYTES
