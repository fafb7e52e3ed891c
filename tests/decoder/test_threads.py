"""Threads: the same content, in the same order, whatever their number."""

from __future__ import annotations

import itertools
import subprocess
from unittest.mock import patch

import pytest

import neurocomp
from neurocomp.models.bytenet import sections as bytenet_sections
from tests.conftest import make_text
from tests.decoder.conftest import Run
from tests.decoder.library import Failed, Library, Limit, Models, Status

TEXT = make_text(60_000)
BLOCK_BYTES = 6000


@pytest.fixture(scope="module")
def blocks() -> bytes:
    """Ten blocks, and a frame of one more."""
    frame = neurocomp.compress(TEXT[:-500], preset="fast", block_bytes=BLOCK_BYTES)
    return frame + neurocomp.compress(TEXT[-500:], model="adaptive")


@pytest.fixture(scope="module")
def sections() -> bytes:
    """A block of a byte network in several sections."""
    with patch.object(bytenet_sections, "MIN_SECTION_BYTES", 1500):
        return neurocomp.compress(TEXT[:12_000], model="text-s")


@pytest.mark.parametrize("num_threads", [0, 1, 2, 3, 7])
@pytest.mark.parametrize(("step", "room"), [(None, 1 << 16), (997, 1000)])
def test_content_is_the_same(
    library: Library, blocks: bytes, num_threads: int, step: int | None, room: int
) -> None:
    decoder = library.decoder()
    decoder.threads(num_threads)
    assert decoder.decode(blocks, step, room) == TEXT


@pytest.mark.parametrize("num_threads", [1, 2, 4, 9])
def test_sections_are_the_same(
    library: Library, models: Models, sections: bytes, num_threads: int
) -> None:
    for limit in (None, 200 << 20, 60 << 20):
        decoder = library.decoder(models)
        decoder.threads(num_threads)
        if limit is not None:
            decoder.limit(Limit.MEMORY, limit)
        assert decoder.decode(sections) == TEXT[:12_000]


@pytest.mark.parametrize("num_threads", [1, 3])
def test_what_comes_before_damage_is_given_out(
    library: Library, blocks: bytes, num_threads: int
) -> None:
    damaged = bytearray(blocks)
    damaged[len(blocks) // 2] ^= 1
    decoder = library.decoder()
    decoder.threads(num_threads)
    found = bytearray()
    status = Status.OK
    try:
        for piece in itertools.chain(decoder.run(bytes(damaged)), decoder.run(b"")):
            found += piece
    except Failed as failed:
        status = failed.status
    assert status is Status.CHECKSUM
    assert found == TEXT[: len(found)]
    assert len(found) >= 3 * BLOCK_BYTES
    assert len(found) % BLOCK_BYTES == 0
    with pytest.raises(Failed):
        decoder.finish()


def test_content_that_is_still_decoded_is_not_lost_unsaid(library: Library, blocks: bytes) -> None:
    decoder = library.decoder()
    decoder.threads(4)
    found = b"".join(decoder.run(blocks))
    assert found == TEXT[: len(found)]
    if len(found) < len(TEXT):
        with pytest.raises(Failed, match="waits for room") as caught:
            decoder.finish()
        assert caught.value.status is Status.SIZE_LIMIT


def test_a_decoder_may_be_freed_while_it_works(library: Library) -> None:
    frame = neurocomp.compress(make_text(400_000), preset="fast", block_bytes=100_000)
    for _ in range(3):
        decoder = library.decoder()
        decoder.threads(3)
        list(decoder.run(frame))
        decoder.reset()
        del decoder


def test_threads_are_set_before_the_first_input(library: Library, blocks: bytes) -> None:
    decoder = library.decoder()
    with pytest.raises(Failed) as caught:
        decoder.threads(1025)
    assert caught.value.status is Status.USAGE
    list(decoder.run(blocks[:5]))
    with pytest.raises(Failed) as caught:
        decoder.threads(2)
    assert caught.value.status is Status.USAGE
    assert library.c.ncmp_decoder_set_threads(None, 1) == Status.USAGE


@pytest.mark.parametrize("option", ["-T1", "-T4", "-T0", "--threads=2"])
def test_the_program_has_threads(run: Run, blocks: bytes, option: str) -> None:
    done = run(option, stdin=blocks)
    assert (done.returncode, done.stdout, done.stderr) == (0, TEXT, b"")


def test_the_program_refuses_what_is_no_number(run: Run) -> None:
    for option in ("-Tx", "-T-1", "-T1025", "--threads=", "--threads=2x"):
        done: subprocess.CompletedProcess[bytes] = run(option)
        assert done.returncode == 2, option
        assert b"threads" in done.stderr


def test_a_limit_of_memory_holds_with_threads(library: Library, blocks: bytes) -> None:
    decoder = library.decoder()
    decoder.threads(4)
    decoder.limit(Limit.MEMORY, 1 << 20)
    with pytest.raises(Failed) as caught:
        decoder.decode(blocks)
    assert caught.value.status is Status.MEMORY_LIMIT
    decoder = library.decoder()
    decoder.threads(4)
    decoder.limit(Limit.MEMORY, 1 << 27)
    assert decoder.decode(blocks) == TEXT
