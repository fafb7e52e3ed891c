"""Golden files that no decoder may accept: each breaks one *must* of docs/format.md."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace

import neurocomp
from neurocomp.frame import constants
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.index import read_index
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.frame.source import encode_varint
from neurocomp.registry.dictionary import stored_dictionary
from neurocomp.store.stored import StoredModel
from tests.golden import invalid_symbols
from tests.golden.cases import BYTE_MODEL, CONTENTS, DICTIONARY, TEXT, noise

HEADER_BYTES = 9
"""Size of a frame header that names symbols, coder and a model of the package."""

MIX_HEADER_BYTES = 8
"""Size of one whose model codes bytes bit by bit."""

HUGE = bytes([0xFF, 0xFF, 0xFF, 0x1F])  # 2**26 - 1
LAST_MODELLED, LAST_SEGMENT, LANES = 0x05, 0x09, 0x80

Files = dict[str, tuple[bytes, str]]


def invalid_files() -> Files:
    """Return the files, with the name of the error that each raises."""
    return {
        **_damaged_files(),
        **_headers(),
        **_entries(),
        **_properties(),
        **_blocks(),
        **_segments(),
        **invalid_symbols.files(),
        **_ill_composed_files(),
    }


def _damaged_files() -> Files:
    frame = neurocomp.compress(TEXT, model="adaptive")
    mix = neurocomp.compress(TEXT, model="mix")
    stored = neurocomp.compress(noise(50), model="adaptive")
    several = neurocomp.compress(TEXT * 20, model="adaptive", block_bytes=4096)
    primed = neurocomp.compress(TEXT, model="mix", dictionary=str(DICTIONARY))
    payload_at = HEADER_BYTES + 1 + 2 + 2 + 4
    return {
        "empty": (b"", "FormatError"),
        "text": (b"This is not a frame.\n", "FormatError"),
        "magic-only": (constants.MAGIC, "TruncatedError"),
        "header-only": (frame[:HEADER_BYTES], "TruncatedError"),
        "cut-payload": (frame[: len(frame) // 2], "TruncatedError"),
        "cut-checksum": (frame[:-1], "TruncatedError"),
        "cut-trailer": (several[:-1], "TruncatedError"),
        "damaged-payload": (_flip(frame, len(frame) // 2), "ChecksumError"),
        "damaged-hash": (_flip(frame, 7), "ChecksumError"),
        "damaged-revision": (_flip(frame, 5), "ChecksumError"),
        "damaged-stored": (_flip(stored, 25), "ChecksumError"),
        "damaged-trailer": (_flip(several, len(several) - 14), "ChecksumError"),
        "dictionary-damaged": (_flip(primed, len(primed) // 2), "ChecksumError"),
        "trailing-bytes": (frame + b"\0", "FormatError"),
        "wrong-content-checksum": (_tampered(frame, payload_at - 1, 0), "ChecksumError"),
        "payload-too-long": (_with_payload_byte(frame, payload_at), "FormatError"),
        "payload-too-long-mix": (
            _with_payload_byte(mix, payload_at - HEADER_BYTES + MIX_HEADER_BYTES),
            "FormatError",
        ),
        "moved-blocks": (_swap_blocks(several), "ChecksumError"),
    }


def _headers() -> Files:
    frame = neurocomp.compress(TEXT, model="adaptive")
    adaptive, mix = (entry_of(frame), entry_of(neurocomp.compress(TEXT, model="mix")))
    entries = adaptive.to_bytes() + mix.to_bytes()
    two = FrameHeader((adaptive, mix)).to_bytes()
    many = b"".join(replace(adaptive, dictionary=bytes([n]) * 8).to_bytes() for n in range(65))
    return {
        "former-version": (_tampered(frame, 2, 0x04), "UnsupportedError"),
        "future-version": (_tampered(frame, 2, 0xF0), "UnsupportedError"),
        "reserved-bit-1": (_tampered(frame, 2, 0x12), "UnsupportedError"),
        "reserved-bit-3": (_tampered(frame, 2, 0x18), "UnsupportedError"),
        "table-of-none": (_stored(two[:2] + b"\x11\x00" + entries), "FormatError"),
        "table-of-one": (_stored(two[:2] + b"\x11\x01" + adaptive.to_bytes()), "FormatError"),
        "table-of-65": (_stored(two[:2] + b"\x11\x41" + many), "FormatError"),
        "table-cut": (two[:-3], "TruncatedError"),
        "table-of-equals": (
            _stored(two[:2] + b"\x11\x03" + entries + adaptive.to_bytes()),
            "FormatError",
        ),
        "table-count-long": (_stored(two[:2] + b"\x11\x82\x00" + entries), "FormatError"),
    }


def _entries() -> Files:
    adaptive = entry_of(neurocomp.compress(TEXT, model="adaptive"))
    mix = entry_of(neurocomp.compress(TEXT, model="mix"))
    network = entry_of(neurocomp.compress(TEXT, model="text-s"))
    ngram = entry_of(neurocomp.compress(TEXT * 3, model=str(BYTE_MODEL)))
    floats = ModelEntry(
        constants.FAMILY_HF,
        constants.REVISIONS[constants.FAMILY_HF],
        bytes(32),
        constants.SYMBOLS_BPE,
        constants.CODER_ARITHMETIC,
        b"sshleifer/tiny-gpt2",
        b'{"machine":"a machine that never was"}',
    )
    without = bytearray(_stored(FrameHeader((adaptive,)).to_bytes()))
    without[4] = 0
    wrong = {
        "unknown-family": (replace(mix, family=99), "UnsupportedError"),
        "largest-family": (replace(mix, family=constants.MAX_FAMILY), "UnsupportedError"),
        "former-family": (replace(mix, family=7), "UnsupportedError"),
        "language-of-another": (
            ModelEntry(
                constants.FAMILY_LANGUAGE,
                constants.REVISIONS[constants.FAMILY_LANGUAGE],
                ngram.hash[: constants.LANGUAGE_HASH_BYTES],
            ),
            "ModelMismatchError",
        ),
        "wrong-revision": (replace(adaptive, revision=200), "ModelMismatchError"),
        "wrong-revision-mix": (replace(mix, revision=0), "ModelMismatchError"),
        "wrong-revision-ngram": (replace(ngram, revision=255), "ModelMismatchError"),
        "wrong-hash": (replace(adaptive, hash=b"\0\1\2"), "ModelMismatchError"),
        "wrong-hash-mix": (replace(mix, hash=b"\0\1\2"), "ModelMismatchError"),
        "wrong-hash-bytenet": (replace(network, hash=b"\0\1\2"), "ModelMismatchError"),
        "short-hash-of-stored": (replace(ngram, hash=ngram.hash[:3]), "ModelMismatchError"),
        "short-hash-of-floats": (replace(floats, hash=bytes(3)), "FormatError"),
        "long-hash-of-mix": (replace(mix, hash=mix.hash + bytes(29)), "FormatError"),
        "missing-model": (replace(ngram, hash=bytes(32)), "ModelNotFoundError"),
        "other-family": (replace(ngram, family=constants.FAMILY_TRANSFORMER), "ModelMismatchError"),
        "other-machine": (floats, "ModelMismatchError"),
        "unknown-symbols": (replace(adaptive, symbols_id=7), "UnsupportedError"),
        "other-symbols": (replace(adaptive, symbols_id=1), "FormatError"),
        "unknown-coder": (replace(adaptive, coder_id=15), "UnsupportedError"),
        "binary-coder": (
            replace(ngram, coder_id=0, symbols_id=1),
            "UnsupportedError",
        ),
        "coder-of-mix": (replace(mix, coder_id=1), "FormatError"),
    }
    return {
        "no-symbols-no-coder": (recompute_checksum(bytes(without)), "FormatError"),
        "head-too-large": (
            _stored(constants.MAGIC + b"\x10\x80\x80\x01" + bytes(4)),
            "FormatError",
        ),
        **{
            name: (_stored(FrameHeader((entry,)).to_bytes()), error)
            for name, (entry, error) in wrong.items()
        },
    }


def _properties() -> Files:
    """Return headers of mix with properties that are wrong."""
    mix = neurocomp.compress(TEXT, model="mix")
    head = mix[:MIX_HEADER_BYTES]
    known = StoredModel.load(DICTIONARY).sha256[:8]
    missing = stored_dictionary(b"a dictionary that is nowhere").sha256[:8]
    no_dictionary = StoredModel.load(BYTE_MODEL).sha256[:8]
    adaptive = entry_of(neurocomp.compress(TEXT, model="adaptive"))

    def primed(*properties: tuple[int, bytes], more: int = 0) -> bytes:
        content = b"".join(bytes([number, len(one)]) + one for number, one in properties)
        size = encode_varint(len(content) + more)
        return _stored(head[:3] + bytes([head[3] | 4]) + head[4:] + size + content)

    return {
        "dictionary-missing": (primed((3, missing)), "ModelNotFoundError"),
        "dictionary-no-dictionary": (primed((3, no_dictionary)), "FormatError"),
        "dictionary-short-hash": (primed((3, bytes(7))), "FormatError"),
        "dictionary-of-adaptive": (
            _stored(FrameHeader((replace(adaptive, dictionary=known),)).to_bytes()),
            "FormatError",
        ),
        "properties-none": (primed(), "FormatError"),
        "properties-unknown": (primed((4, b"x")), "UnsupportedError"),
        "properties-zero": (primed((0, b"x")), "UnsupportedError"),
        "properties-empty": (primed((1, b"")), "FormatError"),
        "properties-twice": (primed((3, known), (3, known)), "FormatError"),
        "properties-order": (primed((3, known), (1, b"x")), "FormatError"),
        "properties-size": (primed((3, known), more=-1), "FormatError"),
        "parameters-of-mix": (primed((1, b"x")), "FormatError"),
        "environment-of-mix": (primed((2, b"{}")), "FormatError"),
    }


def _blocks() -> Files:
    """Return blocks of adaptive and mix whose fields are wrong."""
    frame = neurocomp.compress(TEXT, model="adaptive")
    stored = neurocomp.compress(noise(50), model="adaptive")
    head = frame[:HEADER_BYTES]
    mix_head = neurocomp.compress(TEXT, model="mix")[:MIX_HEADER_BYTES]
    ends = neurocomp.compress(CONTENTS["line-ends"](), model="mix")
    saved_at = MIX_HEADER_BYTES + 1 + 2
    tag = HEADER_BYTES
    return {
        "unknown-method": (_tampered(frame, tag, frame[tag] | 0x0C), "UnsupportedError"),
        "wrong-variant": (_tampered(frame, tag, frame[tag] | 0x10), "FormatError"),
        "no-payload": (_block(head, HUGE + b"\0"), "FormatError"),
        "no-payload-mix": (_block(mix_head, HUGE + b"\0"), "FormatError"),
        "many-lanes": (_block(head, HUGE + b"\x80\x20\0", LAST_MODELLED | LANES), "FormatError"),
        "too-many-lanes": (
            _block(head, HUGE + b"\x81\x20\0", LAST_MODELLED | LANES),
            "FormatError",
        ),
        "one-lane-given": (_block(head, HUGE + b"\1\0", LAST_MODELLED | LANES), "FormatError"),
        "too-large-block": (_block(head, b"\x81\x80\x80\x20\0"), "FormatError"),
        "lanes-stored": (_tampered(stored, tag, stored[tag] | 0x80), "FormatError"),
        "line-ends-stored": (_tampered(stored, tag, stored[tag] | 0x40), "FormatError"),
        "variant-stored": (_tampered(stored, tag, stored[tag] | 0x20), "FormatError"),
        "line-ends-size": (_tampered(ends, saved_at, ends[saved_at] + 1), "FormatError"),
        "line-ends-none": (_tampered(ends, saved_at, 0), "FormatError"),
        "line-ends-huge": (_block(head, HUGE + b"\x80\x80\x80\x10\0", 0x45), "FormatError"),
        "line-ends-half": (_block(mix_head, HUGE + b"\xff\xff\xff\x0f\0", 0x45), "FormatError"),
    }


def _segments() -> Files:
    """Return frames of [adaptive, mix] whose one block is a segment that is wrong."""
    mix = neurocomp.compress(TEXT, model="mix")
    adaptive = entry_of(neurocomp.compress(TEXT, model="adaptive"))
    head = FrameHeader((adaptive, entry_of(mix))).to_bytes()
    (event, _) = read_frames(io.BytesIO(mix))
    assert isinstance(event, FrameBlock)
    plain = event.block
    ends = neurocomp.compress(CONTENTS["line-ends"](), model="mix")
    (event, _) = read_frames(io.BytesIO(ends))
    assert isinstance(event, FrameBlock)
    rewritten = event.block
    payload, size = plain.payload, encode_varint(plain.decoded_bytes)
    symbols = encode_varint(plain.num_symbols)

    def segment(
        model: int = 1,
        transforms: bytes = b"\0",
        *,
        symbols: bytes = symbols,
        size: bytes = size,
        payload: bytes = payload,
        tag: int = LAST_SEGMENT,
        checksum: int = plain.decoded_checksum,
        variant: int = plain.variant,
    ) -> bytes:
        body = bytes([tag | variant << 4]) + size + encode_varint(model) + transforms + symbols
        body += encode_varint(len(payload)) + checksum.to_bytes(4, "little") + payload
        return head + body + zlib.crc32(head + body).to_bytes(4, "little")

    def of_line_ends(transforms: bytes, size: int = rewritten.decoded_bytes) -> bytes:
        return segment(
            transforms=transforms,
            symbols=encode_varint(rewritten.num_symbols),
            size=encode_varint(size),
            payload=rewritten.payload,
            checksum=rewritten.decoded_checksum,
            variant=rewritten.variant,
        )

    assert neurocomp.decompress(segment()) == TEXT
    assert neurocomp.decompress(of_line_ends(b"\1\1\0")) == CONTENTS["line-ends"]()
    return {
        "segment-bad-index": (segment(2), "FormatError"),
        "segment-of-the-first": (segment(0), "FormatError"),
        "segment-of-the-first-line-ends": (segment(0, b"\1\1\0"), "FormatError"),
        "segment-unknown-transform": (segment(1, b"\1\2\0"), "UnsupportedError"),
        "segment-transform-zero": (segment(1, b"\1\0\0"), "UnsupportedError"),
        "segment-unknown-transform-of-the-first": (segment(0, b"\1\2\3abc"), "UnsupportedError"),
        "segment-nine-transforms": (segment(1, b"\x09" + b"\1\0" * 9), "FormatError"),
        "segment-transform-too-large": (segment(1, b"\1\1\x81\x08" + bytes(1025)), "FormatError"),
        "segment-transform-long-varint": (of_line_ends(b"\1\1\x80\0"), "FormatError"),
        "segment-line-ends-properties": (of_line_ends(b"\1\1\1x"), "FormatError"),
        "segment-line-ends-twice": (of_line_ends(b"\2\1\0\1\0"), "FormatError"),
        "segment-line-ends-left-out": (of_line_ends(b"\0"), "FormatError"),
        "segment-line-ends-size": (
            of_line_ends(b"\1\1\0", rewritten.decoded_bytes - 1),
            "FormatError",
        ),
        "segment-line-ends-for-nothing": (segment(1, b"\1\1\0"), "FormatError"),
        "segment-line-ends-bit": (segment(tag=LAST_SEGMENT | 0x40), "FormatError"),
        "segment-no-symbols": (segment(symbols=b"\0"), "FormatError"),
        "segment-too-many-symbols": (segment(symbols=b"\x81\x80\x80\x20"), "FormatError"),
        "segment-other-symbols": (
            segment(symbols=encode_varint(plain.num_symbols - 1)),
            "FormatError",
        ),
        "segment-empty": (segment(size=b"\0"), "FormatError"),
        "segment-no-payload": (segment(symbols=HUGE, size=HUGE, payload=b""), "FormatError"),
        "segment-not-shorter": (segment(payload=TEXT), "FormatError"),
        "segment-one-lane": (
            segment(symbols=symbols + b"\1", tag=LAST_SEGMENT | LANES),
            "FormatError",
        ),
        "segment-wrong-variant": (segment(variant=3), "FormatError"),
        "segment-damaged": (_flip(segment(), len(head) + 20), "ChecksumError"),
        "segment-without-table": (
            _segment_alone(mix[:MIX_HEADER_BYTES], size, symbols, payload),
            "FormatError",
        ),
    }


def _segment_alone(head: bytes, size: bytes, symbols: bytes, payload: bytes) -> bytes:
    """Return a segment of model 1 in a frame of one model."""
    body = bytes([LAST_SEGMENT]) + size + b"\1\0" + symbols + encode_varint(len(payload))
    body += zlib.crc32(TEXT).to_bytes(4, "little") + payload
    return head + body + zlib.crc32(head + body).to_bytes(4, "little")


def entry_of(frame: bytes) -> ModelEntry:
    """Return what a frame says of its first model."""
    (index,) = read_index(io.BytesIO(frame))
    return index.header.models[0]


def recompute_checksum(body: bytes) -> bytes:
    """Return a one-block frame whose stored checksum fits again after it was tampered with."""
    return body[:-4] + zlib.crc32(body[:-4]).to_bytes(4, "little")


def _stored(header: bytes) -> bytes:
    """Return a sound frame of a stored block under that header."""
    body = header + b"\1\4" + zlib.crc32(b"Four").to_bytes(4, "little") + b"Four"
    return body + zlib.crc32(body).to_bytes(4, "little")


def _tampered(frame: bytes, offset: int, value: int) -> bytes:
    out = bytearray(frame)
    out[offset] = value
    return recompute_checksum(bytes(out))


def _ill_composed_files() -> Files:
    """Return files of sound blocks that are not a sound frame, with the error that each raises."""
    several = neurocomp.compress(noise(3 * 4096), model="mix", block_bytes=4096)
    (index,) = read_index(io.BytesIO(several))
    head = several[:MIX_HEADER_BYTES]
    size = index.places[0].stored_bytes
    blocks = [several[place.offset : place.offset + size] for place in index.places]
    body, trailer = head + b"".join(blocks), several[len(head) + 3 * size :]
    untold = _retag(head, blocks[2], 1)
    nothing = _retag(head, b"\1\0" + bytes(8), 1)
    other_content = trailer[:-16] + bytes(4)
    other_trailer = other_content + zlib.crc32(other_content).to_bytes(4, "little") + trailer[-8:]
    return {
        "exchanged-blocks": (_swap_blocks(several), "ChecksumError"),
        "doubled-block": (head + blocks[0] * 2 + blocks[2] + trailer, "ChecksumError"),
        "left-out-block": (head + blocks[0] + blocks[2] + trailer, "ChecksumError"),
        "wrong-trailer-checksum": (body + other_trailer, "ChecksumError"),
        "trailer-not-announced": (
            head + blocks[0] + blocks[1] + untold + trailer,
            "FormatError",
        ),
        "empty-last-block": (head + blocks[0] + nothing, "FormatError"),
        "zeros-after-a-frame": (several + bytes(512), "FormatError"),
    }


def _retag(head: bytes, block: bytes, tag: int) -> bytes:
    """Return a block with another tag and the stored checksum that fits."""
    body = bytes([tag]) + block[1:-4]
    return body + zlib.crc32(head + body).to_bytes(4, "little")


def _flip(data: bytes, offset: int) -> bytes:
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


def _block(head: bytes, fields: bytes, tag: int = LAST_MODELLED) -> bytes:
    """Return a last, modelled block of no payload with these sizes and a sound checksum."""
    body = head + bytes([tag]) + fields + bytes(4)
    return body + zlib.crc32(body).to_bytes(4, "little")


def _with_payload_byte(frame: bytes, payload_at: int) -> bytes:
    """Append a byte to the payload of a one-block frame of TEXT."""
    size_at = payload_at - 6  # before it a content CRC and a varint of 2 bytes
    size = frame[size_at] & 0x7F | frame[size_at + 1] << 7
    longer = bytes([(size + 1) & 0x7F | 0x80, (size + 1) >> 7])
    body = frame[:size_at] + longer + frame[size_at + 2 : -4] + b"\x55" + bytes(4)
    return recompute_checksum(body)


def _swap_blocks(frame: bytes) -> bytes:
    (index,) = read_index(io.BytesIO(frame))
    pieces = [frame[p.offset : p.offset + p.stored_bytes] for p in index.places]
    first, last = index.places[0].offset, index.places[-1]
    end = last.offset + last.stored_bytes
    pieces[0], pieces[1] = pieces[1], pieces[0]
    return frame[:first] + b"".join(pieces) + frame[end:]
