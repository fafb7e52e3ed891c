"""Content under a codec of symbols: a map makes symbols of bytes, and bytes of symbols again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neurocomp.codec.contract import Codec, CodedBlock, Tick
from neurocomp.codec.symbolwise import SymbolCodec
from neurocomp.errors import FormatError
from neurocomp.symbols import SymbolMap

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from neurocomp.codec.trace import Asked, Trace
    from neurocomp.exact import Stream


class MappedCodec(Codec):
    """A codec of symbols between two steps of a map.

    Args:
        codec: codes the symbols.
        symbol_map: makes symbols of content.
        alphabet_size: all symbols are below it.
    """

    def __init__(self, codec: SymbolCodec, symbol_map: SymbolMap, alphabet_size: int) -> None:
        self._codec = codec
        self._map = symbol_map
        self._alphabet_size = alphabet_size

    def encode(self, content: ReadableBuffer, tick: Tick) -> CodedBlock | None:
        """Code at least one byte; None where the content has no symbols."""
        symbols = self._map.encode(bytes(content), self._alphabet_size)
        return None if symbols is None else self._codec.encode(symbols, tick)

    def decode(self, block: CodedBlock, tick: Tick) -> bytes:
        """Return the content of ``block``.

        Raises:
            FormatError: the payload is damaged or has bytes left over, or no content has such
                symbols.
        """
        return self._map.decode(self._codec.decode(block, tick))

    def trace(self, block: CodedBlock, content: bytes | None, asked: Asked, tick: Tick) -> Trace:
        """Return the cost of each symbol of a block; see `Codec.trace`."""
        symbols = None if content is None else self._map.encode(content, self._alphabet_size)
        return self._codec.trace(block, symbols, asked, tick)

    def encode_together(self, contents: Sequence[bytes]) -> list[CodedBlock | None]:
        """Code several blocks side by side; only where lanes are independent."""
        streams: dict[int, Stream] = {}
        for number, content in enumerate(contents):
            symbols = self._map.encode(content, self._alphabet_size)
            if symbols is not None:
                streams[number] = symbols
        coded = self._codec.encode_together(list(streams.values())) if streams else []
        found = dict(zip(streams, coded, strict=True))
        return [found.get(number) for number in range(len(contents))]

    def decode_together(self, blocks: list[CodedBlock]) -> list[bytes | FormatError]:
        """Return the contents of several blocks, or what is wrong with each."""
        results: list[bytes | FormatError] = []
        for symbols in self._codec.decode_together(blocks):
            try:
                if isinstance(symbols, FormatError):
                    raise symbols
                results.append(self._map.decode(symbols))
            except FormatError as error:
                results.append(error)
        return results
