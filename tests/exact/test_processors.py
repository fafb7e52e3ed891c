"""Exact layers, tables and coders give the same on every kind of processor that this machine is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.coding.coders import CODERS
from neurocomp.exact import TOTAL, quantise
from neurocomp.exact.attention import Attention, Sight
from neurocomp.exact.compiled import CompiledEngine
from neurocomp.exact.layers import Linear, Norm
from neurocomp.exact.tables import exp2_table, gate_table
from neurocomp.exact.window import Window, WindowAttention
from neurocomp.models.adaptive import AdaptiveModel
from neurocomp.models.bytenet import NetworkModel
from neurocomp.store.stored import StoredModel

Ints = NDArray[Any]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    used = _core.processor()
    yield
    _core.use_processor(used)


def on_every_processor(compute: Any) -> list[Any]:
    results = []
    for name in _core.processors():
        _core.use_processor(name)
        results.append(compute())
    return results


def assert_alike(results: list[Ints]) -> None:
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


@pytest.mark.parametrize("width", [1, 5, 16, 17, 48, 100, 768])
@pytest.mark.parametrize("limit", [127, 32_639])
def test_products(width: int, limit: int) -> None:
    rng = np.random.default_rng(width)
    engine = CompiledEngine()
    for num_rows in (1, 2, 3, 7, 66):
        for num_outputs in (1, 3, 8, 21):
            weight = rng.integers(-64, 65, (num_outputs, width)).astype(np.int8)
            multiplier = rng.integers(0, 1 << 14, num_outputs)
            bias = rng.integers(-1000, 1000, num_outputs).astype(np.int32)
            layer = Linear(weight, multiplier, bias, limit, 40, (1 << 31) - 1)
            values = rng.integers(-(1 << 24), 1 << 24, (num_rows, width)).astype(np.int32)
            rows = engine.quantise(values, limit)
            assert_alike(on_every_processor(lambda: engine.prepare_linear(layer)(rows)))  # noqa: B023
            sums = rows.values[:, :width].astype(np.int64) @ weight.T.astype(np.int64)
            shift = 40 - rows.exponents[:, None]
            scaled = sums * rows.mantissas[:, None] * multiplier
            expected = ((scaled + (np.int64(1) << (shift - 1))) >> shift) + bias
            np.testing.assert_array_equal(engine.prepare_linear(layer)(rows), expected)


@pytest.mark.parametrize("width", [1, 7, 16, 64, 80])
@pytest.mark.parametrize("sparse", [False, True])
def test_attention(width: int, sparse: bool) -> None:
    rng = np.random.default_rng(width)
    engine = CompiledEngine()
    attention = Attention(4, 2, width, 3000, 36)
    sight = None
    if sparse:
        mask = np.tril(rng.random((40, 40)) < 0.4)
        np.fill_diagonal(mask, True)
        sight = Sight.from_mask(mask)
    rows = rng.integers(-(1 << 20), 1 << 20, (2 * 33, attention.query_width + 3)).astype(np.int32)
    keys, values = (engine.cache(attention, 2, 40) for _ in range(2))
    for cache in (keys, values):
        heads = rng.integers(-40_000, 40_000, (2 * 40, attention.key_width)).astype(np.int32)
        engine.store(heads, 0, cache)
    attend = engine.prepare_attention(attention, exp2_table(), sight)
    queries = rows[:, 3:]
    assert_alike(on_every_processor(lambda: attend(queries, keys, values, 7)))


def test_rows() -> None:
    rng = np.random.default_rng(3)
    engine = CompiledEngine()
    values = rng.integers(-(1 << 24), 1 << 24, (5, 67)).astype(np.int32)
    values[1] = 0
    values[2, 3] = -(1 << 24)
    norm = Norm(rng.integers(1, 1 << 15, 67).astype(np.int32), 1000, center=True)

    def compute() -> Ints:
        rows = engine.prepare_norm(norm, 32_639)(values)
        plain = engine.quantise(values, 127)
        states, gates = values.copy(), values.copy() >> 8
        _core.exact.recur(states, gates, values >> 4, gate_table())
        _core.exact.gate(gates, values, 1 << 25)
        _core.exact.square(values.copy(), 1 << 20)
        parts = (rows.values, rows.mantissas, rows.exponents, plain.values, plain.mantissas)
        return np.concatenate([part.ravel() for part in (*parts, states, gates)])

    assert_alike(on_every_processor(compute))


@pytest.mark.parametrize("size", [1, 2, 255, 5000])
def test_tables_and_coders(size: int) -> None:
    rng = np.random.default_rng(size)
    weights = (rng.gamma(0.2, 1 << 30, (3, size)) + 1).astype(np.int64)
    logits = rng.integers(-40_000, 40_000, (3, size)).astype(np.int32)
    frequencies = CompiledEngine().prepare_frequencies(exp2_table())
    assert_alike(on_every_processor(lambda: quantise(weights)))
    assert_alike(on_every_processor(lambda: frequencies(logits)))
    table = frequencies(logits)
    assert (table.sum(axis=1) == TOTAL).all()
    symbols = rng.integers(0, size, 3).astype(np.int32)

    def coded() -> bytes:
        encoder = CODERS["huffman"].encoder()
        encoder.encode(symbols, table)
        payload = encoder.finish()
        assert (CODERS["huffman"].decoder(payload).decode(table) == symbols).all()
        return payload

    assert len(set(on_every_processor(coded))) == 1


def made_network(width: int, inner: int, *, extreme: bool) -> _core.Network:
    """Return a network of one block; an extreme one has the largest weights and activations."""
    rng = np.random.default_rng(width)

    def signs(shape: tuple[int, ...], most: int) -> Ints:
        return rng.choice([-most, most], shape) if extreme else rng.integers(-most, most + 1, shape)

    table = np.arange(1 << 15, dtype=np.int32)
    tensors: dict[str, Ints] = {
        "embeddings": np.zeros((2, 256, width), np.int32),
        "gate": 2 * table,
        "silu": 2 * (table - (1 << 14)),
        "exp2": exp2_table()[:1024].astype(np.int32),
    }
    tensors["embeddings"][0] = signs((256, width), 1 << 20)
    sizes = {
        "blocks.0.gates": (3 * width, width),
        "blocks.0.out": (width, width),
        "blocks.0.up": (inner, width),
        "blocks.0.down": (width, inner),
        "head": (256, width),
    }
    for name, (outputs, inputs) in sizes.items():
        tensors |= {
            f"{name}.weight": signs((outputs, inputs), 64).astype(np.int8),
            f"{name}.multiplier": rng.integers(0, 1 << 18, outputs),
            f"{name}.bias": rng.integers(-3000, 3001, outputs).astype(np.int32),
            f"{name}.scale": np.array([38]),
        }
    shape = {"width": width, "num_blocks": 1, "context": 2, "inner_width": inner, "epsilon": 4295}
    return NetworkModel(StoredModel("bytenet", shape, tensors)).core


@pytest.mark.parametrize(("width", "inner"), [(4, 8), (52, 100), (64, 64), (132, 1048)])
@pytest.mark.parametrize("extreme", [False, True])
def test_networks(width: int, inner: int, extreme: bool) -> None:
    network = made_network(width, inner, extreme=extreme)
    symbols = np.random.default_rng(1).integers(0, 256, (3, 70)).astype(np.uint8)
    expected = network.weigh(symbols)
    assert len(np.unique(expected)) > 100
    for ahead in (1, 4, 11, 33):
        for found in on_every_processor(lambda: network.weigh(symbols, ahead)):  # noqa: B023
            np.testing.assert_array_equal(found, expected)


def test_the_adaptive_model() -> None:
    text = np.random.default_rng(5).integers(97, 103, (300, 1)).astype(np.int32)

    def tables() -> Ints:
        predictor = AdaptiveModel().predictor(1)
        found = []
        for step in text:
            found.append(predictor.frequencies().copy())
            predictor.update(step)
        return np.concatenate(found)

    assert_alike(on_every_processor(tables))


@pytest.mark.parametrize(
    ("width", "group"), [(1, 1), (12, 2), (16, 3), (64, 3), (80, 4), (128, 7), (200, 1)]
)
def test_attention_over_a_window(width: int, group: int) -> None:
    torch = pytest.importorskip("torch")
    from neurocomp.exact.tensors import TensorEngine

    rng = np.random.default_rng(width)
    attention = WindowAttention(2 * group, 2, width, 1 << 14, 40)
    window = Window(11, 3, 15)

    def outputs(engine: Any) -> Ints:
        attend = engine.prepare_window_attention(attention, exp2_table())
        keys, values = (engine.window_cache(attention, 2, window.num_slots) for _ in range(2))
        found, start = [], 0
        for number in (1, 2, 1, 5, 5, 5, 4, 5):
            kept = (2 * number, 2 * width)
            near, far = (
                engine.put(draw((2 * number, 2 * group * width), 1 << 20)) for _ in range(2)
            )
            engine.store_window(engine.put(draw(kept, 1 << 16)), start, window, keys)
            engine.store_window(engine.put(draw(kept, 1 << 13)), start, window, values)
            found.append(np.asarray(attend(near, far, keys, values, start, window)))
            start += number
        return np.concatenate(found)

    def draw(shape: tuple[int, int], reach: int) -> Ints:
        return rng.integers(-reach, reach, shape).astype(np.int32)

    def compiled() -> Ints:
        nonlocal rng
        rng = np.random.default_rng(width)
        return outputs(CompiledEngine())

    results = on_every_processor(compiled)
    assert_alike(results)
    rng = np.random.default_rng(width)
    with torch.no_grad():
        np.testing.assert_array_equal(outputs(TensorEngine("float64", "cpu")), results[0])


def test_attention_over_a_window_is_near_floats() -> None:
    rng = np.random.default_rng(1)
    width, length = 64, 9
    attention = WindowAttention(2, 1, width, 1 << 14, 44)
    engine, window = CompiledEngine(), Window(9, 2, 9)
    caches = [engine.window_cache(attention, 1, length) for _ in range(2)]
    shape = (length, width)
    keys, values = (rng.integers(-(1 << 14), 1 << 14, shape).astype(np.int32) for _ in range(2))
    for step in range(length):
        engine.store_window(keys[step : step + 1], step, window, caches[0])
        engine.store_window(values[step : step + 1], step, window, caches[1])
    query = rng.integers(-(1 << 12), 1 << 12, (1, 2 * width)).astype(np.int32)
    attend = engine.prepare_window_attention(attention, exp2_table())
    found = attend(query, query, *caches, length - 1, window).reshape(2, width)
    scores = query.reshape(2, width).astype(float) @ keys.T
    unit = attention.query_limit * 127 * 2.0 ** (14 - 12 - 44 - 10)
    weights = 2.0 ** ((scores - scores.max(1, keepdims=True)) * unit)
    shares = weights / weights.sum(1, keepdims=True)
    expected = shares @ values * 32_767
    assert np.abs(found - expected).max() < 0.03 * np.abs(expected).max()
