"""Two checkouts against each other, by whole processes on one thread: CPU seconds, memory, sizes.

    python -m benchmarks.versions BEFORE NOW FILE [--levels=-1,-6,-9] [--rounds 7] [--bytes 30000]

Both are folders with a built core; one that has an environment, .venv, runs in its own.  Each
output is decoded again and compared; rounds are in turn, figures are medians.  Bytecode is kept
beside the measurement, as an installed package has its own: where Python is told to write none
(PYTHONDONTWRITEBYTECODE), most of a start is compiling.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def python_of(checkout: Path) -> str:
    """Return the interpreter of the checkout's environment, or this one where it has none."""
    own = checkout.resolve() / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def run(
    checkout: Path, arguments: list[str], content: bytes, bytecode: str
) -> tuple[float, float, bytes]:
    """Return the CPU seconds, the largest memory in MB and the output of one process."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != _NO_BYTECODE},
        "PYTHONPATH": str(checkout.resolve()),
        "PYTHONPYCACHEPREFIX": bytecode,
        "OMP_NUM_THREADS": "1",
    }
    command = [python_of(checkout), "-m", "neurocomp", *arguments]
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as sink:
        source.write(content)
        source.seek(0)
        process = subprocess.Popen(
            command, stdin=source, stdout=sink, env=environment, cwd=tempfile.gettempdir()
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{checkout}: {' '.join(arguments)} ended with {process.returncode}")
        sink.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, sink.read()


def measure(checkout: Path, level: str, content: bytes, bytecode: str) -> tuple[float, ...]:
    """Return seconds, MB of compressing, the same of decompressing, and the frame's bytes."""
    seconds, memory, frame = run(checkout, [level, "-T1", "-c"], content, bytecode)
    back, back_memory, decoded = run(checkout, ["-d", "-T1", "-c"], frame, bytecode)
    if decoded != content:
        raise SystemExit(f"{checkout}: {level} does not give the content back")
    return seconds, back, memory, back_memory, len(frame)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("before", type=Path)
    parser.add_argument("now", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--levels", default="-1,-6,-9")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--bytes", type=int, default=None, help="the file's first so many")
    options = parser.parse_args()
    content = options.file.read_bytes()[: options.bytes]
    print(f"{'level':5} {'':6} {'compress':>9} {'back':>9} {'MB':>7} {'back':>7} {'bytes':>9}")
    with tempfile.TemporaryDirectory() as bytecode:
        compare(options, content, bytecode)


def compare(options: argparse.Namespace, content: bytes, bytecode: str) -> None:
    """Print the rows of the table; a round before the first writes the bytecode."""
    for level in options.levels.split(","):
        rows: dict[str, list[tuple[float, ...]]] = {"before": [], "now": []}
        for number in range(options.rounds + 1):
            for name, found in rows.items():
                one = measure(getattr(options, name), level, content, bytecode)
                found += [one] if number else []
        for name, found in rows.items():
            middle = [statistics.median(column) for column in zip(*found, strict=True)]
            seconds = " ".join(f"{value:9.3f}" for value in middle[:2])
            memory = " ".join(f"{value:7.0f}" for value in middle[2:4])
            print(f"{level:5} {name:6} {seconds} {memory} {middle[4]:9.0f}")


if __name__ == "__main__":
    main()
