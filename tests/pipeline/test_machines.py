"""A frame of the network and of contexts decodes on another processor, with any threads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import neurocomp
from neurocomp.models.bytenet import sections
from tests.conftest import make_text

CONTENT = make_text(70_000, 5)
BLOCK_BYTES = 66_000
"""One block of two sections, and one of a single lane."""

OTHER_PROCESSOR = {
    "NEUROCOMP_CPU": "baseline",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX",
}


@pytest.mark.slow
def test_another_processor_decodes_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "MIN_SECTION_BYTES", 30_000)
    environment = {**os.environ, **OTHER_PROCESSOR}
    for preset in ("default", "fast"):
        frame = neurocomp.compress(CONTENT, preset=preset, block_bytes=BLOCK_BYTES)
        for threads in ("1", "2"):
            done = subprocess.run(
                [sys.executable, "-m", "neurocomp", "-d", "-c", "-T", threads],
                input=frame,
                capture_output=True,
                env=environment,
                check=False,
            )
            assert done.returncode == 0, done.stderr.decode()
            assert done.stdout == CONTENT
