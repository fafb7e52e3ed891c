"""A prior of captions and image tokens as a symbol model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.contract import SymbolModel
from neurocomp.errors import FormatError
from neurocomp.exact import Stream
from neurocomp.exact.engine import Engine, open_engine
from neurocomp.frame.constants import MAX_RECORD_LANES
from neurocomp.models.dalle.network import PriorNetwork, choose_damping
from neurocomp.models.dalle.predictor import PriorPredictor
from neurocomp.models.dalle.shape import PriorShape
from neurocomp.models.dalle.token_sets import TokenSets
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.parts import read_parts
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import BytePairs
from neurocomp.threads import num_cores

ARCHITECTURE = "dalle"
TOKENIZER = "tokenizer"
"""Name of the tensor, uint8, that holds the JSON of the captions' byte pairs."""


class DalleModel(SymbolModel):
    """Predicts captions, images, or images from their captions; see ``symbols.records``.

    Args:
        stored: the integers, checked here.
        engine: engine that computes; None for the one that suits this machine best.

    Raises:
        FormatError: the stored parts are damaged or would not be exact.
    """

    uses_all_cores = True

    def __init__(self, stored: StoredModel, engine: Engine[Any] | None = None) -> None:
        self._stored = stored
        self._config = TransformerConfig.from_json(dict(stored.config))
        self.shape = PriorShape.from_json(stored.config)
        self.shape.check_transformer(self._config)
        self._engine = engine
        self._parts = read_parts(self._config, stored.tensors)
        if TOKENIZER not in stored.tensors:
            raise FormatError("the prior has no tokenizer of captions")

    @classmethod
    def from_stored(cls, stored: StoredModel) -> DalleModel:
        """Return the model that ``stored`` holds; raises FormatError where it holds none."""
        if stored.architecture != ARCHITECTURE:
            raise FormatError(
                f"a model of architecture {stored.architecture!r} is not a DALL-E prior"
            )
        return cls(stored)

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols of records."""
        return self.shape.records.alphabet_size

    @property
    def identity(self) -> bytes:
        """The 32-byte SHA-256 of the stored form."""
        return self._stored.sha256

    @cached_property
    def symbol_map(self) -> TokenSets:
        """Token files of the prior's autoencoder."""
        tokenizer = self._stored.tensors[TOKENIZER].astype(np.uint8).tobytes()
        return TokenSets(
            self.shape.records, BytePairs(tokenizer), self.shape.autoencoder, self.choose_damping
        )

    def choose_damping(self, captions: Sequence[Stream], grids: NDArray[np.uint16]) -> int:
        """Return the damping under which the codes of a set's images take the fewest bits.

        Args:
            captions: their tokens, one for each image, or none.
            grids: (images, rows, columns) of codes.
        """
        texts = captions or [np.empty(0, np.int32)] * len(grids)
        codes = grids.reshape(len(grids), self.shape.records.num_latents).astype(np.int32)
        return choose_damping(self.network, self.shape.text_rows(texts), codes)

    @cached_property
    def network(self) -> PriorNetwork:
        """The network, on an engine that has passed its self-test."""
        engine = self._engine or open_engine()
        return PriorNetwork(self._config, self.shape, self._parts, engine)

    def predictor(self, num_lanes: int) -> PriorPredictor:
        """Return a predictor before the first record.

        Raises:
            FormatError: no writer uses so many lanes.
        """
        if num_lanes > MAX_RECORD_LANES or num_lanes & (num_lanes - 1):
            raise FormatError(
                f"token records have 1, 2, 4 to {MAX_RECORD_LANES} lanes, not {num_lanes}"
            )
        return PriorPredictor(self.network, num_lanes, num_cores())

    def num_lanes(self, num_symbols: int) -> int:
        """Return the lanes of records of so many symbols in all."""
        return self.shape.records.num_lanes(num_symbols)
