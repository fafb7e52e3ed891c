"""Small networks made by integer code, to prove that a machine computes as all others do."""

from __future__ import annotations

from functools import cache

from neurocomp.models.neural.convert import build_ngram, build_recurrent
from neurocomp.models.stored import StoredModel
from neurocomp.models.transformer.samples import Generator

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
