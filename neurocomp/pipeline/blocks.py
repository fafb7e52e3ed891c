"""One block: content to symbols to payload, and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import partial
from threading import Lock
from typing import BinaryIO, cast

import numpy as np

from neurocomp.codec import Codec, CodedBlock, SymbolCodec, Tick
from neurocomp.codec.base import watch
from neurocomp.codec.density import TRIFLE, is_dense
from neurocomp.codec.sections import MAX_LANES, split_block
from neurocomp.coding import CODERS
from neurocomp.coding.bounds import BINARY, min_payload_bytes
from neurocomp.errors import (
    ChecksumError,
    FormatError,
    NeurocompError,
    UnsupportedError,
    UsageError,
)
from neurocomp.exact import Stream
from neurocomp.frame.block import Block, Method
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.limits import LONG_IDENTITY_BYTES
from neurocomp.models.architectures import ARCHITECTURES, Architecture, Kind
from neurocomp.models.base import SymbolModel
from neurocomp.models.dictionary import Dictionary, open_dictionary, open_frame_dictionary
from neurocomp.models.registry import OpenModel, open_frame_model, open_model, with_overlap
from neurocomp.models.store import ModelStore
from neurocomp.pipeline.binary_codecs import binary_codec
from neurocomp.pipeline.ids import BINARY_CODER_ID, CODER_IDS
from neurocomp.pipeline.options import CompressOptions, resolve_threads
from neurocomp.pipeline.unloaded import find_frame_unloaded, find_unloaded
from neurocomp.symbols import (
    BYTES,
    SYMBOL_NAMES,
    BytePairs,
    SymbolMap,
    TokenSets,
    for_alphabet,
    restore,
    shorten,
)

_TRIAL_BYTES = 1 << 12
"""What a model that was trained on who knows what codes of dense content, to see."""

_LARGE_ALPHABETS = (1, 2)
"""Symbol maps whose alphabets have 256 symbols and more: uint16, bpe."""


class BlockCoder:
    """Everything between the content of a block and its payload.

    Args:
        opened: the model.
        coder: "arithmetic" or "huffman".
        verify: decode each block after encoding it and compare.
        dictionary: what the model reads before each block.
        threads: sections of blocks that are coded at once, where a block has several.

    Attributes:
        header: of the frames whose blocks it makes.
        uses_all_cores: the model spreads its lanes over the cores by itself.
        is_trained_on_symbols: the model is one of symbols that is kept in a file.
        takes_token_sets: it codes token files only.

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
        self._coder_name = coder
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
            self._codec = binary_codec(opened, dictionary, threads)
            self._coder_name = BINARY
            coder_id = BINARY_CODER_ID
        elif dictionary is not None:
            raise UsageError(
                f"model {opened.name!r} takes no dictionary: use a preset, or --model mix"
            )
        else:
            model = cast(SymbolModel, opened.model)
            self._codec = SymbolCodec(model, CODERS[coder])
            self._alphabet_size = model.alphabet_size
            self._symbol_map = getattr(model, "symbol_map", for_alphabet(model.alphabet_size))
            coder_id = CODER_IDS[coder]
        self._before = None if dictionary is None else dictionary.content
        is_trained = len(opened.model.identity) == LONG_IDENTITY_BYTES
        self._knows_bytes = is_trained and not isinstance(self._symbol_map, BytePairs)
        self.is_trained_on_symbols = is_trained and opened.architecture.kind is Kind.SYMBOL
        self.takes_token_sets = isinstance(self._symbol_map, TokenSets)
        self._prefers_line_feeds: bool = getattr(opened.model, "prefers_line_feeds", False)
        self.joins_records: bool = getattr(opened.model, "has_independent_lanes", False)
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
        name = options.resolved_model
        opened = find_unloaded(name) or open_model(name, store)
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
            FormatError: the header's fields don't go together.
            ModelError: the model is missing or not the right one.
        """
        architecture = _architecture_of(header)
        is_binary = architecture is not None and architecture.kind is Kind.BINARY
        if is_binary and (header.symbols_id or header.coder_id):
            # Before the model is opened: a large one takes seconds.
            raise FormatError("the frame's symbols, coder and parameters don't go with its model")
        opened = find_frame_unloaded(header.model_id, header.identity) or open_frame_model(
            header.model_id, header.identity, store, header.parameters, header.environment
        )
        dictionary = None
        if header.dictionary:
            dictionary = open_frame_dictionary(header.dictionary, store)
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
        block = None if self._is_hopeless(content, tick) else self._coded(content, tick)
        if block is None:
            return Block.stored(content)
        if self._verify:
            self._check(block, content)
        return block

    def encode_together(self, contents: list[bytes]) -> list[Block]:
        """Return the blocks of ``contents``, each as `encode` makes it, in lanes side by side.

        Only where ``joins_records``.
        """

        def idle(_: int) -> None:
            return

        blocks: list[Block | None] = [None] * len(contents)
        waiting: list[tuple[int, bytes | None]] = []
        streams: list[Stream] = []
        for number, content in enumerate(contents):
            if content and not self._is_hopeless(content, idle):
                shortened, symbols = self._symbols_of(content)
                if symbols is not None:
                    waiting.append((number, shortened))
                    streams.append(symbols)
        codec = cast(SymbolCodec, self._codec)
        coded = codec.encode_together(streams) if streams else []
        for (number, shortened), one in zip(waiting, coded, strict=True):
            block = self._block_of(contents[number], shortened, one)
            if block is not None and self._verify:
                self._check(block, contents[number])
            blocks[number] = block
        return [
            Block.stored(content) if block is None else block
            for content, block in zip(contents, blocks, strict=True)
        ]

    def decode_together(self, blocks: list[Block]) -> list[bytes | FormatError]:
        """Return the contents of modelled ``blocks``, as `decode`, or what is wrong with each."""
        codec = cast(SymbolCodec, self._codec)
        coded = [CodedBlock(b.payload, b.num_symbols, b.num_lanes, b.variant) for b in blocks]
        results: list[bytes | FormatError] = []
        for block, symbols in zip(blocks, codec.decode_together(coded), strict=True):
            try:
                if isinstance(symbols, FormatError):
                    raise symbols
                results.append(_restored(block, self._symbol_map.decode(symbols)))
            except FormatError as error:
                results.append(error)
        return results

    def _is_hopeless(self, content: bytes, tick: Tick) -> bool:
        """Return whether samples show that coding would not shrink ``content``.

        A model that was trained on bytes may know them, however random they look: it tries.
        """
        if self.takes_token_sets:
            return False  # packed codes look dense, and the prior knows them
        if not is_dense(np.frombuffer(content, np.uint8), self._before):
            return False
        if self._knows_bytes:
            start = content[:_TRIAL_BYTES]
            block = self._coded(start, partial(watch, tick))
            if block is not None and (len(start) - len(block.payload)) * TRIFLE > len(start):
                return False
        tick(len(content))
        return True

    def _coded(self, content: bytes, tick: Tick) -> Block | None:
        """Return the block of ``content`` as the model codes it; None where that is not shorter."""
        shortened, symbols = self._symbols_of(content)
        coded = None if symbols is None else self._codec.encode(symbols, tick)
        return self._block_of(content, shortened, coded)

    def _symbols_of(self, content: bytes) -> tuple[bytes | None, Stream | None]:
        """Return the content with shorter line ends, where they are, and its symbols, if it has."""
        shortened = shorten(content) if self._prefers_line_feeds else None
        coded_bytes = content if shortened is None else shortened
        return shortened, self._symbol_map.encode(coded_bytes, self._alphabet_size)

    @staticmethod
    def _block_of(
        content: bytes, shortened: bytes | None, coded: CodedBlock | None
    ) -> Block | None:
        """Return the block of what was coded; None where that is not shorter."""
        if coded is None or len(coded.payload) >= len(content):
            return None
        return Block(
            Method.MODELLED,
            coded.variant,
            len(content),
            zlib.crc32(content),
            coded.num_symbols,
            coded.num_lanes,
            coded.payload,
            shortened is not None,
        )

    def decode(self, block: Block, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is damaged.
            ChecksumError: the content is not what was encoded.
        """
        progress = _Progress(tick, block)
        if block.method is Method.STORED:
            content = block.payload
        else:
            self._check_length(block)
            coded = CodedBlock(block.payload, block.num_symbols, block.num_lanes, block.variant)
            content = self._symbol_map.decode(self._codec.decode(coded, progress.advance))
        content = _restored(block, content)
        progress.finish()
        return content

    def _check_length(self, block: Block) -> None:
        """Raise FormatError where no payload of this coder is so short."""
        needed = min_payload_bytes(self._coder_name, block.num_symbols, self._alphabet_size)
        refuse_short(block, needed)

    def _check(self, block: Block, content: bytes) -> None:
        try:
            decoded = self.decode(block, lambda _: None)
        except FormatError as error:
            raise NeurocompError(f"verification failed, nothing was written: {error}") from error
        if decoded != content:
            raise ChecksumError("verification failed: the block does not decode to its content")


