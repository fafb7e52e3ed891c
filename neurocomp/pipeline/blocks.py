"""One block: content to symbols to payload, and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from neurocomp.codec import BitCodec, Codec, CodedBlock, Tick
from neurocomp.errors import (
    ChecksumError,
    FormatError,
    NeurocompError,
    UnsupportedError,
    UsageError,
)
from neurocomp.frame.block import Block, Method
from neurocomp.frame.header import FrameHeader
from neurocomp.models.architectures import ARCHITECTURES, Kind
from neurocomp.models.base import SymbolModel
from neurocomp.models.dictionary import Dictionary, open_dictionary, open_frame_dictionary
from neurocomp.models.registry import OpenModel, open_frame_model, open_model, with_overlap
from neurocomp.models.store import ModelStore
from neurocomp.pipeline.options import CompressOptions, resolve_threads
from neurocomp.symbols import (
    BYTES,
    SYMBOL_NAMES,
    SymbolMap,
    for_alphabet,
    restore,
    shorten,
)

BINARY_CODER_ID = 0
CODER_IDS = {"arithmetic": 1, "huffman": 2}
"""Ids of the coders of symbol models in the frame header; binary models have their own."""


class BlockCoder:
    """Everything between the content of a block and its payload.

    Args:
        opened: the model.
        coder: "arithmetic" or "huffman".
        verify: decode each block after encoding it and compare.
        dictionary: what the model reads before each block.
        threads: sections of blocks that are coded at once, where a block has several.

    Raises:
        UsageError: the model does not work with the coder, or not with dictionaries.
    """

    def __init__(
        self,
        opened: OpenModel,
        coder: str,
        *,
        verify: bool = False,
        dictionary: Dictionary | None = None,
        threads: int = 1,
    ) -> None:
        self._verify = verify
        self._codec: Codec
        self._symbol_map: SymbolMap = BYTES
        self._alphabet_size = 256
        if opened.architecture.kind is Kind.BINARY:
            if coder != "arithmetic":
                others = [one.name for one in ARCHITECTURES if one.kind is Kind.SYMBOL]
                raise UsageError(
                    f"model {opened.name!r} predicts bits and works with the arithmetic coder "
                    f"only; models that work with {coder!r}: {', '.join(others)}"
                )
            self._codec = _binary_codec(opened, dictionary, threads)
            coder_id = BINARY_CODER_ID
        elif dictionary is not None:
            raise UsageError(
                f"model {opened.name!r} takes no dictionary: use a preset, or --model mix"
            )
        else:
            model = cast(SymbolModel, opened.model)
            # Here, as their kernels take long to load.
            from neurocomp.codec import SymbolCodec
            from neurocomp.coding import CODERS

            self._codec = SymbolCodec(model, CODERS[coder])
            self._alphabet_size = model.alphabet_size
            self._symbol_map = getattr(model, "symbol_map", for_alphabet(model.alphabet_size))
            coder_id = CODER_IDS[coder]
        self._prefers_line_feeds: bool = getattr(opened.model, "prefers_line_feeds", False)
        self.uses_all_cores: bool = getattr(opened.model, "uses_all_cores", False)
        self.header = FrameHeader(
            self._symbol_map.id,
            coder_id,
            opened.architecture.id,
            opened.model.identity,
            getattr(opened.model, "parameters", b""),
            getattr(opened.model, "environment", b""),
            b"" if dictionary is None else dictionary.identity,
        )

    @classmethod
    def for_options(cls, options: CompressOptions) -> BlockCoder:
        """Return the coder that ``options`` ask for."""
        if options.coder not in CODER_IDS:
            raise UsageError(f"no coder {options.coder!r}: choose one of {', '.join(CODER_IDS)}")
        store = ModelStore(search_path=options.model_path)
        opened = open_model(options.resolved_model, store)
        dictionary = None
        if options.dictionary is not None:
            dictionary = open_dictionary(options.dictionary, store)
        if options.overlap is not None:
            opened = with_overlap(opened, options.overlap)
        is_exact = not getattr(opened.model, "environment", b"")
        verify = not is_exact if options.verify is None else options.verify
        return cls(
            opened,
            options.coder,
            verify=verify or not is_exact,
            dictionary=dictionary,
            threads=resolve_threads(options.threads),
        )

    @classmethod
    def for_header(cls, header: FrameHeader, store: ModelStore, threads: int = 1) -> BlockCoder:
        """Return the coder that a frame asks for.

        Raises:
            UnsupportedError: an id is unknown.
            ModelError: the model is missing or not the right one.
        """
        opened = open_frame_model(
            header.model_id, header.identity, store, header.parameters, header.environment
        )
        dictionary = None
        if header.dictionary:
            dictionary = open_frame_dictionary(header.dictionary, store)
        is_binary = opened.architecture.kind is Kind.BINARY
        names = {number: name for name, number in CODER_IDS.items()}
        name = "arithmetic" if is_binary else names.get(header.coder_id)
        if header.symbols_id not in SYMBOL_NAMES or name is None:
            raise UnsupportedError(
                f"the frame needs symbols {header.symbols_id} and coder {header.coder_id}, which "
                "this neurocomp does not have: install a newer one (pip install -U neurocomp)"
            )
        try:
            coder = cls(opened, name, dictionary=dictionary, threads=threads)
        except UsageError as error:
            raise FormatError(f"the frame has a dictionary where none goes: {error}") from None
        if coder.header != header:
            raise FormatError("the frame's symbols, coder and parameters don't go with its model")
        return coder

    def encode(self, content: bytes, tick: Tick) -> Block:
        """Return the block of ``content``: coded, or stored where coding would not shrink it."""
        if not content:
            return Block.stored(content)
        shortened = shorten(content) if self._prefers_line_feeds else None
        coded_bytes = content if shortened is None else shortened
        symbols = self._symbol_map.encode(coded_bytes, self._alphabet_size)
        coded = None if symbols is None else self._codec.encode(symbols, tick)
        if coded is None or len(coded.payload) >= len(content):
            return Block.stored(content)
        block = Block(
            Method.MODELLED,
            coded.variant,
            len(content),
            zlib.crc32(content),
            coded.num_symbols,
            coded.num_lanes,
            coded.payload,
            shortened is not None,
        )
        if self._verify:
            self._check(block, content)
        return block

    def decode(self, block: Block, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is damaged.
            ChecksumError: the content is not what was encoded.
        """
        if block.method is Method.STORED:
            content = block.payload
        else:
            coded = CodedBlock(block.payload, block.num_symbols, block.num_lanes, block.variant)
            content = self._symbol_map.decode(self._codec.decode(coded, tick))
        if block.line_ends:
            restored = restore(content, block.decoded_bytes)
            if restored is None:
                raise FormatError("the block's line ends don't make its size")
            content = restored
        block.check_content(content)
        return content

    def _check(self, block: Block, content: bytes) -> None:
        try:
            decoded = self.decode(block, lambda _: None)
        except FormatError as error:
            raise NeurocompError(f"verification failed, nothing was written: {error}") from error
        if decoded != content:
            raise ChecksumError("verification failed: the block does not decode to its content")


def _binary_codec(opened: OpenModel, dictionary: Dictionary | None, threads: int) -> Codec:
    content = None if dictionary is None else dictionary.content
    if opened.architecture.name == "mix":
        return BitCodec(content)
    from neurocomp.codec.networked import NetworkCodec
    from neurocomp.models.recurrent import NetworkModel

    if not isinstance(opened.model, NetworkModel):
        raise TypeError(f"no codec for the binary model {opened.name!r}")
    return NetworkCodec(opened.model, content, threads)


def read_contents(source: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    """Cut a stream into the contents of blocks, whatever sizes its reads have."""
    while True:
        chunks: list[bytes] = []
        missing = block_bytes
        while missing and (chunk := source.read(missing)):
            chunks.append(chunk)
            missing -= len(chunk)
        if not chunks:
            return
        yield b"".join(chunks)
