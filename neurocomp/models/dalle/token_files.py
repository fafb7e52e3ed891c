"""Token files: captions, and images as grids of an autoencoder's codes (docs/format.md, 8)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import (
    ChecksumError,
    FormatError,
    TruncatedError,
    UnsupportedError,
    UsageError,
)
from neurocomp.frame.constants import (
    CHECKSUM_BYTES,
    MAX_GRID_SIDE,
    MAX_IMAGE_CODES,
    MAX_TOKEN_ITEMS,
    TOKEN_CAPTIONS,
    TOKEN_GRIDS,
    TOKEN_MAGIC,
)
from neurocomp.names import quoted

HASH_BYTES = 32
_CODES_AT_ONCE = 1 << 16
"""A multiple of 8, so that each piece begins with a byte; bits take 8 times the memory of codes."""

NO_AUTOENCODER = bytes(HASH_BYTES)


@dataclass(frozen=True, eq=False)
class TokenSet:
    """Captions and images in the same order, or only one of the two.

    Attributes:
        captions: one for each of the N images, or none.
        grids: codes, shape (N, rows, columns), uint16; shape (0, 0, 0) for captions alone.
        num_codes: K, size of the codebook, codes are below it; 0 for captions alone.
        autoencoder: SHA-256 of the autoencoder's model.safetensors; zeros for captions alone.

    Raises:
        UsageError: they don't go together.
    """

    captions: tuple[str, ...]
    grids: NDArray[np.uint16]
    num_codes: int
    autoencoder: bytes = NO_AUTOENCODER

    def __post_init__(self) -> None:
        _require(
            self.grids.ndim == 3 and self.grids.dtype == np.uint16, "grids are (N, h, w) uint16"
        )
        _require(len(self.autoencoder) == HASH_BYTES, "an autoencoder's hash has 32 bytes")
        _require(
            0 < len(self) <= MAX_TOKEN_ITEMS,
            f"a token file holds 1 to {MAX_TOKEN_ITEMS} images or captions",
        )
        if not self.has_grids:
            _require(self.grids.shape == (0, 0, 0), "a grid has at least one row and column")
            _require(self.num_codes == 0, "captions alone have no codes: num_codes must be 0")
            _require(self.autoencoder == NO_AUTOENCODER, "captions alone have no autoencoder")
            return
        _require(len(self.captions) in (0, len(self)), "there is a caption for each image, or none")
        _require(
            2 <= self.num_codes <= MAX_IMAGE_CODES, f"a codebook has 2 to {MAX_IMAGE_CODES} codes"
        )
        _require(
            max(self.grids.shape[1:]) <= MAX_GRID_SIDE, f"a grid has at most {MAX_GRID_SIDE} rows"
        )
        _require(int(self.grids.max()) < self.num_codes, f"codes are below {self.num_codes}")

    def __len__(self) -> int:
        return len(self.grids) if self.has_grids else len(self.captions)

    @property
    def has_grids(self) -> bool:
        """Whether there are images."""
        return self.grids.size > 0


def write_tokens(tokens: TokenSet) -> bytes:
    """Return ``tokens`` as a token file; equal sets give equal bytes.

    Raises:
        UsageError: a caption has no UTF-8 form.
    """
    flags = TOKEN_CAPTIONS * bool(tokens.captions) + TOKEN_GRIDS * tokens.has_grids
    parts = [TOKEN_MAGIC, bytes([flags]), _varint(len(tokens))]
    if tokens.has_grids:
        parts += [_varint(value) for value in (*tokens.grids.shape[1:], tokens.num_codes)]
        parts.append(tokens.autoencoder)
    for caption in tokens.captions:
        try:
            text = caption.encode()
        except UnicodeEncodeError as error:
            raise UsageError(
                f"the caption {quoted(caption, 60)} is not Unicode text: {error.reason}"
            ) from None
        parts += [_varint(len(text)), text]
    if tokens.has_grids:
        parts.append(_pack(tokens.grids, _code_bits(tokens.num_codes)))
    content = b"".join(parts)
    return content + zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "little")


def read_tokens(data: bytes) -> TokenSet:
    """Return the token set that `write_tokens` wrote.

    Raises:
        FormatError: ``data`` is not a token file, or a damaged one.
    """
    if data[: len(TOKEN_MAGIC)] != TOKEN_MAGIC:
        raise FormatError("this is not a token file: it doesn't begin with 9E 4E 54")
    if len(data) <= len(TOKEN_MAGIC) + CHECKSUM_BYTES:
        raise TruncatedError("the token file is cut short")
    if data[len(TOKEN_MAGIC)] >> 4:
        raise UnsupportedError(f"token files of version {data[3] >> 4} need a newer release")
    content = data[:-CHECKSUM_BYTES]
    if zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "little") != data[-CHECKSUM_BYTES:]:
        raise ChecksumError("the token file is damaged or cut short: its checksum does not match")
    try:
        return _parse(_Reader(content, len(TOKEN_MAGIC)))
    except UsageError as error:
        raise FormatError(f"the token file is malformed: {error}") from None


def _parse(reader: _Reader) -> TokenSet:
    flags = reader.take(1)[0]
    if flags not in range(1, 4):
        raise FormatError(f"the flags of the token file are {flags}, allowed are 1 to 3")
    count = reader.varint("number of images", 1, MAX_TOKEN_ITEMS)
    if count > len(reader.data) * 8:  # an image or a caption takes a bit at least
        raise FormatError(
            f"the token file claims {count} images or captions, more than its {len(reader.data)} "
            "bytes can hold"
        )
    rows = columns = num_codes = 0
    autoencoder = NO_AUTOENCODER
    if flags & TOKEN_GRIDS:
        rows = reader.varint("number of rows", 1, MAX_GRID_SIDE)
        columns = reader.varint("number of columns", 1, MAX_GRID_SIDE)
        num_codes = reader.varint("number of codes", 2, MAX_IMAGE_CODES)
        autoencoder = reader.take(HASH_BYTES)
    captions = []
    for _ in range(count if flags & TOKEN_CAPTIONS else 0):
        text = reader.take(reader.varint("length of a caption", 0, len(reader.data)))
        try:
            captions.append(text.decode())
        except UnicodeDecodeError as error:
            raise FormatError(f"caption {len(captions)} is not UTF-8: {error.reason}") from None
    grids = np.zeros((0, 0, 0), np.uint16)
    if flags & TOKEN_GRIDS:
        num_bits = _code_bits(num_codes)
        packed = reader.take((count * rows * columns * num_bits + 7) // 8)
        grids = _unpack(packed, count * rows * columns, num_bits).reshape(count, rows, columns)
        if _pack(grids, num_bits) != packed:
            raise FormatError("the bits after the last code are not zero")
    if reader.position != len(reader.data):
        raise FormatError("there are bytes after the end of the token file")
    return TokenSet(tuple(captions), grids, num_codes, autoencoder)


def _code_bits(num_codes: int) -> int:
    return (num_codes - 1).bit_length()


def _pack(codes: NDArray[np.uint16], num_bits: int) -> bytes:
    """Return the lowest ``num_bits`` of each code, most significant first; zeros fill a byte."""
    flat, parts = codes.reshape(-1), []
    for start in range(0, flat.size, _CODES_AT_ONCE):
        octets = flat[start : start + _CODES_AT_ONCE].astype(">u2").reshape(-1, 1).view(np.uint8)
        parts.append(np.packbits(np.unpackbits(octets, axis=1)[:, 16 - num_bits :]).tobytes())
    return b"".join(parts)


def _unpack(packed: bytes, count: int, num_bits: int) -> NDArray[np.uint16]:
    codes = np.empty(count, np.uint16)
    for start in range(0, count, _CODES_AT_ONCE):
        size = min(count - start, _CODES_AT_ONCE)
        first, last = start * num_bits // 8, -(-(start + size) * num_bits // 8)
        bits = np.unpackbits(np.frombuffer(packed[first:last], np.uint8), count=size * num_bits)
        wide = np.zeros((size, 16), np.uint8)
        wide[:, 16 - num_bits :] = bits.reshape(size, num_bits)
        codes[start : start + size] = np.packbits(wide, axis=1).view(">u2").reshape(-1)
    return codes


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes, position: int) -> None:
        self.data, self.position = data, position

    def take(self, size: int) -> bytes:
        taken = self.data[self.position : self.position + size]
        if len(taken) < size:
            raise TruncatedError("the token file ends before its content does")
        self.position += size
        return taken

    def varint(self, what: str, low: int, high: int) -> int:
        value = 0
        for shift in range(0, 35, 7):
            octet = self.take(1)[0]
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                if octet == 0 and shift:
                    raise FormatError(f"the {what} is not in its shortest form")
                if not low <= value <= high:
                    raise FormatError(f"the {what} is {value}, allowed are {low} to {high}")
                return value
        raise FormatError(f"the {what} is longer than 5 bytes")


def _require(condition: bool, demand: str) -> None:
    if not condition:
        raise UsageError(f"tokens: {demand}")
