"""What stored models of tokens have in common."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from neurocomp.codec.contract import SymbolModel
from neurocomp.store.stored import StoredModel
from neurocomp.symbols import SymbolMap, for_alphabet
from neurocomp.symbols.bpe import BytePairs

TOKENIZER = "tokenizer"
"""Name of the tensor, uint8, that holds a tokenizer's JSON, where symbols are byte pairs."""


class StoredTokenModel(SymbolModel):
    """A symbol model of integers that are kept in a file, perhaps with a tokenizer."""

    _stored: StoredModel

    @property
    def identity(self) -> bytes:
        """The 32-byte SHA-256 of the stored form."""
        return self._stored.sha256

    @property
    def symbol_map(self) -> SymbolMap:
        """Byte pairs where a tokenizer is stored with the model, else plain integers."""
        return self.byte_pairs or for_alphabet(self.alphabet_size)

    @cached_property
    def byte_pairs(self) -> BytePairs | None:
        """The vocabulary that is stored with the model."""
        tokenizer = self._stored.tensors.get(TOKENIZER)
        return None if tokenizer is None else BytePairs(tokenizer.astype(np.uint8).tobytes())


class StoredTokenNetwork(StoredTokenModel):
    """One whose predictions a network computes, its lanes spread over the cores."""

    # Tokenizers have words for LF, and texts of training end their lines so.
    prefers_line_feeds = True
    uses_all_cores = True
