"""What the golden files hold: contents made by integer arithmetic, and how they are coded."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np

import neurocomp
from neurocomp.codec import sections
from neurocomp.frame import constants
from neurocomp.frame.index import read_index
from neurocomp.models.dictionary import stored_dictionary
from neurocomp.models.stored import StoredModel
from neurocomp.pipeline import choice
from neurocomp.symbols.tokens import TokenSet, write_tokens
from neurocomp.training.ngram import train_ngram

FOLDER = Path(__file__).parent
VALID = FOLDER / "valid"
INVALID = FOLDER / "invalid"
SIZES = FOLDER / "sizes.csv"
BYTE_MODEL = FOLDER / "models" / "bytes.safetensors"
TOKEN_MODEL = FOLDER / "models" / "tokens.safetensors"
DICTIONARY = FOLDER / "models" / "text.safetensors"
PRIOR = FOLDER / "models" / "prior.safetensors"
NEURAL_NGRAM = FOLDER / "models" / "neural-ngram.safetensors"
PRIMER = Path(neurocomp.__file__).parent / "models" / "mix" / "primer.txt"
RECURRENT_TOKENS = FOLDER / "models" / "recurrent-tokens.safetensors"

TEXT = (
    b"An autoregressive model says how likely each next symbol is; an entropy coder turns a likely "
    b"symbol into few bits and an unlikely one into many.\r\nThe decoder repeats every prediction, "
    b"so it needs no table but the one that it has just computed.\n\n"
    b"\tName,\tBytes,\tBits per byte\n\tone,\t1024,\t2.25\n\ttwo,\t2048,\t1.75\n"
    b"The coder's interval never closes, the probabilities never reach nought: what is foreseen "
    b"costs next to nothing, what is not foreseen costs its surprise.\n"
)


def noise(num_bytes: int) -> bytes:
    """Return bytes of a linear congruential generator, which no model foresees."""
    state, out = 1, bytearray()
    for _ in range(num_bytes):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state >> 56)
    return bytes(out)


def records(num_records: int) -> bytes:
    """Return a binary table: 12-byte records of counters and small numbers."""
    return b"".join(
        (1000 + 7 * i).to_bytes(4, "little") + (i * i % 300).to_bytes(4, "big") + b"\0\xff\1\2"
        for i in range(num_records)
    )


def tokens(num_tokens: int) -> bytes:
    """Return 16-bit tokens of an alphabet of 1,000 with some regularity."""
    values = [(i * i + 3 * i) % 37 * 27 for i in range(num_tokens)]
    return np.array(values, "<u2").tobytes()


def lanes_that_begin_alike() -> bytes:
    """Return prose for two sections; two lanes of the first begin with the same zeros."""
    prose = PRIMER.read_bytes()[-4000:]
    return b"".join((bytes(12), prose[:988], bytes(12), prose[1000:1988], prose[2000:]))


def token_set(num_images: int, *, captions: bool, images: bool) -> bytes:
    """Return a token file for the sample prior, with captions of all lengths, and copies."""
    texts = tuple("a red one, a réd other "[: 3 * (i % 7)] for i in range(num_images))
    codes = np.arange(num_images * 16, dtype=np.int64) % (16 * 9)
    grids = (codes * codes // 5 % 40).astype(np.uint16).reshape(-1, 4, 4)
    if not images:
        return write_tokens(TokenSet(texts, np.zeros((0, 0, 0), np.uint16), 0))
    return write_tokens(TokenSet(texts if captions else (), grids, 40, bytes(range(32))))


CONTENTS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "one-byte": lambda: b"x",
    "text": lambda: TEXT,
    "long-text": lambda: TEXT * 12 + TEXT[::-1],
    "zeros": lambda: bytes(9000),
    "noise": lambda: noise(700),
    "records": lambda: records(300),
    "tokens": lambda: tokens(900),
    "odd-tokens": lambda: tokens(40) + b"\1",
    "line-ends": lambda: TEXT.replace(b"\r", b"").replace(b"\n", b"\r\n") * 3 + b"\r\r\n\n\r",
    "every-byte": lambda: bytes(range(256)) * 3,
}
LANES: dict[str, Callable[[], bytes]] = {"lanes-begin-alike": lanes_that_begin_alike}
"""Contents that sections of 2,000 bytes code in lanes."""
TOKEN_SETS: dict[str, Callable[[], bytes]] = {
    "captioned-images": lambda: token_set(40, captions=True, images=True),
    "images": lambda: token_set(30, captions=False, images=True),
    "captions": lambda: token_set(30, captions=True, images=False),
}
SMALL_ALPHABET: dict[str, Callable[[], bytes]] = {
    "few-tokens": lambda: (np.frombuffer(tokens(2500), "<u2") % 300).astype("<u2").tobytes(),
}
ALL_CONTENTS = {**CONTENTS, **LANES, **TOKEN_SETS, **SMALL_ALPHABET}


@dataclass(frozen=True)
class Case:
    """A golden frame: some content under some options."""

    content: str
    model: str
    coder: str = "arithmetic"
    block_bytes: int | None = None
    dictionary: str | None = None
    section_bytes: int = sections.MIN_SECTION_BYTES

    @property
    def name(self) -> str:
        blocks = "" if self.block_bytes is None else f"-{self.block_bytes}"
        dictionary = "" if self.dictionary is None else "-dictionary"
        return f"{self.content}-{self.model_name}-{self.coder}{blocks}{dictionary}"

    @property
    def model_name(self) -> str:
        return Path(self.model).stem

    def compress(self) -> bytes:
        with (
            patch.object(sections, "MIN_SECTION_BYTES", self.section_bytes),
            # Frames of the model that the case names, also where contexts would be shorter.
            patch.object(choice, "can_fall_back", lambda _: False),
        ):
            return neurocomp.compress(
                ALL_CONTENTS[self.content](),
                model=self.model,
                coder=self.coder,
                block_bytes=self.block_bytes,
                dictionary=self.dictionary,
            )


def _cases() -> Iterator[Case]:
    for content in CONTENTS:
        yield Case(content, "mix")
        yield Case(content, "text-s")
        for coder in ("arithmetic", "huffman"):
            yield Case(content, "adaptive", coder)
            yield Case(content, str(BYTE_MODEL), coder)
    for content in ("tokens", "odd-tokens", "empty"):
        for coder in ("arithmetic", "huffman"):
            yield Case(content, str(TOKEN_MODEL), coder)
    for content in TOKEN_SETS:
        for coder in ("arithmetic", "huffman"):
            yield Case(content, str(PRIOR), coder)
    for content in (*SMALL_ALPHABET, "odd-tokens", "empty"):
        for coder in ("arithmetic", "huffman"):
            yield Case(content, str(NEURAL_NGRAM), coder)
            yield Case(content, str(RECURRENT_TOKENS), coder)
    for content in ("empty", "text", "line-ends"):
        yield Case(content, "text-l")
    for content in LANES:
        for model in ("text-s", "text-l"):
            yield Case(content, model, section_bytes=2000)
    for model in ("mix", "text-s", "adaptive", str(BYTE_MODEL)):
        yield Case("long-text", model, block_bytes=4096)
    for content in ("empty", "one-byte", "text", "noise", "records"):
        yield Case(content, "mix", dictionary=str(DICTIONARY))
    yield Case("long-text", "mix", block_bytes=4096, dictionary=str(DICTIONARY))


CASES = list(_cases())

HEADER_BYTES = 9
"""Size of a frame header that names symbols, coder and a model of the package."""

MIX_HEADER_BYTES = 8
"""Size of one whose model codes bytes bit by bit."""


def stored_models() -> dict[Path, StoredModel]:
    """Make the stored models of the golden files."""
    text = np.frombuffer(TEXT, np.uint8)
    symbols = np.frombuffer(tokens(3000), "<u2")
    return {
        BYTE_MODEL: train_ngram([text], 256, order=3).to_stored(),
        TOKEN_MODEL: train_ngram([symbols], 1000, order=2).to_stored(),
        DICTIONARY: stored_dictionary(TEXT[::-1] + TEXT[:300]),
    }


def recompute_checksum(body: bytes) -> bytes:
    """Return a one-block frame whose stored checksum fits again after it was tampered with."""
    return body[:-4] + zlib.crc32(body[:-4]).to_bytes(4, "little")


def _tampered(frame: bytes, offset: int, value: int) -> bytes:
    out = bytearray(frame)
    out[offset] = value
    return recompute_checksum(bytes(out))


def invalid_files() -> dict[str, tuple[bytes, str]]:
    """Return files that no decoder may accept, with the name of the error that each raises."""
    frame = neurocomp.compress(TEXT, model="adaptive")
    mix = neurocomp.compress(TEXT, model="mix")
    stored = neurocomp.compress(noise(50), model="adaptive")
    several = neurocomp.compress(TEXT * 20, model="adaptive", block_bytes=4096)
    head, mix_head = frame[:HEADER_BYTES], mix[:MIX_HEADER_BYTES]
    ends = neurocomp.compress(CONTENTS["line-ends"](), model="mix")
    saved_at = MIX_HEADER_BYTES + 1 + 2
    primed = neurocomp.compress(TEXT, model="mix", dictionary=str(DICTIONARY))
    missing = stored_dictionary(b"a dictionary that is nowhere").sha256[:8]
    huge = bytes([0xFF, 0xFF, 0xFF, 0x1F])  # 2**26 - 1
    unknown_model = bytearray(frame)
    unknown_model[4] = 99
    unknown_coder = bytearray(frame)
    unknown_coder[3] = 0x0F
    wrong_model = bytearray(frame)
    wrong_model[5] ^= 1
    payload_at = HEADER_BYTES + 1 + 2 + 2 + 4
    return {
        "empty": (b"", "FormatError"),
        "text": (b"This is not a frame.\n", "FormatError"),
        "magic-only": (constants.MAGIC, "TruncatedError"),
        "header-only": (head, "TruncatedError"),
        "cut-payload": (frame[: len(frame) // 2], "TruncatedError"),
        "cut-checksum": (frame[:-1], "TruncatedError"),
        "cut-trailer": (several[:-1], "TruncatedError"),
        "damaged-payload": (_flip(frame, len(frame) // 2), "ChecksumError"),
        "damaged-identity": (_flip(frame, 7), "ChecksumError"),
        "damaged-stored": (_flip(stored, 25), "ChecksumError"),
        "damaged-trailer": (_flip(several, len(several) - 14), "ChecksumError"),
        "trailing-bytes": (frame + b"\0", "FormatError"),
        "future-version": (_tampered(frame, 2, 0xF4), "UnsupportedError"),
        "reserved-flag": (_tampered(frame, 2, 0x0C), "UnsupportedError"),
        "no-symbols-no-coder": (_tampered(frame, 3, 0), "FormatError"),
        "unknown-method": (
            _tampered(frame, HEADER_BYTES, frame[HEADER_BYTES] | 0x0C),
            "UnsupportedError",
        ),
        "unknown-model": (recompute_checksum(bytes(unknown_model)), "UnsupportedError"),
        "unknown-coder": (recompute_checksum(bytes(unknown_coder)), "UnsupportedError"),
        "wrong-model": (recompute_checksum(bytes(wrong_model)), "ModelMismatchError"),
        "wrong-variant": (
            _tampered(frame, HEADER_BYTES, frame[HEADER_BYTES] | 0x10),
            "FormatError",
        ),
        "wrong-content-checksum": (_tampered(frame, payload_at - 1, 0), "ChecksumError"),
        "payload-too-long": (_with_payload_byte(frame, payload_at), "FormatError"),
        "payload-too-long-mix": (
            _with_payload_byte(mix, payload_at - HEADER_BYTES + MIX_HEADER_BYTES),
            "FormatError",
        ),
        "no-payload": (_block(head, huge + b"\0"), "FormatError"),
        "no-payload-mix": (_block(mix_head, huge + b"\0"), "FormatError"),
        "many-lanes": (_block(head, huge + b"\x80\x20\0", 0x85), "FormatError"),
        "too-many-lanes": (_block(head, huge + b"\x81\x20\0", 0x85), "FormatError"),
        "one-lane-given": (_block(head, huge + b"\1\0", 0x85), "FormatError"),
        "lanes-stored": (
            _tampered(stored, HEADER_BYTES, stored[HEADER_BYTES] | 0x80),
            "FormatError",
        ),
        "too-large-block": (_block(head, b"\x81\x80\x80\x20\0"), "FormatError"),
        "line-ends-stored": (
            _tampered(stored, HEADER_BYTES, stored[HEADER_BYTES] | 0x40),
            "FormatError",
        ),
        "line-ends-size": (_tampered(ends, saved_at, ends[saved_at] + 1), "FormatError"),
        "line-ends-none": (_tampered(ends, saved_at, 0), "FormatError"),
        "line-ends-huge": (_block(head, huge + b"\x80\x80\x80\x10\0", 0x45), "FormatError"),
        "line-ends-half": (_block(mix_head, huge + b"\xff\xff\xff\x0f\0", 0x45), "FormatError"),
        "dictionary-missing": (
            recompute_checksum(_with_dictionary(mix, MIX_HEADER_BYTES, missing)),
            "ModelNotFoundError",
        ),
        "dictionary-no-dictionary": (
            recompute_checksum(
                _with_dictionary(mix, MIX_HEADER_BYTES, StoredModel.load(BYTE_MODEL).sha256[:8])
            ),
            "FormatError",
        ),
        "dictionary-of-adaptive": (
            recompute_checksum(
                _with_dictionary(frame, HEADER_BYTES, StoredModel.load(DICTIONARY).sha256[:8])
            ),
            "FormatError",
        ),
        "dictionary-short-hash": (
            recompute_checksum(_with_dictionary(mix, MIX_HEADER_BYTES, bytes(7))),
            "FormatError",
        ),
        "dictionary-damaged": (_flip(primed, len(primed) // 2), "ChecksumError"),
        "moved-blocks": (_swap_blocks(several), "ChecksumError"),
        **_ill_composed_files(),
    }


def _ill_composed_files() -> dict[str, tuple[bytes, str]]:
    """Return files of sound blocks that are no sound frame, with the error that each raises."""
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


def _block(head: bytes, fields: bytes, tag: int = 0x05) -> bytes:
    """Return a last, modelled block of no payload with these sizes and a sound checksum."""
    body = head + bytes([tag]) + fields + bytes(4)
    return body + zlib.crc32(body).to_bytes(4, "little")


def _with_dictionary(frame: bytes, header_bytes: int, sha256: bytes) -> bytes:
    """Put a dictionary into the header of a frame that has no extensions."""
    extension = bytes([3, len(sha256)]) + sha256
    head = frame[:2] + bytes([frame[2] | 1]) + frame[3:header_bytes]
    return head + bytes([len(extension)]) + extension + frame[header_bytes:]


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
