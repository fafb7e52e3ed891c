"""Short programs in an interpreter of their own, whose end is what is tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run_program(text: str, folder: Path, *, code: int = 0, error: str = "") -> None:
    """Run ``text`` in ``folder``; it must end with ``code`` and print ``error`` or nothing."""
    run = subprocess.run(
        [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == code, run.stderr
    assert (error in run.stderr) if error else not run.stderr, run.stderr
