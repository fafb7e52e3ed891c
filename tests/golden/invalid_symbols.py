"""Golden files of small blocks that claim more symbols than their content can have.

Their payloads are long enough for all of these symbols, so that only the size of the content says
that nobody need decode them.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import replace

import neurocomp
from neurocomp.frame import constants
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.index import read_index
from neurocomp.frame.source import encode_varint
from tests.golden.cases import TEXT, VALID

MOST = constants.MAX_BLOCK_BYTES
LANES_OF_RECORDS = encode_varint(constants.MAX_RECORD_LANES)
NO_TRANSFORM, LINE_ENDS = b"\0", b"\1\1\0"
LAST = constants.TAG_LAST | constants.METHOD_SEGMENT << constants.TAG_METHOD_SHIFT


def files() -> dict[str, tuple[bytes, str]]:
    """Return the files, with the name of the error that each raises."""
    integers = _entry("tokens-tokens-arithmetic")
    prior = _entry("images-prior-arithmetic")
    words = replace(_entry("text-language-huffman"), coder_id=constants.CODER_ARITHMETIC)
    mix = _entry("text-mix-arithmetic")
    symbols = encode_varint(MOST)
    some = encode_varint(1000)
    of_records = symbols + LANES_OF_RECORDS
    made = {
        "segment-symbols-integers": _segment(integers, NO_TRANSFORM + symbols, 1000),
        "segment-symbols-integers-whole": _segment(integers, NO_TRANSFORM + some, 1000),
        "segment-symbols-words": _segment(words, NO_TRANSFORM + symbols, 1000),
        "segment-symbols-words-line-ends": _segment(words, LINE_ENDS + some, 1000),
        "segment-symbols-records": _segment(prior, NO_TRANSFORM + of_records, 1000, has_lanes=True),
        "segment-symbols-line-ends": _segment(mix, LINE_ENDS + symbols, 2000),
    }
    return {name: (frame, "FormatError") for name, frame in made.items()}


def _entry(name: str) -> ModelEntry:
    """Return what a golden frame says of its first model."""
    (index,) = read_index(io.BytesIO((VALID / f"{name}.ncmp").read_bytes()))
    return index.header.models[0]


def _segment(
    entry: ModelEntry, fields: bytes, decoded_bytes: int, *, has_lanes: bool = False
) -> bytes:
    """Return a frame of [adaptive, entry] and one block, with a payload as long as it may be."""
    (first,) = read_index(io.BytesIO(neurocomp.compress(TEXT, model="adaptive")))
    head = FrameHeader((first.header.models[0], entry)).to_bytes()
    payload = bytes(decoded_bytes - 1)
    body = bytes([LAST | constants.TAG_LANES * has_lanes])
    body += encode_varint(decoded_bytes) + b"\1" + fields + encode_varint(len(payload))
    body += zlib.crc32(bytes(decoded_bytes)).to_bytes(4, "little") + payload
    return head + body + zlib.crc32(head + body).to_bytes(4, "little")
