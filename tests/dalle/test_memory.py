"""What a set has shown helps with the rest of it, and is counted and weighed as described."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from neurocomp.codec.symbolwise import to_lanes
from neurocomp.dalle.likelihood import image_bits
from neurocomp.exact import TOTAL, Stream
from neurocomp.exact.tables import exp2_table
from neurocomp.models.dalle import DalleModel, counts
from neurocomp.models.dalle.contexts import NUM_CONTEXTS, choose_rarest, write_keys
from neurocomp.models.dalle.counts import CodeCounts, find
from neurocomp.models.dalle.memory import (
    FIRST_WEIGHT,
    MAX_STEP,
    WEIGHT_BITS,
    CodeMemory,
)
from neurocomp.models.dalle.predictor import PriorPredictor
from neurocomp.symbols.records import Kind, RecordShape, write_records

SHAPE = RecordShape(num_tokens=20, text_length=5, rows=3, columns=4, num_codes=7)
FIRST_WEIGHT_SHARE = FIRST_WEIGHT / (1 << WEIGHT_BITS)


def coded_bits(model: DalleModel, stream: Stream) -> float:
    lanes = model.num_lanes(stream.size)
    predictor = model.predictor(lanes)
    bits = 0.0
    for column in to_lanes(stream, lanes):
        tables = predictor.frequencies()
        bits += float(np.log2(TOTAL / tables[np.arange(lanes), column]).sum())
        predictor.update(column)
    return bits


def test_a_set_of_copies_costs_little_more_than_what_is_copied(sample_model: DalleModel) -> None:
    records = sample_model.shape.records
    rng = np.random.default_rng(5)
    originals = rng.integers(0, 40, (8, 4, 4)).astype(np.uint16)
    grids = originals[rng.integers(0, 8, 400)]
    stream = write_records(records, Kind.IMAGES, [], grids)
    alone = image_bits(sample_model, [""] * 400, grids).sum()
    assert coded_bits(sample_model, stream) < 0.3 * alone


def test_captions_tell_which_image_comes_again(sample_model: DalleModel) -> None:
    records = sample_model.shape.records
    rng = np.random.default_rng(6)
    originals = rng.integers(0, 40, (60, 4, 4)).astype(np.uint16)
    chosen = rng.integers(0, 60, 600)
    stray = rng.permutation(chosen)
    sizes = []
    for told in (chosen, stray):
        captions = [np.array([3, 100 + number, 4], np.int32) for number in told]
        sizes.append(
            coded_bits(sample_model, write_records(records, Kind.BOTH, captions, originals[chosen]))
        )
    assert sizes[0] < 0.93 * sizes[1]


def test_codes_drawn_at_random_cost_hardly_more(sample_model: DalleModel) -> None:
    records = sample_model.shape.records
    grids = np.random.default_rng(7).integers(0, 40, (600, 4, 4)).astype(np.uint16)
    damping = sample_model.choose_damping([], grids)
    stream = write_records(records, Kind.IMAGES, [], grids, damping)
    alone = image_bits(sample_model, [""] * 600, grids, damping).sum()
    assert coded_bits(sample_model, stream) < 1.005 * alone


def test_threads_change_nothing(sample_model: DalleModel) -> None:
    records = sample_model.shape.records
    rng = np.random.default_rng(8)
    captions = [rng.integers(0, 200, rng.integers(0, 12)) for _ in range(70)]
    grids = rng.integers(0, 6, (70, 4, 4)).astype(np.uint16)
    stream = write_records(records, Kind.BOTH, captions, grids)
    lanes = records.num_lanes(stream.size)
    assert lanes > 4
    predictors = [PriorPredictor(sample_model.network, lanes, threads) for threads in (1, 2, 3)]
    for column in to_lanes(stream, lanes):
        tables = [predictor.frequencies() for predictor in predictors]
        assert (tables[0].sum(1) == TOTAL).all()
        assert tables[0].min() >= 1
        for other in tables[1:]:
            np.testing.assert_array_equal(tables[0], other)
        for predictor in predictors:
            predictor.update(column)


def test_a_decoder_may_leave_tables_unasked(sample_model: DalleModel) -> None:
    records = sample_model.shape.records
    grids = np.random.default_rng(9).integers(0, 4, (30, 4, 4)).astype(np.uint16)
    stream = write_records(records, Kind.IMAGES, [], grids)
    lanes = records.num_lanes(stream.size)
    asked, unasked = (PriorPredictor(sample_model.network, lanes, 1) for _ in range(2))
    for column in to_lanes(stream, lanes):
        asked.frequencies()
        asked.update(column)
        unasked.update(column)
    np.testing.assert_array_equal(asked.frequencies(), unasked.frequencies())


def described_contexts(
    image: list[int], tokens: list[int], place: int, num_columns: int
) -> list[tuple[int, ...] | None]:
    """Return the contexts as format.md has them."""
    row, column = divmod(place, num_columns)

    def at(rows: int, columns: int) -> int:
        r, c = row + rows, column + columns
        return image[r * num_columns + c] if r >= 0 and 0 <= c < num_columns else -1

    left, above, above_left, above_right = at(0, -1), at(-1, 0), at(-1, -1), at(-1, 1)
    return [
        (place,),
        (left,),
        (left, above),
        (left, above, above_left, above_right),
        (left, at(0, -2)),
        (place, left),
        (place, above),
        (above_left, above_right),
        *((place, token) if token >= 0 else None for token in tokens),
        (place, tokens[0], tokens[1]) if tokens[1] >= 0 else None,
    ]


def test_keys_tell_contexts_apart_and_nothing_else() -> None:
    rng = np.random.default_rng(10)
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    for place in range(12):
        codes = rng.integers(0, 9, (50, 12)).astype(np.int32)
        rarest = rng.integers(0, 3, (50, 3)).astype(np.int32)
        rarest[10:20, 2], rarest[20:30, 1:], rarest[30:40] = -1, -1, -1
        keys = np.full((50, NUM_CONTEXTS), 99, np.uint64)
        write_keys(codes, rarest, place, 4, keys)
        for lane in range(50):
            expected = described_contexts(codes[lane].tolist(), rarest[lane].tolist(), place, 4)
            for number, (parts, key) in enumerate(zip(expected, keys[lane].tolist(), strict=True)):
                assert (parts is None) == (key == 0)
                if parts is not None:
                    assert found.setdefault(key, (number, parts)) == (number, parts)
                    assert known.setdefault((number, parts), key) == key
    assert len(found) > 1000


def test_the_rarest_tokens_are_those_of_the_lowest_counts() -> None:
    times = np.array([9, 1, 5, 1, 0, 7], np.int32)
    tokens = np.array([[0, 1, 2, 3, 4], [5, 5, 0, 9, 9], [2, 9, 9, 9, 9], [3, 1, 3, 1, 2]])
    out = np.zeros((4, 3), np.int32)
    choose_rarest(tokens.astype(np.int32), np.array([5, 3, 0, 5]), times, out)
    np.testing.assert_array_equal(out, [[4, 1, 3], [5, 0, -1], [-1, -1, -1], [3, 1, 2]])


@pytest.mark.parametrize("first", [4, 1 << 14])
def test_counts_are_those_of_a_counter(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    monkeypatch.setattr(counts, "FIRST_ENTRIES", first)
    rng = np.random.default_rng(11)
    table = CodeCounts()
    expected: dict[int, Counter[int]] = defaultdict(Counter)
    for _ in range(60):
        keys = rng.integers(0, 90, (8, 5)).astype(np.uint64)
        codes = rng.integers(0, 6, 8).astype(np.int32)
        table.add(keys, codes)
        for row, code in zip(keys.tolist(), codes.tolist(), strict=True):
            for key in row:
                if key:
                    expected[key][code] += 1
    for key, wanted in expected.items():
        row = find(table.keys, np.uint64(key))
        assert table.keys[row] == key
        entry, total, number = table.contexts[row].tolist()
        assert (total, number) == (sum(wanted.values()), len(wanted))
        found = {}
        while entry >= 0:
            code, count, entry = table.entries[entry].tolist()
            found[code] = count
        assert found == wanted


def test_a_full_table_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "FIRST_ENTRIES", 16)
    monkeypatch.setattr(counts, "MAX_ENTRIES", 64)
    table = CodeCounts()
    code = np.zeros(1, np.int32)
    for key in range(1, 65):
        table.add(np.array([[key]], np.uint64), code)
    assert all(table.keys[find(table.keys, np.uint64(key))] == key for key in range(1, 65))
    table.add(np.array([[65]], np.uint64), code)
    assert np.count_nonzero(table.keys) == 1
    assert table.keys[find(table.keys, np.uint64(65))] == 65


class Reference:
    """The memory in floats and dictionaries, for lanes of one image after the other."""

    def __init__(self, num_lanes: int) -> None:
        self.seen: dict[tuple[int, tuple[int, ...]], Counter[int]] = defaultdict(Counter)
        self.weights: dict[tuple[int, int, int], float] = defaultdict(lambda: FIRST_WEIGHT_SHARE)
        self.images: list[list[int]] = [[0] * SHAPE.num_latents for _ in range(num_lanes)]

    def gains(
        self, lane: int, place: int, tokens: list[int], priors: list[float]
    ) -> list[tuple[tuple[int, int, int], list[float]]]:
        found = []
        for number, parts in enumerate(
            described_contexts(self.images[lane], tokens, place, SHAPE.columns)
        ):
            if parts is not None and (number, parts) in self.seen:
                times = self.seen[number, parts]
                kind = (number, level(sum(times.values())), level(len(times)))
                found.append((kind, [math.log2(1 + times[c] / p) for c, p in enumerate(priors)]))
        return found


def level(number: int) -> int:
    return sum(number > bound for bound in (0, 1, 2, 3, 5, 9, 20))


def test_the_memory_is_what_is_described() -> None:
    rng = np.random.default_rng(12)
    num_lanes, num_images = 4, 30
    memory, reference = CodeMemory(SHAPE, num_lanes, exp2_table()), Reference(num_lanes)
    times: Counter[int] = Counter()
    active = np.array([True, True, True, False])
    for _ in range(num_images):
        tokens = rng.integers(0, 4, (num_lanes, 5)).astype(np.int32)
        sizes = rng.integers(0, 6, num_lanes)
        memory.read_captions(tokens, sizes, active)
        rarest = []
        for lane in range(num_lanes):
            own = list(dict.fromkeys(tokens[lane, : sizes[lane]].tolist()))
            ranked = sorted(own, key=lambda token: times[token])
            rarest.append((ranked + [-1] * 3)[:3])
        for lane in np.flatnonzero(active).tolist():
            times.update(tokens[lane, : sizes[lane]].tolist())
        for place in range(SHAPE.num_latents):
            logits = rng.integers(-3000, 3000, (num_lanes, 7)).astype(np.int32)
            chances = 2.0 ** (logits / 1024)
            chances /= chances.sum(1, keepdims=True)
            priors = np.round(chances * TOTAL).astype(np.int32)
            out = memory.mixed(slice(0, num_lanes), place, logits, priors)
            errors: dict[tuple[int, int, int], float] = defaultdict(float)
            codes = np.minimum(rng.integers(0, 9, num_lanes), place % 7).astype(np.int32)
            tables = np.zeros_like(priors)
            for lane in range(num_lanes):
                gains = reference.gains(lane, place, rarest[lane], (priors[lane] / TOTAL).tolist())
                expected = logits[lane] / 1024
                for kind, gain in gains:
                    expected = expected + reference.weights[kind] * np.array(gain)
                np.testing.assert_allclose(out[lane] / 1024, expected, atol=0.05)
                final = 2.0**expected / (2.0**expected).sum()
                tables[lane] = np.round(final * TOTAL)
                if active[lane]:
                    for kind, gain in gains:
                        errors[kind] += gain[codes[lane]] - float(final @ np.array(gain))
            memory.expect(slice(0, 2), tables[:2])
            memory.expect(slice(2, 4), tables[2:])
            memory.learn(place, codes, active)
            limit = MAX_STEP / (1 << WEIGHT_BITS)
            for kind, error in errors.items():
                step = max(-limit, min(limit, 1024 * error / (1 << WEIGHT_BITS)))
                reference.weights[kind] = max(0.0, min(2.0, reference.weights[kind] + step))
            contexts = [
                described_contexts(reference.images[lane], rarest[lane], place, SHAPE.columns)
                for lane in range(num_lanes)
            ]
            for lane, number in itertools.product(range(num_lanes), range(NUM_CONTEXTS)):
                parts = contexts[lane][number]
                if active[lane] and parts is not None:
                    reference.seen[number, parts][int(codes[lane])] += 1
            for lane in np.flatnonzero(active).tolist():
                reference.images[lane][place] = int(codes[lane])
