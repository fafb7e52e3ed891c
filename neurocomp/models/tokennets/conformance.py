"""The conformance suite of networks of tokens: the same tables in every way to get them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from neurocomp.errors import ModelError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.conformance import Check, digest_of
from neurocomp.exact.engine import open_engine
from neurocomp.models.tokennets.convert import build_ngram, build_recurrent
from neurocomp.models.tokennets.model import (
    NeuralNgramModel,
    RecurrentTokensModel,
    TokenModel,
    TokenNetwork,
    grouped,
)
from neurocomp.models.transformer.conformance import Generator
from neurocomp.store.stored import StoredModel

ALPHABET_SIZE = 300
_WIDTH, _HIDDEN, _CONTEXT, _BLOCKS, _EXPANSION = 24, 40, 3, 2, 2


@cache
def ngram_sample() -> StoredModel:
    """Return a neural n-gram."""
    random = Generator(3)
    weights = {
        "words.weight": random.uniform((ALPHABET_SIZE, _WIDTH), 0.5),
        "hidden.weight": random.uniform((_HIDDEN, _CONTEXT * _WIDTH), 0.5),
        "hidden.bias": random.uniform((_HIDDEN,), 1.0),
        "out.weight": random.uniform((_WIDTH, _HIDDEN), 0.5),
        "out.bias": random.uniform((_WIDTH,), 1.0),
        "bias": random.uniform((ALPHABET_SIZE,), 2.0),
    }
    return build_ngram(weights, {"context": _CONTEXT, "start_symbol": ALPHABET_SIZE - 1})


@cache
def recurrent_sample() -> StoredModel:
    """Return a recurrent network of tokens."""
    random = Generator(4)
    width, inner = _WIDTH, _EXPANSION * _WIDTH
    weights = {
        "words.weight": random.uniform((ALPHABET_SIZE, width), 0.25),
        "bias": random.uniform((ALPHABET_SIZE,), 2.0),
    }
    for number in range(_BLOCKS):
        name = f"blocks.{number}."
        weights |= {
            name + "gates.weight": random.uniform((3 * width, width), 0.25),
            name + "gates.bias": random.uniform((3 * width,), 2.0),
            name + "out.weight": random.uniform((width, width), 0.25),
            name + "up.weight": random.uniform((inner, width), 0.25),
            name + "down.weight": random.uniform((width, inner), 0.25),
        }
    settings = {
        "num_blocks": _BLOCKS,
        "expansion": _EXPANSION,
        "start_symbol": ALPHABET_SIZE - 1,
    }
    return build_recurrent(weights, settings)


SAMPLES = {"neural n-gram": ngram_sample, "recurrent tokens": recurrent_sample}


EXPECTED = {
    "neural n-gram": "59dd1ed5bf3a5b103572bcb57dc32abc502f23019b13d052f2144ab5f46e9518",
    "recurrent tokens": "884c1fffb3e93d11a6b63ec0d086cef6474501b136734719e515ac46f2751d96",
}
"""SHA-256 of the tables (sequences, steps, V), int32, little-endian, of each sample."""

NUM_SEQUENCES = 16
NUM_STEPS = 12
WAYS = ((1, 1), (4, 1), (16, 1), (16, 2))
"""Lanes that advance together, and threads."""

MODELS: dict[str, type[TokenModel]] = {
    "neural n-gram": NeuralNgramModel,
    "recurrent tokens": RecurrentTokensModel,
}


def sequences() -> Symbols:
    """Return the symbols that the samples read, (sequences, steps)."""
    numbers = np.arange(NUM_SEQUENCES * NUM_STEPS, dtype=np.int64)
    symbols = (numbers * numbers * 7 + numbers * 131) % (ALPHABET_SIZE - 1)
    return symbols.reshape(NUM_SEQUENCES, NUM_STEPS).astype(np.int32)


def run_conformance(routes: tuple[str, ...], device: str) -> Iterator[Check]:
    """Yield every check of the suite on some routes of a device.

    A route that does not pass its self-test yields one check that is not as expected.
    """
    for sample, make in SAMPLES.items():
        model = MODELS[sample](make())
        for route in routes:
            prefix = f"{sample} {route} {device}"
            try:
                network = model.on(open_engine(route, device))
            except ModelError as error:
                yield Check(prefix, str(error), is_expected=False)
                continue
            for num_lanes, num_threads in WAYS:
                found = digest_of(tables_of(network, num_lanes, num_threads))
                name = f"{prefix} {num_lanes} lanes, {num_threads} threads"
                yield Check(name, found, found == EXPECTED[sample])


def tables_of(network: TokenNetwork, num_lanes: int, num_threads: int) -> Frequencies:
    """Return the tables before each symbol, (sequences, steps, V), lanes in groups."""
    found = []
    for group in sequences().reshape(-1, num_lanes, NUM_STEPS):
        predictor = grouped(network, num_lanes, num_threads)
        tables = []
        for column in group.T:
            tables.append(predictor.frequencies().copy())
            predictor.update(column)
        found.append(np.stack(tables, 1))
    return np.concatenate(found)
