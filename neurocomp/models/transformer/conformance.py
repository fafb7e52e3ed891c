"""The conformance suite: the same frequency tables on every machine, in every way to get them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.contract import Predictor
from neurocomp.errors import ModelError
from neurocomp.exact import Frequencies, Symbols
from neurocomp.exact.conformance import Check, digest_of
from neurocomp.exact.engine import open_engine
from neurocomp.exact.scaling import STRONG_WEIGHT_MAX
from neurocomp.exact.tables import rotation_angles
from neurocomp.models.transformer.builder import Builder
from neurocomp.models.transformer.compiled import CompiledLanes, compile_transformer
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.network import Network
from neurocomp.models.transformer.parts import Parts, read_parts
from neurocomp.models.transformer.predictor import (
    EngineLanes,
    TransformerPredictor,
    WindowPredictor,
)
from neurocomp.models.transformer.real import RealBlock, RealLinear, RealModel, RealNorm
from neurocomp.models.transformer.rounding import Rounding
from neurocomp.store.stored import StoredModel

ALPHABET_SIZE = 300
CONTEXT = 24
_WIDTH = 48
_OUTLIER_COLUMN = 5
_OUTLIER = 60.0


class Generator:
    """Numbers from a linear congruential generator (D. Knuth, MMIX), exact in float64."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def uniform(self, shape: tuple[int, ...], reach: float) -> NDArray[np.float64]:
        """Return multiples of ``reach`` / 2**15 in [-reach, reach); ``reach`` is a power of 2."""
        values = np.empty(int(np.prod(shape)))
        for i in range(values.size):
            self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
            values[i] = (self._state >> 48) - (1 << 15)
        return values.reshape(shape) * (reach / (1 << 15))


@cache
def gpt_sample() -> StoredModel:
    """Return a GPT-2-like model: layer norm, learnt positions, outliers, mixed activations."""
    return _sample(1, rotary=False, narrow=frozenset({"blocks.0.inner_in", "blocks.1.inner_out"}))


@cache
def llama_sample() -> StoredModel:
    """Return a Llama-like model: RMS norm, rotary positions, gated units, shared keys."""
    return _sample(2, rotary=True, narrow=frozenset({"blocks.1.query_key_value", "head"}))


@cache
def sliding_sample() -> StoredModel:
    """Return one like SmolLM2: its window slides, weights reach 127, a block sees no positions."""
    return _sample(3, rotary=True, narrow=frozenset({"blocks.0.inner_in", "head"}), sinks=2)


@cache
def outputs_sample() -> StoredModel:
    """Return one like OLMo 2: outputs are normalised, and queries and keys of all heads as one."""
    narrow = frozenset({"blocks.0.attention_out", "blocks.1.inner_in"})
    return _sample(4, rotary=True, narrow=narrow, sinks=2, norms_outputs=True)


SAMPLES = {
    "gpt": gpt_sample,
    "llama": llama_sample,
    "sliding": sliding_sample,
    "outputs": outputs_sample,
}

WINDOW = 4
"""Positions of the sliding window."""


