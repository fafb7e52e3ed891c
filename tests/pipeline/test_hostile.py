"""Hostile input ends in an error, soon, and without taking memory."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from tests import fuzz, ways
from tests.golden import cases, invalid_symbols

MEASURE = """
import io, resource, sys, time
from neurocomp.errors import NeurocompError
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.streams import decompress_stream
from tests.fuzz import MODEL_PATH

def decode(data):
    try:
        options = DecompressOptions(1, MODEL_PATH)
        decompress_stream(io.BytesIO(data), io.BytesIO(), options)
    except NeurocompError as error:
        return type(error).__name__
    return "decoded"

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

for warm_up in sys.argv[2:]:
    decode(open(warm_up, "rb").read())
before_bytes, before_seconds = peak(), time.process_time()
outcome = decode(open(sys.argv[1], "rb").read())
print(outcome, peak() - before_bytes, time.process_time() - before_seconds)
"""

WARM_UP = [str(cases.VALID / f"text-{name}.ncmp") for name in ("mix-arithmetic",)]
WARM_UP += [str(cases.VALID / f"text-adaptive-{coder}.ncmp") for coder in ("arithmetic", "huffman")]


@pytest.mark.parametrize(
    "name",
    [
        *("many-lanes", "no-payload", "no-payload-mix", "payload-too-long-mix", "too-large-block"),
        *("line-ends-half", "line-ends-huge", *invalid_symbols.files()),
    ],
)
def test_a_header_cannot_take_time_or_memory(name: str) -> None:
    path = str(cases.INVALID / f"{name}.ncmp")
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, path, *WARM_UP], capture_output=True, text=True, check=True
    )
    outcome, extra_bytes, seconds = result.stdout.split()
    assert outcome.endswith("Error")
    assert int(extra_bytes) < 200e6
    # Not a measurement: a loop over 64 MiB that should never have started takes minutes.
    assert float(seconds) < 10


def test_fuzz() -> None:
    done, decoded = fuzz.run(random.Random(1), num_inputs=100, seconds=120)
    assert done >= 50
    assert 0 < decoded < done / 2


def test_the_fuzzer_notices_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: object) -> None:
        raise IndexError("a bug")

    monkeypatch.setattr(ways, "decompress_range", crash)
    with pytest.raises(IndexError, match="a bug"):
        fuzz.run(random.Random(1), num_inputs=1, seconds=60)