def _restored(block: Block, content: bytes) -> bytes:
    """Return the content of ``block`` with its line ends, checked."""
    if block.line_ends:
        restored = restore(content, block.decoded_bytes)
        if restored is None:
            raise FormatError("the block's line ends don't make its size")
        content = restored
    block.check_content(content)
    return content


def check_block(header: FrameHeader, block: Block) -> None:
    """Refuse a block that no encoder writes, before its model is opened.

    Raises:
        FormatError: the payload is too short for its symbols, or there are too many lanes.
    """
    architecture = _architecture_of(header)
    if block.method is Method.STORED or architecture is None:
        return
    if architecture.kind is Kind.BINARY:
        if block.num_lanes > MAX_LANES:
            raise FormatError(f"the block has {block.num_lanes} lanes, allowed are {MAX_LANES}")
        refuse_short(block, min_payload_bytes(BINARY, block.num_symbols, 256))
        split_block(block.payload, block.num_symbols, block.num_lanes, architecture.section_lanes)
    else:
        names = {number: name for name, number in CODER_IDS.items()}
        name = names.get(header.coder_id, "arithmetic")
        # Only the model tells what its alphabet is; other maps than bytes have at least these.
        alphabet_size = 256 if header.symbols_id in _LARGE_ALPHABETS else 1
        refuse_short(block, min_payload_bytes(name, block.num_symbols, alphabet_size))