def _sample(
    seed: int,
    *,
    rotary: bool,
    narrow: frozenset[str],
    sinks: int = 0,
    norms_outputs: bool = False,
) -> StoredModel:
    random = Generator(seed)
    config = TransformerConfig(
        alphabet_size=ALPHABET_SIZE,
        context=CONTEXT,
        width=_WIDTH,
        num_layers=2,
        num_heads=4,
        num_key_heads=2 if rotary else 4,
        head_width=12,
        inner_width=100,
        activation="silu" if rotary else "gelu_new",
        gated=rotary,
        center=not rotary,
        rotary=rotary,
        tied=True,
        epsilon=1,
        embedding_shift=1,
        start_symbol=ALPHABET_SIZE - 1,
        sinks=sinks,
        norms_heads=norms_outputs,
        norms_together=norms_outputs,
        norms_outputs=norms_outputs,
    )

    def norm() -> RealNorm:
        shift = None if rotary else random.uniform((_WIDTH,), 0.25)
        return RealNorm(random.uniform((_WIDTH,), 0.5) + 1.0, shift)

    def linear(num_outputs: int, num_inputs: int, reach: float) -> RealLinear:
        bias = None if rotary else random.uniform((num_outputs,), 0.25)
        return RealLinear(random.uniform((num_outputs, num_inputs), reach), bias)

    def block(index: int) -> RealBlock:
        attended = config.query_width + 2 * config.key_width
        made = RealBlock(
            norm(),
            linear(attended, _WIDTH, 0.5),
            linear(_WIDTH, config.query_width, 0.5),
            norm(),
            linear(config.inner_width * (1 + rotary), _WIDTH, 0.5),
            linear(_WIDTH, config.inner_width, 0.25),
            0.25,
        )
        if not norms_outputs:
            return made
        widths = config.query_width, config.key_width
        query_norm, key_norm = (random.uniform((width,), 1.0) + 0.5 for width in widths)
        return replace(made, query_norm=query_norm, key_norm=key_norm)

    embedding = random.uniform((ALPHABET_SIZE, _WIDTH), 0.5)
    positions = None if rotary else random.uniform((CONTEXT, _WIDTH), 0.25)
    if positions is not None:
        positions[:, _OUTLIER_COLUMN] += _OUTLIER
    real = RealModel(
        config,
        1e-5,
        10_000,
        embedding,
        positions,
        block,
        norm(),
        None if not rotary else random.uniform((ALPHABET_SIZE, _WIDTH), 0.5),
        {},
    )
    if not sinks:
        return Builder(real, "transformer").stored(narrow)
    real = replace(
        real,
        head=None,
        angles=rotation_angles(config.head_width, Decimal(real.rope_base)),
        unrotated=frozenset({1}),
        silent=(5, ALPHABET_SIZE - 1),
    )
    if norms_outputs:
        reaches = {"blocks.0.value": 2.0, "blocks.1.key": 4.0, "blocks.1.inner_out": 0.5}
        rounding = Rounding(STRONG_WEIGHT_MAX, 16, has_flat_head=True, output_maxima=reaches)
        return Builder(real, "transformer", rounding).stored(narrow)
    maxima = {"blocks.0.attention_norm": random.uniform((_WIDTH,), 2.0) + 4.0}
    rounding = Rounding(STRONG_WEIGHT_MAX, 10, maxima, has_flat_head=True)
    return Builder(real, "transformer", rounding).stored(narrow)


EXPECTED = {
    "gpt": "0088b1336147f16a69ac491f27a03162207ecb547bcbf582358bf466018ad93b",
    "llama": "a94e5bc952340a71584b68394a526df8c8d8fe69050c7cf9b5a964ae8df8b4f0",
    "sliding": "2adf5a25e2a3ffdd397c7dd2bb84e4526036e1666aa87c53dc9d64116e4e74e7",
    "outputs": "94d97af13f924b82cac1dfb7d9d800ce4ad0ce9494efd7db81c64b5f434c4d3b",
}
"""SHA-256 of the tables (sequences, steps, V), int32, little-endian, of each sample."""

FEW = {
    "gpt": "1e5843fff369e7f4f17d65c6d38cc55834f726316f636704f32c1cf4d8b64f17",
    "llama": "6e1d547f63bc4a740c6f50ffb650eb15b26a137ec3937d0aa38ed2a2a37cac79",
    "sliding": "7bbe5402e6bfa0c5fdd231def1121b471f06531715dea7702e247513a60e5607",
    "outputs": "70fae3d902274406736ef449357099aba78840578d0905b81882d8584734364f",
}
"""The same of the first few sequences, which are run one by one."""

NUM_SEQUENCES = 64
NUM_FEW = 3
NUM_STEPS = 6
LANES = (1, 8, 64)
THREADS = (1, 2)
STEPS = (1, 3)


