"""Every engine and route gives the integers of arbitrary-precision arithmetic."""

from __future__ import annotations

from decimal import Decimal
from math import isqrt
from typing import Any

import numpy as np
import pytest
import torch

from neurocomp.errors import FormatError
from neurocomp.exact import quantise
from neurocomp.exact.attention import Attention
from neurocomp.exact.compiled import CompiledEngine
from neurocomp.exact.engine import ROUTES, open_engine
from neurocomp.exact.layers import Embedding, HeadNorm, Linear, Norm
from neurocomp.exact.scaling import RESIDUAL_LIMIT
from neurocomp.exact.selftest import check_engine
from neurocomp.exact.tables import FUNCTIONS, activation, exp2_table, turn_tables
from neurocomp.exact.tensors.products import pad_rows, pad_weight, split_halves
from neurocomp.exact.turns import Turns
from neurocomp.exact.window import Window, WindowAttention


@pytest.mark.parametrize("route", ROUTES)
def test_worst_cases_on_every_route(route: str) -> None:
    assert check_engine(open_engine(route))


def test_an_inexact_engine_fails_the_self_test(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine("float32")
    monkeypatch.setattr(
        torch.Tensor, "__matmul__", lambda a, b: torch.matmul(a.bfloat16(), b.bfloat16()).to(a)
    )
    assert not check_engine(engine)


def test_a_failing_route_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[Any] = []

    def check(engine: Any) -> bool:
        checked.append(engine)
        return len(checked) > 1

    monkeypatch.setattr("neurocomp.exact.selftest.check_engine", check)
    open_engine()
    assert [type(engine).__name__ for engine in checked] == ["CompiledEngine", "TensorEngine"]


def layer(**changes: Any) -> Linear:
    parts: dict[str, Any] = {
        "weight": np.full((2, 8), 64, np.int8),
        "multiplier": np.ones(2, np.int64),
        "bias": np.zeros(2, np.int32),
        "limit": 127,
        "shift": 30,
        "clip": 1000,
    }
    return Linear(**(parts | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"weight": np.full((2, 8), -128, np.int8)},
        {"weight": np.full((2, 2048), 64, np.int8), "limit": 32_639},
        {"multiplier": np.full(2, 1 << 40, np.int64)},
        {"multiplier": np.full(2, -1, np.int64)},
        {"weight": np.ones((2, 8), np.int8), "multiplier": np.full(2, 1 << 32, np.int64)},
        {"limit": 32_640},
        {"shift": 19},
        {"clip": 1 << 31},
        {"bias": np.zeros(3, np.int32)},
    ],
)
def test_a_layer_that_would_not_be_exact_is_refused(changes: dict[str, Any]) -> None:
    layer()
    layer(weight=np.ones((2, 8), np.int8), multiplier=np.full(2, (1 << 32) - 1, np.int64))
    with pytest.raises(FormatError):
        layer(**changes)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("limit", [127, 32_639])
def test_weights_of_127_are_exact_on_every_route(route: str, limit: int) -> None:
    rng = np.random.default_rng(limit)
    weight = rng.choice(np.array([-127, 127], np.int8), (5, 500))
    strong = layer(
        weight=weight,
        multiplier=np.ones(5, np.int64),
        bias=np.zeros(5, np.int32),
        limit=limit,
        clip=(1 << 31) - 1,
    )
    assert strong.is_strong
    engine = open_engine(route)
    values = (np.sign(weight[:3]).astype(np.int32) << 22) - (rng.integers(0, 9, (3, 500)) << 18)
    rows = engine.quantise(engine.put(values.astype(np.int32)), limit)
    found = np.asarray(engine.prepare_linear(strong)(rows))
    quantised = np.asarray(rows.values)[:, :500].astype(np.int64)
    sums = quantised @ weight.astype(np.int64).T
    mantissas, exponents = np.asarray(rows.mantissas), np.asarray(rows.exponents)
    shifts = (strong.shift - exponents)[:, None]
    expected = (sums * mantissas[:, None] + (1 << (shifts - 1))) >> shifts
    np.testing.assert_array_equal(found, expected)


def test_other_conditions_are_checked() -> None:
    with pytest.raises(FormatError):
        Norm(np.zeros(4, np.int32), 1, center=True)
    with pytest.raises(FormatError):
        Norm(np.ones(4, np.int32), 1 << 62, center=True)
    with pytest.raises(FormatError):
        Attention(4, 3, 8, 1, 30)
    for wrong in ((4, 3, 8, 1, 30), (4, 2, 0, 1, 30), (4, 2, 8, 0, 30), (4, 2, 8, 1, 63)):
        with pytest.raises(FormatError):
            WindowAttention(*wrong)
    for shape in ((4, 4, 9), (9, 2, 8), (1 << 15, 2, 1 << 16)):
        with pytest.raises(ValueError, match="window"):
            Window(*shape)
    with pytest.raises(FormatError):
        Turns(np.full((2, 2, 1024, 3), (1 << 30) + 1, np.int32))
    with pytest.raises(FormatError):
        Turns(np.zeros((2, 2, 1023, 3), np.int32))


