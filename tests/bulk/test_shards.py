"""Shards are balanced by bytes, and depend on paths and sizes alone."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurocomp.bulk.places import FileStatus
from neurocomp.bulk.shards import FILE_COST, MAX_SHARD_BYTES, balance, num_shards

SIZES = st.lists(st.integers(0, 10_000_000), min_size=1, max_size=60)


def files(sizes: list[int]) -> list[FileStatus]:
    return [FileStatus(f"{number:03d}", size) for number, size in enumerate(sizes)]


@settings(max_examples=40)
@given(SIZES, st.integers(1, 12))
def test_every_file_is_in_one_shard_and_none_is_too_large(sizes: list[int], number: int) -> None:
    items = files(sizes)
    shards = balance(items, number)
    assert sorted(item.path for shard in shards for item in shard) == [one.path for one in items]
    assert len(shards) <= number
    costs = [sum(item.num_bytes + FILE_COST for item in shard) for shard in shards]
    assert costs == sorted(costs, reverse=True)
    # No division is better than the mean, or than the largest file.
    best = max(-(-sum(costs) // number), max(sizes) + FILE_COST)
    assert costs[0] <= best + max(sizes) + FILE_COST


@settings(max_examples=40)
@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=7), st.integers(1, 3))
def test_they_are_a_third_from_the_best_at_most(sizes: list[int], number: int) -> None:
    costs = [size + FILE_COST for size in sizes]
    best = sum(costs)
    for choice in product(range(number), repeat=len(costs)):
        loads = [0] * number
        for cost, index in zip(costs, choice, strict=True):
            loads[index] += cost
        best = min(best, max(loads))
    largest = balance(files(sizes), number)[0]
    assert 3 * sum(item.num_bytes + FILE_COST for item in largest) <= 4 * best


def test_the_order_of_files_does_not_matter() -> None:
    items = files([random.Random(5).randint(0, 9_999) for _ in range(50)])
    shuffled = items[::-1]
    assert balance(items, 7) == balance(shuffled, 7)


@pytest.mark.parametrize(
    ("sizes", "shard_bytes", "workers", "expected"),
    [
        ([100] * 100, None, 2, 8),
        ([100] * 3, None, 2, 3),
        ([MAX_SHARD_BYTES] * 20 + [1], None, 2, 21),
        ([1 << 20] * 8, 1 << 20, 2, 8),
        ([1 << 20] * 8, 4 << 20, 2, 3),
        ([10], 1, 9, 1),
    ],
)
def test_how_many(sizes: list[int], shard_bytes: int | None, workers: int, expected: int) -> None:
    assert num_shards(files(sizes), shard_bytes, workers) == expected
