"""Content that no model would shrink is told from content that one would."""

from __future__ import annotations

import base64
import bz2
import lzma
import random
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from neurocomp.codec.density import MIN_BYTES, is_dense
from tests.conftest import make_text
from tests.golden.cases import records


def noise(num_bytes: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).bytes(num_bytes)


def deflated(data: bytes) -> bytes:
    return zlib.compress(data, 9)


def varied_text(num_bytes: int) -> bytes:
    """Return text whose words are as many as those of a real one, for packers to pack."""
    rng = random.Random(4)
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(4000)]
    return " ".join(rng.choices(words, k=num_bytes // 6)).encode()[:num_bytes]


TEXT = varied_text(400_000)

DENSE: dict[str, Callable[[], bytes]] = {
    "random": lambda: noise(300_000),
    "little of it": lambda: noise(MIN_BYTES),
    "much of it": lambda: noise(9_000_000),
    "xz": lambda: lzma.compress(TEXT)[100:-100],
    "deflate": lambda: deflated(TEXT),
    "a copy of next to nothing": lambda: noise(300_000) + noise(300),
    "a line of text": lambda: noise(300_000) + make_text(100),
}

LOOSE: dict[str, Callable[[], bytes]] = {
    "too short to tell": lambda: noise(MIN_BYTES - 1),
    "text": lambda: make_text(20_000),
    "base64": lambda: base64.b64encode(noise(15_000)),
    "base85": lambda: base64.b85encode(noise(15_000)),
    "hexadecimal": lambda: noise(10_000).hex().encode(),
    "most byte values": lambda: bytes(one * 15 // 16 for one in noise(50_000)),
    "7 of 8 bits": lambda: bytes(one & 127 for one in noise(20_000)),
    "one bit in 32 is set": lambda: bytes(
        one | 128 * (i % 4 == 0) for i, one in enumerate(noise(40_000))
    ),
    "permutations": lambda: (
        np.random.default_rng(1)
        .permuted(np.tile(np.arange(256, dtype=np.uint8), (200, 1)), axis=1)
        .tobytes()
    ),
    "records": lambda: records(2000),
    "two copies, far apart": lambda: noise(500_000) + noise(301_111, 5) + noise(500_000)[7:],
    "a copy of a hundredth": lambda: noise(800_000) + noise(9000),
    "random words": lambda: b"".join(
        random.Random(9).choices([noise(8, seed) for seed in range(900)], k=20_000)
    ),
    "bz2 of two copies": lambda: 2 * bz2.compress(TEXT[:100_000]),
    "an archive's list at its end": lambda: noise(900_000) + make_text(8000),
    "text here and there": lambda: b"".join(
        noise(20_000, seed) + make_text(600, seed) for seed in range(20)
    ),
    "many deflated files with heads": lambda: b"".join(
        b"PK\3\4\24\0\0\0\10\0 drawings/number-%05d.svg" % seed + noise(4000, seed)
        for seed in range(99)
    ),
    "counters between random bytes": lambda: b"".join(
        noise(63, seed) + bytes([seed & 255]) for seed in range(3000)
    ),
    "samples of 16 bits": lambda: (
        np.random.default_rng(2).normal(0, 2000, 40_000).astype("<i2").tobytes()
    ),
    "a walk of 24 bits": lambda: b"".join(
        int(one).to_bytes(4, "little")[:3]
        for one in np.cumsum(np.random.default_rng(3).integers(-(2**17), 2**17, 20_000)) % 2**24
    ),
    "numbers of 64 bits": lambda: np.random.default_rng(2).random(20_000).tobytes(),
}


@pytest.mark.parametrize("name", sorted(DENSE))
def test_what_would_not_shrink_is_dense(name: str) -> None:
    assert is_dense(DENSE[name]())


@pytest.mark.parametrize("name", sorted(LOOSE))
def test_what_would_shrink_is_not(name: str) -> None:
    assert not is_dense(LOOSE[name]())


def test_no_random_bytes_are_taken_for_others() -> None:
    assert all(is_dense(noise(5000 + 37 * seed, seed)) for seed in range(40))


def test_a_part_of_many_decides_wherever_it_is() -> None:
    """What promises less than a trifle does not count, what promises more does."""
    for where in (0, 350_000, 700_000):
        for text_bytes, expected in ((600, True), (9000, False)):
            around = noise(700_000)
            assert is_dense(around[:where] + make_text(text_bytes) + around[where:]) is expected


def test_what_the_model_has_read_before_counts() -> None:
    content = noise(60_000)
    assert is_dense(content)
    assert is_dense(content, noise(90_000, 1))
    for before in (content, content[20_000:30_000], 2 * content):
        assert not is_dense(content, before)
    assert is_dense(content, content[:5])
