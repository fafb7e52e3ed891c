"""Token files, captions and grids of an autoencoder's codes, as symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UsageError
from neurocomp.exact import Stream
from neurocomp.frame.constants import MAX_BLOCK_BYTES, SYMBOLS_TOKENS, TOKEN_MAGIC
from neurocomp.models.dalle.description import describe_records
from neurocomp.models.dalle.record_heads import Kind
from neurocomp.models.dalle.records import RecordShape, count_symbols, read_records, write_records
from neurocomp.models.dalle.token_files import TokenSet, read_tokens, write_tokens
from neurocomp.symbols import SymbolMap
from neurocomp.symbols.bpe import BytePairs
from neurocomp.symbols.description import Description


class TokenSets(SymbolMap):
    """The symbol map of the token files of one autoencoder.

    Args:
        shape: shape of the records.
        captions: byte pairs of captions.
        autoencoder: SHA-256 of the autoencoder, 32 bytes.
        choose_damping: returns, for captions' tokens and grids, the damping under which the model
            makes the shortest code.
    """

    id = SYMBOLS_TOKENS
    name = "tokens"
    takes_any_content = False

    def __init__(
        self,
        shape: RecordShape,
        captions: BytePairs,
        autoencoder: bytes,
        choose_damping: Callable[[Sequence[Stream], NDArray[np.uint16]], int],
    ) -> None:
        self._shape, self._captions, self._autoencoder = shape, captions, autoencoder
        self._choose_damping = choose_damping

    def encode(self, data: bytes, alphabet_size: int) -> Stream:
        """Return the records of a token file.

        Raises:
            FormatError: it is none, or one of another autoencoder.
        """
        try:
            tokens = read_tokens(data)
        except FormatError as error:
            if data.startswith(TOKEN_MAGIC):
                raise FormatError(
                    f"{error}; make it again with 'neurocomp dalle tokenize', and give one larger "
                    "than a block --block-size 64MiB"
                ) from None
            raise FormatError(
                f"this model codes token files only ({error}): make one with 'neurocomp dalle "
                "tokenize', and one larger than a block needs --block-size 64MiB or two files"
            ) from None
        self._check(tokens)
        kind = Kind.BOTH if tokens.captions else Kind.IMAGES
        if not tokens.has_grids:
            kind = Kind.CAPTIONS
        captions = [self.caption_tokens(caption) for caption in tokens.captions]
        num_symbols = count_symbols(self._shape, kind, captions, len(tokens.grids))
        if num_symbols > MAX_BLOCK_BYTES:
            raise FormatError(
                f"this set has {num_symbols} symbols, and a block of tokens holds "
                f"{MAX_BLOCK_BYTES} at most: split it into two files"
            )
        damping = 0 if kind is Kind.CAPTIONS else self._choose_damping(captions, tokens.grids)
        symbols = write_records(self._shape, kind, captions, tokens.grids, damping)
        if self.decode(symbols) != data:
            raise FormatError("a caption of this token file does not match its tokens")
        return symbols

    def decode(self, symbols: Stream) -> bytes:
        """Return the token file of records.

        Raises:
            FormatError: the symbols are not records.
        """
        kind, captions, grids = read_records(self._shape, symbols)
        try:
            texts = tuple(self._captions.decode(tokens).decode("utf-8") for tokens in captions)
        except UnicodeDecodeError as error:
            raise FormatError(f"a caption is not UTF-8: {error}") from None
        try:
            if kind is Kind.CAPTIONS:
                tokens = TokenSet(texts, np.zeros((0, 0, 0), np.uint16), 0)
            else:
                tokens = TokenSet(texts, grids, self._shape.num_codes, self._autoencoder)
        except UsageError as error:
            raise FormatError(f"the symbols are not those of a token file: {error}") from None
        return write_tokens(tokens)

    def max_symbols(self, num_bytes: int) -> int:
        """Return a number of symbols that no token file of ``num_bytes`` exceeds."""
        return self._shape.max_symbols(num_bytes)

    def describe(self, symbols: Stream) -> Description:
        """Return which symbols are heads, captions and codes."""
        return describe_records(self._shape, symbols)

    def name_of(self, symbol: int) -> bytes | str:
        """Return the bytes of a caption's token, or what another symbol is."""
        shape = self._shape
        if symbol < shape.pad:
            return self._captions.name_of(symbol)
        if symbol == shape.pad:
            return "end of caption"
        return "nothing" if symbol == shape.end else f"code {symbol - shape.first_code}"

    def caption_tokens(self, caption: str) -> Stream:
        """Return the tokens of a caption, int32 (n,)."""
        return self._captions.encode(caption.encode("utf-8"), self._shape.num_tokens)

    def _check(self, tokens: TokenSet) -> None:
        shape = self._shape
        if not tokens.has_grids:
            return
        if tokens.autoencoder != self._autoencoder:
            raise FormatError(
                f"the tokens are of autoencoder {tokens.autoencoder.hex()[:16]}…, the model knows "
                f"those of {self._autoencoder.hex()[:16]}…: tokenize the images with the latter"
            )
        if tokens.num_codes != shape.num_codes:
            raise FormatError(
                f"the tokens are of an alphabet of {tokens.num_codes} codes, the model knows "
                f"{shape.num_codes}"
            )
        found = tokens.grids.shape[1:]
        if found != (shape.rows, shape.columns):
            raise FormatError(
                f"the images are of {found[0]} x {found[1]} tokens, the model knows "
                f"{shape.rows} x {shape.columns}"
            )
