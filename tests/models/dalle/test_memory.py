"""What a set has shown helps with the rest of it, and is counted and weighed as described."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from neurocomp.codec.symbolwise import to_lanes
from neurocomp.exact import TOTAL, Stream, quantise
from neurocomp.exact.tables import exp2_table
from neurocomp.models.dalle import DalleModel
from neurocomp.models.dalle import memory as counts
from neurocomp.models.dalle.likelihood import image_bits
from neurocomp.models.dalle.memory import (
    MAX_CODES,
    NUM_CONTEXTS,
    CodeMemory,
    choose_rarest,
    empty_counts,
    write_keys,
)
from neurocomp.models.dalle.predictor import PriorPredictor
from neurocomp.models.dalle.record_heads import Kind
from neurocomp.models.dalle.records import RecordShape, write_records

SHAPE = RecordShape(num_tokens=20, text_length=5, rows=3, columns=4, num_codes=7)


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
    table = empty_counts()
    expected: dict[int, Counter[int]] = defaultdict(Counter)
    total: Counter[int] = Counter()
    for _ in range(500):
        keys = rng.integers(0, 20, (8, 5)).astype(np.uint64)
        codes = rng.integers(0, 100, 8).astype(np.int32)
        table.add(keys, codes)
        for row, code in zip(keys.tolist(), codes.tolist(), strict=True):
            for key in row:
                if key:
                    total[key] += 1
                    if code in expected[key] or len(expected[key]) < MAX_CODES:
                        expected[key][code] += 1
    assert all(len(wanted) == MAX_CODES for wanted in expected.values())
    for key, wanted in expected.items():
        assert table.look_up(key) == (total[key], wanted)


def test_counts_end_somewhere() -> None:
    table = empty_counts()
    table.add(np.full((33_000, 1), 5, np.uint64), np.full(33_000, 3, np.int32))
    assert table.look_up(5) == (33_000, {3: 32_767})


def test_a_full_table_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "FIRST_ENTRIES", 16)
    monkeypatch.setattr(counts, "MAX_ENTRIES", 64)
    table = empty_counts()
    code = np.zeros(1, np.int32)
    for key in range(1, 61):
        table.add(np.array([[key]], np.uint64), code)
    # Contexts that are not there take room as well.
    table.add(np.array([[61, 0], [0, 0]], np.uint64), np.zeros(2, np.int32))
    assert all(table.look_up(key)[0] == 1 for key in range(1, 62))
    table.add(np.array([[62, 0], [0, 0]], np.uint64), np.zeros(2, np.int32))
    assert table.num_contexts == 1
    assert table.look_up(62) == (1, {0: 1})


def described_key(number: int, parts: tuple[int, ...]) -> int:
    key = number + 1
    for part in parts:
        x = (key ^ (part + 1) * 0xD6E8FEB86659FD93 % 2**64) * 0x9E3779B97F4A7C15 % 2**64
        key = max(x ^ (x >> 31), 1)
    return key


def test_keys_are_those_that_are_described() -> None:
    codes = np.array([[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]], np.int32)
    keys = np.empty((1, NUM_CONTEXTS), np.uint64)
    write_keys(codes, np.array([[2, 7, 1]], np.int32), 6, 4, keys)
    contexts = described_contexts(codes[0].tolist(), [2, 7, 1], 6, 4)
    expected = [described_key(number, parts or ()) for number, parts in enumerate(contexts)]
    assert keys[0].tolist() == expected


EXP2 = exp2_table().tolist()


def described_logarithm(value: int) -> int:
    octaves = value.bit_length() - 1
    digits = value << 11 >> octaves
    return int(1024 * octaves + sum(power <= digits << 18 for power in EXP2))


def level(number: int) -> int:
    return sum(number > bound for bound in (0, 1, 2, 3, 5, 9, 20))


Context = tuple[int, tuple[int, ...]]
ContextKind = tuple[int, int, int]


class Reference:
    """The memory as format.md has it, with dictionaries.

    Args:
        num_lanes: lanes.
        most: pairs of context and code that are kept.
    """

    def __init__(self, num_lanes: int, most: int) -> None:
        self.seen: dict[Context, Counter[int]] = {}
        self.weights: dict[ContextKind, int] = defaultdict(lambda: 1 << 16)
        self.images = [[0] * SHAPE.num_latents for _ in range(num_lanes)]
        self.times: Counter[int] = Counter()
        self.most = most
        self.num_emptied = 0

    def rarest(self, tokens: list[int]) -> list[int]:
        ranked = sorted(dict.fromkeys(tokens), key=lambda token: self.times[token])
        return [*ranked, -1, -1, -1][:3]

    def contexts(self, lane: int, place: int, rarest: list[int]) -> list[Context]:
        parts = described_contexts(self.images[lane], rarest, place, SHAPE.columns)
        return [(number, one) for number, one in enumerate(parts) if one is not None]

    def gains(self, contexts: list[Context], priors: list[int]) -> dict[ContextKind, list[int]]:
        found = {}
        for context in contexts:
            times = self.seen.get(context)
            if times:
                kind = (context[0], level(sum(times.values())), level(len(times)))
                found[kind] = [
                    described_logarithm(f + (times[code] << 24)) - described_logarithm(f)
                    for code, f in enumerate(priors)
                ]
        return found

    def count(self, pairs: list[tuple[list[Context], int]]) -> None:
        if sum(map(len, self.seen.values())) + NUM_CONTEXTS * len(pairs) > self.most:
            self.seen = {}
            self.num_emptied += 1
        for contexts, code in pairs:
            for context in contexts:
                self.seen.setdefault(context, Counter())[code] += 1


@pytest.mark.parametrize("most", [counts.MAX_ENTRIES, 1024])
def test_the_memory_is_what_is_described(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(counts, "FIRST_ENTRIES", 64)
    monkeypatch.setattr(counts, "MAX_ENTRIES", most)
    rng = np.random.default_rng(12)
    num_lanes = 4
    memory, reference = CodeMemory(SHAPE, num_lanes, exp2_table()), Reference(num_lanes, most)
    active = np.array([True, True, True, False])
    lanes = np.flatnonzero(active).tolist()
    for _ in range(30 if most == 1024 else 10):
        tokens = rng.integers(0, 4, (num_lanes, 5)).astype(np.int32)
        sizes = rng.integers(0, 6, num_lanes)
        memory.read_captions(tokens, sizes, active)
        texts = [tokens[lane, : sizes[lane]].tolist() for lane in range(num_lanes)]
        rarest = [reference.rarest(text) for text in texts]
        for lane in lanes:
            reference.times.update(texts[lane])
        for place in range(SHAPE.num_latents):
            logits = rng.integers(-3000, 3000, (num_lanes, 7)).astype(np.int32)
            logits[:, 6] = 2**31 - 1 if place == 3 else -(2**30)
            priors = quantise(rng.integers(1, 1 << 30, (num_lanes, 7)))
            mixed = memory.mixed(slice(0, num_lanes), place, logits, priors)
            # Whatever the logits have become of, the tables that result are what is learnt from.
            tables = quantise(rng.integers(1, 1 << 30, (num_lanes, 7)))
            memory.expect(slice(0, 2), tables[:2])
            memory.expect(slice(2, 4), tables[2:])
            codes = np.minimum(rng.integers(0, 9, num_lanes), place % 7).astype(np.int32)
            memory.learn(place, codes, active)
            errors: Counter[ContextKind] = Counter()
            pairs = []
            for lane in lanes:
                contexts = reference.contexts(lane, place, rarest[lane])
                expected = logits[lane].clip(-(2**29), 2**29).astype(np.int64)
                gains = reference.gains(contexts, priors[lane].tolist())
                for kind, gain in gains.items():
                    expected += np.array(gain) * reference.weights[kind] >> 20
                    mean = sum(f * one for f, one in zip(tables[lane].tolist(), gain, strict=True))
                    errors[kind] += gain[codes[lane]] - (mean >> 24)
                np.testing.assert_array_equal(mixed[lane], expected)
                pairs.append((contexts, int(codes[lane])))
            for kind, error in errors.items():
                moved = reference.weights[kind] + max(-(1 << 15), min(1 << 15, error))
                reference.weights[kind] = max(0, min(1 << 21, moved))
            reference.count(pairs)
            for lane in lanes:
                reference.images[lane][place] = int(codes[lane])
    assert (reference.num_emptied > 2) == (most == 1024)