@pytest.mark.parametrize("width", [12, 4096])
@pytest.mark.parametrize("route", ["compiled", "float64"])
def test_norms_of_heads(route: str, width: int) -> None:
    rng = np.random.default_rng(4)
    gain = rng.integers(-(1 << 20), 1 << 20, width).astype(np.int32)
    norm = HeadNorm(gain, 1000, 25)
    engine = open_engine(route)
    values = rng.integers(-RESIDUAL_LIMIT, RESIDUAL_LIMIT + 1, (5, 3 * width)).astype(np.int32)
    values[1] = RESIDUAL_LIMIT
    values[2], values[3, :width], values[3, width:] = 0, 1, -7
    found = np.asarray(engine.prepare_head_norm(norm)(engine.put(values.copy())))
    for row, out in zip(values.reshape(-1, width).tolist(), found.reshape(-1, width), strict=True):
        square = sum(x * x for x in row) + 1000
        doublings = (62 - square.bit_length()) // 2
        reciprocal = (1 << 61) // isqrt(square << 2 * doublings)
        shift = 31 - doublings
        directions = [(x * reciprocal + (1 << (shift - 1))) >> shift for x in row]
        expected = [
            (c * g + (1 << 24)) >> 25 for c, g in zip(directions, gain.tolist(), strict=True)
        ]
        assert out.tolist() == expected
    with pytest.raises(FormatError):
        HeadNorm(np.full(12, 1 << 30, np.int32), 1, 40)
    with pytest.raises(FormatError):
        HeadNorm(np.full(12, 1 << 29, np.int32), 1, 20)
    with pytest.raises(FormatError):
        HeadNorm(gain, 0, 25)
    with pytest.raises(FormatError):
        HeadNorm(np.ones(4097, np.int32), 1, 40)


def test_turns_are_those_of_the_angles() -> None:
    angles = (Decimal(1), Decimal("0.001"))
    turns = Turns(turn_tables(angles))
    positions = np.array([0, 1, 1023, 1024, 70_001, (1 << 20) - 1])
    cosines, sines = turns.of(positions)
    expected = positions[:, None] * np.array([1.0, 0.001])
    assert np.abs(cosines - np.cos(expected) * (1 << 14)).max() < 0.51
    assert np.abs(sines - np.sin(expected) * (1 << 14)).max() < 0.51
    with pytest.raises(ValueError, match="positions"):
        turns.of(np.array([1 << 20]))
    with pytest.raises(FormatError):
        Embedding(np.ones((2, 2), np.int8), np.array([-1, 1], np.int32), np.ones(2, np.int32), 5)


def test_padding_for_cuda_changes_no_product() -> None:
    rng = np.random.default_rng(1)
    for num_rows, num_inputs, num_outputs in ((1, 5, 3), (17, 48, 33), (40, 100, 16)):
        rows = torch.from_numpy(rng.integers(-128, 128, (num_rows, num_inputs)).astype(np.int8))
        weight = torch.from_numpy(rng.integers(-64, 65, (num_outputs, num_inputs)).astype(np.int8))
        padded_weight = pad_weight(weight)
        padded = pad_rows(rows, padded_weight.shape[0])
        assert padded.shape[0] > 16
        assert all(size % 16 == 0 for size in (*padded.shape, *padded_weight.shape))
        product = torch._int_mm(padded, padded_weight)[:num_rows, :num_outputs]
        assert torch.equal(product.long(), rows.long() @ weight.long().t())


def test_halves_make_the_whole() -> None:
    values = torch.arange(-32_639, 32_640, dtype=torch.int16)
    high, low = split_halves(values)
    assert torch.equal(high.int() * 256 + low.int(), values.int())


def test_softmax_is_the_quantisation_of_its_weights() -> None:
    logits = np.random.default_rng(2).integers(-40_000, 40_000, (3, 1000)).astype(np.int32)
    logits[1] = 7
    table = exp2_table()
    distance = logits.max(axis=1, keepdims=True).astype(np.int64) - logits
    weights = table[distance & 1023].astype(np.int64) >> np.minimum(distance >> 10, 62)
    out = CompiledEngine().prepare_frequencies(table)(logits)
    np.testing.assert_array_equal(out, quantise(weights))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_tables_hold_the_rounded_function(name: str) -> None:
    function, saturates = FUNCTIONS[name]
    tabulated = activation(name)
    for index in (0, 100, 16_000, 16_384, 17_000, 32_767):
        exact = function(Decimal(index - 16_384) / 1024) * 4096
        assert abs(Decimal(int(tabulated.table[index])) - exact) <= Decimal("0.5")
    values = np.array([[-(1 << 20), 1 << 20]], np.int32)
    found = CompiledEngine().prepare_activation(tabulated)(values)
    assert found.tolist() == [[0, 4096 if saturates else 1 << 22]]
