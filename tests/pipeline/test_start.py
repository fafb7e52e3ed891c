"""What a preset loads before it works: a command takes as long as its imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, neurocomp
data = b"A line of text for every preset.\\n" * 9
frame = neurocomp.compress(data, model=sys.argv[1])
assert neurocomp.decompress(frame) == data
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("model", ["mix", "text-s"])
def test_presets_load_no_compiler_and_no_network_library(model: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, model], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "neurocomp" in loaded
    assert not loaded & {"numpy", "torch", "transformers", "tokenizers", "PIL"}
