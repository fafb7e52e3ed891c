"""The conformance suite of recurrent networks: the same tables in every way to get them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.errors import ModelError
from neurocomp.exact import Frequencies, quantise
from neurocomp.exact.conformance import Check, digest_of
from neurocomp.exact.engine import open_engine
from neurocomp.models.bytenet.config import RecurrentConfig
from neurocomp.models.bytenet.convert import build
from neurocomp.models.bytenet.model import NetworkModel
from neurocomp.models.bytenet.network import Network
from neurocomp.models.bytenet.parts import read_parts
from neurocomp.store.stored import StoredModel

_WIDTH, _BLOCKS, _CONTEXT, _EXPANSION = 48, 2, 3, 2


HASHED = {"2": 5, "3": 6}


@cache
def sample(*, hashed: bool = False) -> StoredModel:
    """Return the network; its numbers are multiples of powers of 2 and no library's random ones.

    Args:
        hashed: whether the network has embeddings of hashed n-grams.
    """
    width, inner = _WIDTH, _EXPANSION * _WIDTH
    state = 1

    def uniform(shape: tuple[int, ...], reach: float) -> NDArray[np.float64]:
        """Numbers of a linear congruential generator (D. Knuth, MMIX) in [-reach, reach)."""
        nonlocal state
        values = np.empty(int(np.prod(shape)))
        for i in range(values.size):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            values[i] = (state >> 48) - (1 << 15)
        return values.reshape(shape) * (reach / (1 << 15))

    weights = {"embeddings": uniform((_CONTEXT, 256, width), 1.0)}
    for number in range(_BLOCKS):
        name = f"blocks.{number}."
        weights |= {
            name + "gates.weight": uniform((3 * width, width), 0.25),
            name + "gates.bias": uniform((3 * width,), 2.0),
            name + "out.weight": uniform((width, width), 0.25),
            name + "up.weight": uniform((inner, width), 0.25),
            name + "down.weight": uniform((width, inner), 0.25),
        }
    weights |= {"head.weight": uniform((256, width), 0.5), "head.bias": uniform((256,), 1.0)}
    if not hashed:
        return build(weights, _WIDTH, _BLOCKS, _EXPANSION)
    num_rows = sum(1 << bits for bits in HASHED.values())
    weights["hashed"] = uniform((num_rows, width), 1.0)
    return build(weights, _WIDTH, _BLOCKS, _EXPANSION, HASHED)


EXPECTED = {
    "recurrent": "3696bd018e99c3d13949a0a98149b711a1063b763feb0c6b7570f44d6f8abae8",
    "recurrent-hashed": "77063ee55e99b13b06c09a301840b397935d450cefbb00ae5155fdad7d03af21",
}
"""SHA-256 of the tables (sequences, steps, 256) of each sample, int32, little-endian."""

NUM_SEQUENCES = 16
NUM_STEPS = 24
LANES = (1, 2, 7, 16)
AHEAD = 5


def sequences() -> NDArray[np.uint8]:
    """Return the bytes that the sample reads, (sequences, steps)."""
    numbers = np.arange(NUM_SEQUENCES * NUM_STEPS, dtype=np.int64)
    return ((numbers * numbers * 7 + numbers * 131) >> 3).astype(np.uint8).reshape(-1, NUM_STEPS)


def run_conformance(routes: tuple[str, ...], device: str) -> Iterator[Check]:
    """Yield a check of the engine of each route, and of the core beside the compiled one."""
    for kind in EXPECTED:
        stored = sample(hashed=kind == "recurrent-hashed")
        config = RecurrentConfig.from_json(dict(stored.config))
        parts = read_parts(config, stored.tensors)
        for route in routes:
            name = f"{kind} {route} {device}"
            try:
                network = Network(config, parts, open_engine(route, device))
            except ModelError as error:
                yield Check(name, str(error), is_expected=False)
                continue
            yield _check(kind, f"{name} {NUM_SEQUENCES} lanes", engine_tables(network))
        if "compiled" in routes:
            yield from _core_checks(kind, NetworkModel(stored).core)


def engine_tables(network: Network) -> Frequencies:
    """Return the tables before each byte of all sequences, (sequences, steps, 256)."""
    states, windows = network.states(NUM_SEQUENCES), network.windows(NUM_SEQUENCES)
    tables = []
    for column in sequences().T:
        tables.append(network.advance(windows, states))
        windows = np.concatenate([windows[:, 1:], column[:, None].astype(np.int32)], axis=1)
    return np.stack(tables, 1)


def _core_checks(kind: str, network: _core.Network) -> Iterator[Check]:
    """Yield checks of the core's kernels for each kind of processor that this machine is."""
    used = _core.processor()
    try:
        for processor in _core.processors():
            _core.use_processor(processor)
            for num_lanes in LANES:
                tables = core_tables(network, num_lanes, 1)
                yield _check(kind, f"{kind} core {processor}, {num_lanes} lanes", tables)
            tables = core_tables(network, 2, AHEAD)
            yield _check(kind, f"{kind} core {processor}, {AHEAD} positions ahead", tables)
    finally:
        _core.use_processor(used)


def core_tables(network: _core.Network, num_lanes: int, ahead: int) -> Frequencies:
    """Return the same by the core, ``num_lanes`` lanes and ``ahead`` positions at once."""
    rows = sequences()
    groups = (rows[first : first + num_lanes] for first in range(0, NUM_SEQUENCES, num_lanes))
    weights = np.concatenate([network.weigh(group, ahead) for group in groups])
    tables = quantise(weights.reshape(-1, weights.shape[2]).astype(np.int64))
    return tables.reshape(weights.shape)


def _check(kind: str, name: str, tables: Frequencies) -> Check:
    digest = digest_of(tables)
    return Check(name, digest, digest == EXPECTED[kind])
