"""The conformance suite of priors: the same integers on every machine, in every way to get them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from neurocomp.errors import ModelError
from neurocomp.exact import Stream, Symbols
from neurocomp.exact.conformance import Check
from neurocomp.exact.engine import open_engine
from neurocomp.models.dalle.model import ARCHITECTURE, TOKENIZER, DalleModel
from neurocomp.models.dalle.network import Logits, PriorNetwork
from neurocomp.models.dalle.predictor import PriorPredictor
from neurocomp.models.dalle.record_heads import Kind
from neurocomp.models.dalle.records import RecordShape, write_records
from neurocomp.models.dalle.shape import PriorShape
from neurocomp.models.transformer.builder import Builder
from neurocomp.models.transformer.config import TransformerConfig
from neurocomp.models.transformer.conformance import Generator
from neurocomp.models.transformer.real import RealBlock, RealLinear, RealModel, RealNorm
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import byte_characters

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


EXPECTED_LOGITS = "73096e52bbd25e215688de1ba1f4ff626a6861e3831fc7ce710068a805e9acf9"
"""SHA-256 of the logits of the sample's captions and images, int32, little-endian."""

EXPECTED_TABLES = "c3a619f5ba39220b58261ba0f42c38ebc5ca270993deebca09302454bbc1387f"
"""SHA-256 of the frequency tables of a stream of records, step by step."""

NUM_IMAGES = 37
LANES = (1, 8)
THREADS = (1, 2)


def run_conformance(routes: tuple[str, ...], device: str) -> Iterator[Check]:
    """Yield every check of the suite on some routes of a device.

    A route that does not pass its self-test yields one check that is not as expected.
    """
    for route in routes:
        prefix = f"dalle {route} {device}"
        try:
            network = DalleModel(prior_sample(), open_engine(route, device)).network
        except ModelError as error:
            yield Check(prefix, str(error), is_expected=False)
            continue
        for way, found in _logits(network):
            yield Check(f"{prefix} {way}", found, found == EXPECTED_LOGITS)
        for threads in THREADS:
            found = _tables(network, threads)
            yield Check(f"{prefix} records, {threads} threads", found, found == EXPECTED_TABLES)


def sample_rows(network: PriorNetwork) -> Symbols:
    """Return the sample's input: (16, context - 1) of its vocabulary."""
    shape = network.shape
    length, num_latents = shape.records.text_length, shape.records.num_latents
    numbers = np.arange(16 * num_latents, dtype=np.int64).reshape(16, -1)
    rows = np.empty((16, shape.context), np.int32)
    rows[:, 0] = shape.start_symbol
    rows[:, 1 : shape.before] = numbers[:, :length] * 5 % shape.num_text_outputs
    codes = (numbers * numbers * 7 + numbers) % shape.records.num_codes
    rows[:, shape.before :] = shape.code_symbols(codes)
    return rows[:, :-1]


def sample_stream(shape: RecordShape) -> Stream:
    """Return the stream of some captions, one of which goes on in a second record, and images."""
    captions = [
        (np.arange(3 * (number % 5), dtype=np.int32) * 11 + number) % shape.num_tokens
        for number in range(NUM_IMAGES)
    ]
    codes = np.arange(NUM_IMAGES * shape.num_latents, dtype=np.int64)
    codes = (codes * codes * 3 + codes) % shape.num_codes
    grids = codes.astype(np.uint16).reshape(-1, shape.rows, shape.columns)
    return write_records(shape, Kind.BOTH, captions, grids, damping=3)


def _logits(network: PriorNetwork) -> Iterator[tuple[str, str]]:
    rows = sample_rows(network)
    yield "whole sequences", _digest(network.all_logits(rows))
    length = network.shape.records.text_length
    for num_lanes in LANES:
        groups = []
        for group in rows.reshape(-1, num_lanes, rows.shape[1]):
            caches = network.caches(num_lanes)
            steps = [
                network.advance(group[:, step : step + 1], caches, step)
                for step in range(rows.shape[1])
            ]
            groups.append((np.stack(steps[:length], 1), np.stack(steps[length:], 1)))
        joined = [np.concatenate(part) for part in zip(*groups, strict=True)]
        yield f"{num_lanes} lanes, step by step", _digest((joined[0], joined[1]))


def _digest(logits: tuple[Logits, Logits]) -> str:
    digest = hashlib.sha256()
    for part in logits:
        digest.update(np.ascontiguousarray(part, "<i4").tobytes())
    return digest.hexdigest()


def _tables(network: PriorNetwork, num_threads: int) -> str:
    records = network.shape.records
    stream = sample_stream(records)
    lanes = records.num_lanes(stream.size)
    predictor = PriorPredictor(network, lanes, num_threads)
    digest = hashlib.sha256()
    for column in stream.reshape(lanes, -1).T:
        digest.update(np.ascontiguousarray(predictor.frequencies(), "<i4").tobytes())
        predictor.update(np.ascontiguousarray(column))
    return digest.hexdigest()