def refuse_short(block: Block, needed_bytes: int) -> None:
    """Raise FormatError where a block's payload is shorter than ``needed_bytes``."""
    if len(block.payload) < needed_bytes:
        raise FormatError(
            f"a payload of {len(block.payload)} bytes is too short: {block.num_symbols} symbols "
            f"take {needed_bytes} bytes at least"
        )


def _architecture_of(header: FrameHeader) -> Architecture | None:
    return next((one for one in ARCHITECTURES if one.id == header.model_id), None)


class _Progress:
    """Turns a codec's symbols into bytes of content; they add up to those of the block."""

    def __init__(self, tick: Tick, block: Block) -> None:
        self._tick = tick
        self._block = block
        self._lock = Lock()
        self._num_symbols = self._num_bytes = 0

    def advance(self, num_symbols: int) -> None:
        """Tell that so many more symbols are done; from any thread."""
        with self._lock:
            self._num_symbols += num_symbols
            done = min(self._num_symbols, self._block.num_symbols)
            num_bytes = self._block.decoded_bytes * done // max(self._block.num_symbols, 1)
            more = num_bytes - self._num_bytes
            self._num_bytes = num_bytes
        self._tick(more)

    def finish(self) -> None:
        """Tell that all is done."""
        self.advance(self._block.num_symbols)


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
