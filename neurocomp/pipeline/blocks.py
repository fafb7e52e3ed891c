"""One block: content to symbols to payload, and back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from neurocomp.codec import CodedBlock, Tick
from neurocomp.codec.contract import watch
from neurocomp.codec.density import TRIFLE, is_dense
from neurocomp.coding.bounds import min_payload_bytes
from neurocomp.errors import ChecksumError, FormatError, NeurocompError, UsageError
from neurocomp.frame.block import Block, Method, TransformUse
from neurocomp.frame.constants import CODER_BINARY, CODER_IDS
from neurocomp.frame.entry import ModelEntry
from neurocomp.pipeline.block_checks import refuse_short, wrong_symbols
from neurocomp.pipeline.coded_blocks import block_of, coded_block, restored
from neurocomp.pipeline.entries import coder_name, entry_of, open_entry
from neurocomp.pipeline.header_checks import MISFIT
from neurocomp.pipeline.options import CompressOptions, resolve_threads
from neurocomp.pipeline.progress import ContentProgress
from neurocomp.pipeline.unloaded import find_unloaded
from neurocomp.registry.catalogue import FAMILIES, Kind
from neurocomp.registry.dictionary import Dictionary, open_dictionary, open_frame_dictionary
from neurocomp.registry.opening import (
    OpenModel,
    find_mixed,
    open_model,
    with_overlap,
    with_window,
)
from neurocomp.store.folder import ModelStore
from neurocomp.transforms import TRANSFORMS

if TYPE_CHECKING:
    from neurocomp.codec.trace import Asked, Trace

_TRIAL_BYTES = 1 << 12
"""What a model that was trained on who knows what codes of dense content, to see."""


class BlockCoder:
    """Everything between the content of a block and its payload.

    Args:
        opened: the model.
        coder: "arithmetic" or "huffman".
        verify: decode each block after encoding it and compare.
        dictionary: a text that the model reads before each block.
        threads: sections of blocks that are coded at once, where a block has several.

    Attributes:
        entry: description of its model and coder in a frame.
        uses_all_cores: the model spreads its lanes over the cores by itself.
        is_trained_on_symbols: the model is one of symbols that is kept in a file.
        is_language: the model is one of language, which contexts help.
        takes_token_sets: whether the model codes token files only.

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
        family, model = opened.family, opened.model
        is_binary = family.kind is Kind.BINARY
        if is_binary and coder != "arithmetic":
            others = [one.name for one in FAMILIES if one.kind is Kind.SYMBOL]
            raise UsageError(
                f"model {opened.name!r} predicts bits and works with the arithmetic coder "
                f"only; models that work with {coder!r}: {', '.join(others)}"
            )
        if dictionary is not None and not family.takes_dictionaries:
            raise UsageError(
                f"model {opened.name!r} takes no dictionary: use a preset, or --model mix"
            )
        self._verify = verify
        self._before = None if dictionary is None else dictionary.content
        self._codec = model.codec(coder, self._before, threads)
        self._coder_name = family.bit_coder if is_binary else coder
        symbol_map = model.symbol_map
        self._alphabet_size = model.alphabet_size
        self._max_symbols = symbol_map.max_symbols
        coder_id = CODER_BINARY if is_binary else CODER_IDS[coder]
        self.entry = entry_of(opened, symbol_map.id, coder_id, dictionary)
        # A model of the package knows what its makers know of it.
        self._knows_bytes = self.entry.is_long and not symbol_map.is_vocabulary
        self.is_trained_on_symbols = family.is_kept and not is_binary
        self.is_language = family.mix is not None
        self.takes_token_sets = not symbol_map.takes_any_content
        self._prefers_line_feeds = model.prefers_line_feeds
        self.joins_records = model.has_independent_lanes
        self.uses_all_cores = model.uses_all_cores

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
        if options.window is not None:
            opened = with_window(opened, options.window)
        if options.coder == "arithmetic":
            opened = find_mixed(opened) or opened
        is_exact = not opened.model.environment
        verify = not is_exact if options.verify is None else options.verify
        return cls(
            opened,
            options.coder,
            verify=verify or not is_exact,
            dictionary=dictionary,
            threads=resolve_threads(options.threads),
        )

    @classmethod
    def for_entry(cls, entry: ModelEntry, store: ModelStore, threads: int = 1) -> BlockCoder:
        """Return the coder that a frame asks for by a sound ``entry``.

        Raises:
            FormatError: the entry's fields don't go together.
            ModelError: the model is missing or not the right one.
        """
        opened = open_entry(entry, store)
        dictionary = None
        if entry.dictionary:
            dictionary = open_frame_dictionary(entry.dictionary, store)
        try:
            coder = cls(opened, coder_name(entry), dictionary=dictionary, threads=threads)
        except UsageError as error:
            raise FormatError(f"the frame has a dictionary where none goes: {error}") from None
        # Where the model is of this package now, it need not have been of the writer's.
        if replace(coder.entry, hash=entry.hash) != entry:
            raise FormatError(MISFIT)
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
        waiting: list[tuple[int, tuple[TransformUse, ...]]] = []
        rewritten: list[bytes] = []
        for number, content in enumerate(contents):
            if content and not self._is_hopeless(content, idle):
                transforms, content_of_model = self._rewritten(content)
                waiting.append((number, transforms))
                rewritten.append(content_of_model)
        coded = self._codec.encode_together(rewritten) if rewritten else []
        for (number, transforms), one in zip(waiting, coded, strict=True):
            block = block_of(contents[number], transforms, one)
            if block is not None and self._verify:
                self._check(block, contents[number])
            blocks[number] = block
        return [
            Block.stored(content) if block is None else block
            for content, block in zip(contents, blocks, strict=True)
        ]

    def decode_together(self, blocks: list[Block]) -> list[bytes | FormatError]:
        """Return the contents of coded ``blocks``, as `decode`, or what is wrong with each."""
        results: dict[int, bytes | FormatError] = {}
        coded: dict[int, CodedBlock] = {}
        for number, block in enumerate(blocks):
            try:
                self._check_length(block)
                coded[number] = coded_block(block)
            except FormatError as error:
                results[number] = error
        decoded = self._codec.decode_together(list(coded.values())) if coded else []
        for number, content in zip(coded, decoded, strict=True):
            try:
                if isinstance(content, FormatError):
                    raise content
                results[number] = restored(blocks[number], content)
            except FormatError as error:
                results[number] = error
        return [results[number] for number in range(len(blocks))]

    def _is_hopeless(self, content: bytes, tick: Tick) -> bool:
        """Return whether samples show that coding would not shrink ``content``.

        A model that was trained on bytes may know them, however random they look: it tries.
        """
        if self.takes_token_sets:
            return False  # packed codes look dense, and the prior knows them
        if not is_dense(content, self._before):
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
        transforms, rewritten = self._rewritten(content)
        return block_of(content, transforms, self._codec.encode(rewritten, tick))

    def _rewritten(self, content: bytes) -> tuple[tuple[TransformUse, ...], bytes]:
        """Return the first transform that serves the content, and what it makes of it."""
        for transform in TRANSFORMS.values():
            if transform.makes_line_feeds and not self._prefers_line_feeds:
                continue
            applied = transform.apply(content)
            if applied is not None:
                rewritten, properties = applied
                return (TransformUse(transform.id, properties),), rewritten
        return (), content

    def decode(self, block: Block, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is damaged.
            ChecksumError: the content is not what was encoded.
        """
        progress = ContentProgress(tick, block)
        if block.method is Method.STORED:
            content = block.payload
        else:
            self._check_length(block)
            content = self._codec.decode(coded_block(block), progress.advance)
        content = restored(block, content)
        progress.finish()
        return content

    def trace(self, block: Block, rewritten: bytes | None, asked: Asked, tick: Tick) -> Trace:
        """Return what each symbol of a coded block costs; see `Codec.trace`.

        Args:
            block: coded.
            rewritten: the content after the block's transforms, where that is known.
            asked: the symbols for which to find the likeliest ones.
            tick: told the bytes that are done.
        """
        progress = ContentProgress(tick, block)
        trace = self._codec.trace(coded_block(block), rewritten, asked, progress.advance)
        progress.finish()
        return trace

    def _check_length(self, block: Block) -> None:
        """Raise FormatError where no payload is so short, or no content makes so many symbols."""
        if block.num_symbols > self._max_symbols(block.decoded_bytes):
            raise wrong_symbols(block)
        needed = min_payload_bytes(self._coder_name, block.num_symbols, self._alphabet_size)
        refuse_short(block, needed)

    def _check(self, block: Block, content: bytes) -> None:
        try:
            decoded = self.decode(block, lambda _: None)
        except FormatError as error:
            raise NeurocompError(f"verification failed, nothing was written: {error}") from error
        if decoded != content:
            raise ChecksumError("verification failed: the block does not decode to its content")
