"""``make demo``'s own program, on a small file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from neurocomp.bench.suite import contenders
from neurocomp.pipeline.options import PRESETS, READY_PRESETS

ROOT = Path(__file__).parents[2]


def test_the_demo_needs_no_model(tmp_path: Path) -> None:
    file = tmp_path / "small.txt"
    file.write_text("a line of a text that comes again\n" * 100)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.demo", str(file)],
        cwd=ROOT,
        env={**os.environ, "NEUROCOMP_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert all(preset in done.stdout for preset in READY_PRESETS)


def test_suites_measure_the_presets_that_need_no_model() -> None:
    found, _ = contenders.resolve(["@presets"])
    assert [one.name for one in found] == [f"neurocomp --preset {one}" for one in READY_PRESETS]
    assert set(PRESETS) - set(READY_PRESETS) == {"max"}
