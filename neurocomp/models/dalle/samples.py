"""A small prior made by integer code, to prove that a machine computes as all others do."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np

from neurocomp.models.dalle.config import PriorShape
from neurocomp.models.dalle.model import ARCHITECTURE, TOKENIZER
from neurocomp.models.stored import StoredModel
from neurocomp.models.transformer.builder import (
    Builder,
    RealBlock,
    RealLinear,
    RealModel,
    RealNorm,
)
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.samples import Generator
from neurocomp.symbols.bpe import byte_characters
from neurocomp.symbols.records import RecordShape

_WIDTH, _HEADS = 48, 4
_MERGES = ("a Ġ", "r e", "re d")


@cache
def prior_sample() -> StoredModel:
    """Return a prior of 4 x 4 codes with all four patterns of attention."""
    tokens = [*byte_characters(), *(merge.replace(" ", "") for merge in _MERGES)]
    tokenizer = {
        "vocab": {token: number for number, token in enumerate(tokens)},
        "merges": list(_MERGES),
    }
    records = RecordShape(len(tokens), text_length=6, rows=4, columns=4, num_codes=40)
    patterns = ("full", "row", "column", "convolution")
    shape = PriorShape(records, patterns, kernel=3, autoencoder=bytes(range(32)))
    config = TransformerConfig(
        alphabet_size=shape.vocabulary_size,
        context=shape.context,
        width=_WIDTH,
        num_layers=len(patterns),
        num_heads=_HEADS,
        num_key_heads=_HEADS,
        head_width=_WIDTH // _HEADS,
        inner_width=100,
        activation="gelu_new",
        gated=False,
        center=True,
        rotary=False,
        tied=False,
        epsilon=1,
        embedding_shift=1,
        start_symbol=shape.start_symbol,
    )
    random = Generator(3)

    def norm() -> RealNorm:
        return RealNorm(random.uniform((_WIDTH,), 0.5) + 1.0, random.uniform((_WIDTH,), 0.25))

    def linear(num_outputs: int, num_inputs: int, reach: float) -> RealLinear:
        matrix = random.uniform((num_outputs, num_inputs), reach)
        return RealLinear(matrix, random.uniform((num_outputs,), 0.25))

    def block(index: int) -> RealBlock:
        return RealBlock(
            norm(),
            linear(3 * _WIDTH, _WIDTH, 0.5),
            linear(_WIDTH, _WIDTH, 0.5),
            norm(),
            linear(config.inner_width, _WIDTH, 0.5),
            linear(_WIDTH, config.inner_width, 0.25),
            0.25,
        )

    real = RealModel(
        config,
        1e-5,
        10_000,
        random.uniform((shape.vocabulary_size, _WIDTH), 0.5),
        random.uniform((shape.context, _WIDTH), 0.25),
        block,
        norm(),
        random.uniform((shape.vocabulary_size, _WIDTH), 0.5),
        {TOKENIZER: np.frombuffer(json.dumps(tokenizer, sort_keys=True).encode(), np.uint8)},
    )
    narrow = frozenset({"blocks.1.inner_in", "blocks.2.query_key_value"})
    stored = Builder(real, ARCHITECTURE).stored(narrow)
    return replace(stored, config={**stored.config, **shape.to_json()})