def sequences() -> Symbols:
    """Return the symbols that the samples read: (sequences, steps), the start symbol first."""
    numbers = np.arange(NUM_SEQUENCES * NUM_STEPS, dtype=np.int64)
    symbols = (numbers * numbers * 7 + numbers * 131) % (ALPHABET_SIZE - 1)
    rows = symbols.reshape(NUM_SEQUENCES, NUM_STEPS).astype(np.int32)
    rows[:, 0] = ALPHABET_SIZE - 1
    return rows


def run_conformance(routes: tuple[str, ...], device: str) -> Iterator[Check]:
    """Yield every check of the suite on some routes of a device.

    A route that does not pass its self-test yields one check that is not as expected.
    """
    for sample, make in SAMPLES.items():
        stored = make()
        config = TransformerConfig.from_json(dict(stored.config))
        parts = read_parts(config, stored.tensors)
        for route in routes:
            prefix = f"{sample} {route} {device}"
            try:
                network = Network(config, parts, open_engine(route, device))
            except ModelError as error:
                yield Check(prefix, str(error), is_expected=False)
                continue
            for way, tables in _ways(config, parts, network, is_compiled=route == "compiled"):
                found = digest_of(tables)
                expected = EXPECTED[sample] if len(tables) == NUM_SEQUENCES else FEW[sample]
                yield Check(f"{prefix} {way}", found, found == expected)


def _ways(
    config: TransformerConfig, parts: Parts, network: Network, *, is_compiled: bool
) -> Iterator[tuple[str, Frequencies]]:
    symbols = sequences()
    shape = (NUM_SEQUENCES, NUM_STEPS, ALPHABET_SIZE)
    window = WINDOW if config.sinks else None
    yield "whole sequences", network.all_frequencies(symbols, window).reshape(shape)

    def opened(num_lanes: int, num_threads: int) -> Predictor:
        start_symbol = config.start_symbol
        if config.sinks:
            return WindowPredictor(
                lambda lanes, steps: EngineLanes(network, lanes, WINDOW, steps),
                num_lanes,
                num_threads=num_threads,
                start_symbol=start_symbol,
            )
        return TransformerPredictor(
            network,
            num_lanes,
            num_threads=num_threads,
            context=CONTEXT,
            overlap=CONTEXT // 2,
            start_symbol=start_symbol,
        )

    for num_lanes in LANES:
        for num_threads in THREADS if num_lanes > 1 else (1,):
            rows = symbols if num_lanes > 1 else symbols[:NUM_FEW]
            groups = rows.reshape(-1, num_lanes, NUM_STEPS)
            tables = [step_by_step(opened(num_lanes, num_threads), one) for one in groups]
            yield f"{num_lanes} lanes, {num_threads} threads", np.concatenate(tables)
    if config.sinks and is_compiled:
        yield from _compiled_ways(config, parts, symbols)


def _compiled_ways(
    config: TransformerConfig, parts: Parts, symbols: Symbols
) -> Iterator[tuple[str, Frequencies]]:
    """Yield the core's results for whole steps, one at a time and several at once."""
    transformer = compile_transformer(config, parts)
    for steps in STEPS:
        lanes = CompiledLanes(transformer, ALPHABET_SIZE, NUM_SEQUENCES, WINDOW, steps)
        tables = [
            lanes.read_all(symbols[:, first : first + steps])
            .reshape(NUM_SEQUENCES, steps, -1)
            .copy()
            for first in range(0, NUM_STEPS, steps)
        ]
        yield f"in the core, {steps} steps at once", np.concatenate(tables, 1)


def step_by_step(predictor: Predictor, rows: Symbols) -> Frequencies:
    """Return the tables (lanes, steps, V) that a predictor gives for ``rows`` (lanes, steps)."""
    tables = [predictor.frequencies().copy()]
    for column in rows.T[1:]:
        predictor.update(column)
        tables.append(predictor.frequencies().copy())
    return np.stack(tables, 1)
