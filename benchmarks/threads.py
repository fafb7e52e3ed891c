"""What more threads gain: python -m benchmarks.threads FILE.

Each number of threads in turn, real time, medians; every round is decoded and compared.  Only
ratios within one run say something, and only on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import neurocomp
from neurocomp.cli.ui.text import format_table
from neurocomp.pipeline.options import PRESETS, resolve_threads


def times(content: bytes, preset: str, threads: int) -> tuple[float, float]:
    """Return the seconds of both directions."""
    start = perf_counter()
    frame = neurocomp.compress(content, preset=preset, threads=threads)
    middle = perf_counter()
    decoded = neurocomp.decompress(frame, threads=threads)
    end = perf_counter()
    if decoded != content:
        raise SystemExit("the frame does not give the content back")
    return middle - start, end - middle


def gains(content: bytes, preset: str, numbers: Sequence[int], rounds: int) -> list[list[str]]:
    """Return a row for each number of threads: KB/s and gain over the first, each direction."""
    found: dict[int, list[tuple[float, float]]] = {number: [] for number in numbers}
    for _ in range(rounds):
        for number in numbers:
            found[number].append(times(content, preset, number))
    rows, first = [], [median(column) for column in zip(*found[numbers[0]], strict=True)]
    for number in numbers:
        seconds = [median(column) for column in zip(*found[number], strict=True)]
        speeds = [f"{len(content) / one / 1000:.0f}" for one in seconds]
        ratios = [f"{a / b:.2f}" for a, b in zip(first, seconds, strict=True)]
        rows.append([str(number), speeds[0], ratios[0], speeds[1], ratios[1]])
    return rows


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("file", type=Path)
    parser.add_argument("--preset", default="default", choices=list(PRESETS))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    content = arguments.file.read_bytes()
    times(content[:70_000], arguments.preset, 1)  # compiles
    numbers = sorted({1, resolve_threads(0)})
    rows = gains(content, arguments.preset, numbers, arguments.rounds)
    print(format_table(("threads", "KB/s", "gain", "KB/s back", "gain"), rows))


if __name__ == "__main__":
    main()
