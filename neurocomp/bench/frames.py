"""Frames of both coders from one run of the model, which is what takes the time.

They are, byte for byte, the frames that ``neurocomp compress`` writes with either coder, for a text
without carriage returns, which it may take out.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from neurocomp.codec import CodedBlock
from neurocomp.codec.symbolwise import SymbolCodec
from neurocomp.coding.base import Bits, Decoder, Encoder
from neurocomp.coding.coders import CODERS
from neurocomp.errors import NeurocompError
from neurocomp.exact import TOTAL, Frequencies, Symbols
from neurocomp.frame.block import Block, Method
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.reader import FrameBlock, read_frames
from neurocomp.frame.writer import FrameWriter
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.contents import read_contents
from neurocomp.pipeline.options import CompressOptions, DecompressOptions
from neurocomp.pipeline.streams import compress_stream, decompress_stream
from neurocomp.registry.opening import OpenModel
from neurocomp.symbols import SymbolMap

NAMES = ("arithmetic", "huffman")
_SIZE_BYTES = 8


@dataclass
class Tally:
    """Time that all blocks took, to encode and to decode.

    Attributes:
        bits: ideal code length under the tables.
        seconds: CPU time of each coder by name.
    """

    bits: float = 0.0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(NAMES, 0.0))


@dataclass(frozen=True)
class Measured:
    """Frames that were decoded and compared.

    Attributes:
        sizes: bytes of each coder's frame, by name.
        bits: ideal code length under the tables; None without tables.
        seconds: CPU time there and back with each coder, by name, the model's included.
    """

    sizes: dict[str, int]
    bits: float | None
    seconds: dict[str, float]


def code_with_both(opened: OpenModel, content: bytes) -> Measured:
    """Code ``content`` with both coders, decode both frames, and compare.

    Raises:
        NeurocompError: a frame does not decode to the content, or would not be shorter.
    """
    tally, start = Tally(), process_time()
    frames = encode(opened, content, tally)
    if decode(opened, frames, tally) != content:
        raise NeurocompError(f"{opened.name}: the frames don't decode to the text")
    model_seconds = process_time() - start - sum(tally.seconds.values())
    return Measured(
        {name: len(frames[name]) for name in NAMES},
        tally.bits,
        {name: model_seconds + tally.seconds[name] for name in NAMES},
    )


def code_bits(model: str, content: bytes) -> Measured:
    """Code ``content`` with a model of bits, which has a coder of its own; decode and compare.

    Args:
        model: the name or the file of it.
        content: the bytes to code, at least one.

    Raises:
        NeurocompError: the frame does not decode to the content.
    """
    start, frame, back = process_time(), io.BytesIO(), io.BytesIO()
    compress_stream(io.BytesIO(content), frame, CompressOptions(model=model))
    places = (Path(model),) if Path(model).is_file() else ()
    decompress_stream(io.BytesIO(frame.getvalue()), back, DecompressOptions(model_path=places))
    if back.getvalue() != content:
        raise NeurocompError(f"{model}: the frame doesn't decode to the text")
    seconds = process_time() - start
    return Measured({"arithmetic": frame.tell()}, None, {"arithmetic": seconds})


def encode(opened: OpenModel, content: bytes, tally: Tally) -> dict[str, bytes]:
    """Return the frame of each coder; raises NeurocompError where coding would not shrink it."""
    sinks = {name: io.BytesIO() for name in NAMES}
    entries = {name: BlockCoder(opened, name).entry for name in NAMES}
    writers = {name: FrameWriter(sinks[name], FrameHeader((entries[name],))) for name in NAMES}
    codec, symbol_map, size = _codec(opened, tally)
    for part in read_contents(io.BytesIO(content), CompressOptions().resolved_block_bytes):
        symbols = symbol_map.encode(part, size)
        if symbols is None:
            raise NeurocompError(f"{opened.name} has no symbols for the text")
        coded = codec.encode(symbols, lambda _: None)
        for name, payload in zip(NAMES, _split(coded.payload), strict=True):
            if len(payload) >= len(part):
                raise NeurocompError(f"{opened.name} makes the text longer: leave it out")
            shape = (len(part), zlib.crc32(part), coded.num_symbols, coded.num_lanes)
            writers[name].add(Block(Method.MODELLED, coded.variant, *shape, payload), part)
    for writer in writers.values():
        writer.close()
    return {name: sink.getvalue() for name, sink in sinks.items()}


def decode(opened: OpenModel, frames: dict[str, bytes], tally: Tally) -> bytes:
    """Return the content of frames that `encode` returned; raises NeurocompError."""
    codec, symbol_map, _ = _codec(opened, tally)
    blocks = {
        name: [one.block for one in read_frames(io.BytesIO(frame)) if isinstance(one, FrameBlock)]
        for name, frame in frames.items()
    }
    parts = []
    for pair in zip(*(blocks[name] for name in NAMES), strict=True):
        first = pair[0]
        payload = _join([block.payload for block in pair])
        coded = CodedBlock(payload, first.num_symbols, first.num_lanes, first.variant)
        part = symbol_map.decode(codec.decode(coded, lambda _: None))
        for block in pair:
            block.check_content(part)
        parts.append(part)
    return b"".join(parts)


def _codec(opened: OpenModel, tally: Tally) -> tuple[SymbolCodec, SymbolMap, int]:
    model: Any = opened.model
    return SymbolCodec(model, _BothCoders(tally)), model.symbol_map, model.alphabet_size


def _join(payloads: list[bytes]) -> bytes:
    return len(payloads[0]).to_bytes(_SIZE_BYTES, "little") + b"".join(payloads)


def _split(payload: bytes) -> list[bytes]:
    end = _SIZE_BYTES + int.from_bytes(payload[:_SIZE_BYTES], "little")
    return [payload[_SIZE_BYTES:end], payload[end:]]


@dataclass(frozen=True)
class _BothCoders:
    """Both coders as one, whose payload is both payloads."""

    tally: Tally
    name: str = "both"

    def encoder(self) -> _BothEncoders:
        return _BothEncoders(self.tally)

    def decoder(self, payload: bytes) -> _BothDecoders:
        return _BothDecoders(self.tally, _split(payload))

    def meter(self) -> _BothMeters:
        return _BothMeters()


class _BothEncoders:
    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._encoders: dict[str, Encoder] = {name: CODERS[name].encoder() for name in NAMES}

    def encode(self, symbols: Symbols, frequencies: Frequencies) -> None:
        chosen = frequencies[np.arange(symbols.size), symbols].astype(np.float64)
        self._tally.bits += float(np.log2(TOTAL / chosen).sum())
        for name, encoder in self._encoders.items():
            start = process_time()
            encoder.encode(symbols, frequencies)
            self._tally.seconds[name] += process_time() - start

    def finish(self) -> bytes:
        return _join([self._encoders[name].finish() for name in NAMES])


class _BothMeters:
    def __init__(self) -> None:
        self._meters = [CODERS[name].meter() for name in NAMES]

    def measure(self, symbols: Symbols, frequencies: Frequencies) -> Bits:
        bits = np.zeros(symbols.size)
        for meter in self._meters:
            bits += meter.measure(symbols, frequencies)
        return bits


class _BothDecoders:
    def __init__(self, tally: Tally, payloads: list[bytes]) -> None:
        self._tally = tally
        self._decoders: dict[str, Decoder] = {
            name: CODERS[name].decoder(payload)
            for name, payload in zip(NAMES, payloads, strict=True)
        }

    def decode(self, frequencies: Frequencies) -> Symbols:
        found = []
        for name, decoder in self._decoders.items():
            start = process_time()
            found.append(decoder.decode(frequencies))
            self._tally.seconds[name] += process_time() - start
        if not np.array_equal(found[0], found[1]):
            raise NeurocompError("the two coders decode to different symbols")
        return found[0]

    def finish(self) -> None:
        for decoder in self._decoders.values():
            decoder.finish()
