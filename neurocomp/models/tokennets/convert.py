"""From checkpoints of ``neurocomp train neural-ngram`` and ``recurrent`` to stored integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.exact.scaling import RESIDUAL_LIMIT
from neurocomp.exact.tables import INPUT_BITS, OUTPUT_BITS, activation, exp2_table
from neurocomp.models.bytenet.convert import BlockBuilder, norm_epsilon
from neurocomp.models.common.quantise import make_linear, quantise_matrix
from neurocomp.models.common.tokens import TOKENIZER
from neurocomp.models.tokennets.config import NeuralNgramConfig, RecurrentTokensConfig, TokenConfig
from neurocomp.models.tokennets.model import NeuralNgramModel, RecurrentTokensModel
from neurocomp.models.tokennets.words import RESIDUAL_BITS, layer_tensors, make_words
from neurocomp.store.checkpoints import read_checkpoint
from neurocomp.store.stored import StoredModel

CHECKPOINT_TYPES = (NeuralNgramModel.architecture, RecurrentTokensModel.architecture)
"""``model_type`` in config.json."""

Weights = Mapping[str, NDArray[Any]]


def convert_checkpoint(folder: Path, tokenizer: bytes | None) -> StoredModel:
    """Return the integers of the network in ``folder``: model.safetensors and config.json.

    Args:
        folder: the checkpoint.
        tokenizer: tokenizer to store with the model, or None.

    Raises:
        FormatError: a file is missing or damaged.
        UnsupportedError: it is another kind of network, or out of the range of integers.
    """
    settings, weights = read_checkpoint(folder)
    kind = settings.get("model_type")
    builders = dict(zip(CHECKPOINT_TYPES, (build_ngram, build_recurrent), strict=True))
    if kind not in builders:
        raise UnsupportedError(f"{folder} holds a network of type {kind!r}")
    try:
        stored = builders[kind](weights, settings)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{folder} is not a whole checkpoint: {error!r}") from None
    if tokenizer is None:
        return stored
    tensors = {**stored.tensors, TOKENIZER: np.frombuffer(tokenizer, np.uint8)}
    return StoredModel(stored.architecture, stored.config, tensors)


def build_ngram(weights: Weights, settings: Mapping[str, Any]) -> StoredModel:
    """Return the integers of a neural n-gram; see ``neurocomp.models.tokennets.torch_networks``.

    Args:
        weights: weights of the checkpoint, by name.
        settings: "context" and "start_symbol".

    Raises:
        KeyError: a tensor or setting is missing.
        UnsupportedError: values are out of the range of integers.
    """
    words = weights["words.weight"]
    unit = 2.0**-RESIDUAL_BITS
    tensors, shift = make_words(words, weights["bias"], input_scale=1.0, unit=unit)
    hidden, out = (quantise_matrix(weights[f"{name}.weight"]) for name in ("hidden", "out"))
    size, inputs = hidden.weight.shape
    hidden_layer = make_linear(
        hidden,
        weights["hidden.bias"].astype(np.float64),
        units=np.full(size, float(np.sqrt(float(inputs)))),
        # Twice the argument of tanh is the argument of the logistic function.
        out_units=np.full(size, 2.0 ** -(INPUT_BITS + 1)),
        clip=RESIDUAL_LIMIT,
        wide=True,
    )
    sums = out.scale * out.weight.sum(axis=1, dtype=np.int64).astype(np.float64)
    out_layer = make_linear(
        out,
        weights["out.bias"].astype(np.float64) - sums,
        units=np.full(out.scale.size, 2.0 * 2.0**-OUTPUT_BITS),
        out_units=np.full(out.scale.size, unit),
        clip=RESIDUAL_LIMIT,
        wide=True,
    )
    tensors |= layer_tensors("hidden", hidden_layer) | layer_tensors("out", out_layer)
    tensors |= {"sigmoid": activation("sigmoid").table, "exp2": exp2_table()}
    config = NeuralNgramConfig(
        alphabet_size=words.shape[0],
        width=words.shape[1],
        epsilon=norm_epsilon(inputs),
        embedding_shift=shift,
        start_symbol=settings["start_symbol"],
        context=settings["context"],
        hidden_width=size,
    )
    return _stored(NeuralNgramModel.architecture, config, tensors)


def build_recurrent(weights: Weights, settings: Mapping[str, Any]) -> StoredModel:
    """Return the integers of a recurrent network, a ``torch_networks.RecurrentTokens``.

    Args:
        weights: weights of the checkpoint, by name.
        settings: "num_blocks", "expansion" and "start_symbol".

    Raises:
        KeyError: a tensor or setting is missing.
        UnsupportedError: values are out of the range of integers.
    """
    words = weights["words.weight"]
    width, num_blocks = words.shape[1], settings["num_blocks"]
    root = float(np.sqrt(float(width)))
    tensors, shift = make_words(words, weights["bias"], input_scale=root, unit=root)
    builder = BlockBuilder(weights, width, wide=True)
    builder.add_blocks(num_blocks)
    config = RecurrentTokensConfig(
        alphabet_size=words.shape[0],
        width=width,
        epsilon=norm_epsilon(width),
        embedding_shift=shift,
        start_symbol=settings["start_symbol"],
        num_blocks=num_blocks,
        inner_width=settings["expansion"] * width,
    )
    return _stored(RecurrentTokensModel.architecture, config, {**tensors, **builder.tensors})


def _stored(
    architecture: str, config: TokenConfig, tensors: Mapping[str, NDArray[Any]]
) -> StoredModel:
    return StoredModel(architecture, asdict(config), tensors)
