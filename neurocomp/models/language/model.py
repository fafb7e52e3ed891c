"""A stored transformer as a model of bytes: its tokens, and contexts beside it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from neurocomp import _core
from neurocomp.codec.contract import BinaryModel, Codec, Model
from neurocomp.errors import FormatError
from neurocomp.exact import Stream, Symbols
from neurocomp.models.language.lanes import LanguageLanes
from neurocomp.models.transformer import TransformerModel
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import BytePairs

NUM_LINE_FEEDS = 2
"""Tokens of a line feed that lanes have read before their own.

A model looks back at its first tokens at all times, whatever they say, and foretells how a text
begins better than after its start symbol alone.
"""


class LanguageModel(BinaryModel):
    """A transformer with a sliding window and a byte-level vocabulary, coded with contexts.

    Args:
        transformer: the same model as one of symbols.

    Raises:
        FormatError: its window does not slide, or its symbols are not byte pairs.
    """

    prefers_line_feeds = True
    uses_all_cores = True

    def __init__(self, transformer: TransformerModel) -> None:
        byte_pairs = transformer.byte_pairs
        if byte_pairs is None or not transformer.slides:
            raise FormatError("the transformer has no sliding window, or no vocabulary of bytes")
        self._transformer = transformer
        self._symbol_map = byte_pairs

    @classmethod
    def from_stored(cls, stored: StoredModel) -> LanguageModel:
        """Return the model that ``stored`` holds; raises FormatError where it holds none."""
        return cls(TransformerModel.from_stored(stored))

    @classmethod
    def of(cls, model: Model) -> LanguageModel | None:
        """Return a model of tokens as one of language; None where it can't be one."""
        if not isinstance(model, TransformerModel) or not model.slides:
            return None
        return None if model.byte_pairs is None else cls(model)

    @property
    def identity(self) -> bytes:
        """The 32-byte SHA-256 of the stored form, that of the transformer."""
        return self._transformer.identity

    def codec(self, coder: str, dictionary: bytes | None, threads: int) -> Codec:
        """Return the codec of blocks of bytes."""
        from neurocomp.models.language.codec import LanguageCodec

        return LanguageCodec(self)

    @property
    def parameters(self) -> bytes:
        """What a frame records of the window; empty for the usual."""
        return self._transformer.parameters

    @property
    def num_fitting_lanes(self) -> int:
        """Lanes whose keys and values stay within the limit, at least 1."""
        return self._transformer.num_fitting_lanes

    @property
    def lane_cache_bytes(self) -> int:
        """Memory of a lane's keys and values."""
        return self._transformer.lane_cache_bytes

    @property
    def num_tokens(self) -> int:
        """Number of different tokens, V."""
        return self._transformer.alphabet_size

    @cached_property
    def vocabulary(self) -> _core.language.Vocabulary:
        """The bytes of each token, sorted; raises FormatError where a byte has none."""
        contents = self._symbol_map.contents
        known: set[bytes] = set()
        parts: list[bytes] = []
        for number in range(self.num_tokens):
            content = contents.get(number, b"")
            parts.append(b"" if content in known else content)
            known.add(content)
        starts = np.cumsum([0, *map(len, parts)], dtype=np.int32)
        try:
            return _core.language.Vocabulary(np.frombuffer(b"".join(parts), np.uint8), starts)
        except ValueError as error:
            raise FormatError(f"the vocabulary of the language model is damaged: {error}") from None

    @property
    def token_map(self) -> BytePairs:
        """What the tokens mean."""
        return self._symbol_map

    def tokens(self, data: bytes) -> Stream:
        """Return tokens whose bytes are ``data``, each as the vocabulary has it."""
        tokens = self._symbol_map.encode(data, self.num_tokens)
        same = self._same
        return tokens if same is None else same[tokens]

    @cached_property
    def _same(self) -> Stream | None:
        """The first token of the bytes of each; None where no two tokens have the same."""
        contents = self._symbol_map.contents
        first: dict[bytes, int] = {}
        same = np.arange(self.num_tokens, dtype=np.int32)
        for number in sorted(contents):
            same[number] = first.setdefault(contents[number], number)
        return None if np.array_equal(same, np.arange(len(same))) else same

    @cached_property
    def _compiled(self) -> _core.language.Transformer:
        """The transformer, whose logits are those of the sorted tokens, and then of all others."""
        order = self.vocabulary.order
        others = np.setdiff1d(np.arange(self.num_tokens, dtype=np.int32), order)
        return self._transformer.compiled_in_order(np.concatenate([order, others]))

    def lanes(
        self, num_lanes: int, max_steps: int = 1, *, takes_long: bool = False
    ) -> LanguageLanes:
        """Return lanes that have read the start symbol and `NUM_LINE_FEEDS` line feeds.

        Args:
            num_lanes: number of all lanes.
            max_steps: largest number of steps that are read at once.
            takes_long: whether coding takes long, so that others should read meanwhile.
        """
        return LanguageLanes(
            self._compiled,
            self.num_tokens,
            num_lanes,
            self._transformer.window,
            max_steps,
            self._start,
            takes_long=takes_long,
        )

    @cached_property
    def _start(self) -> Symbols:
        """What lanes have read before their bytes."""
        contents = self._symbol_map.contents
        line_feed = min(number for number in contents if contents[number] == b"\n")
        start_symbol = self._transformer.config.start_symbol
        return np.array([start_symbol] + NUM_LINE_FEEDS * [line_feed], np.int32)
