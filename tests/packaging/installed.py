"""Tries the neurocomp that is installed, with nothing but the standard library.

For environments without the tests' own needs, such as those in which wheels are built:

    python tests/packaging/installed.py

Compresses a file by the program with every preset, decompresses and compares it; and decodes the
golden frames of the presets, which are of other machines.
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "LICENSE"
GOLDEN = ROOT / "tests" / "golden"
MODELS = ("mix", "text-s", "text-l")
LEVELS = ("-1", "-6", "-9")


def main() -> None:
    """Try both; raise where anything differs."""
    import neurocomp

    print(f"neurocomp {neurocomp.__version__} of {Path(neurocomp.__file__).parent}")
    with tempfile.TemporaryDirectory() as folder:
        for level in LEVELS:
            print(f"{level}: {FILE.stat().st_size} to {round_trip(level, Path(folder))} bytes")
    print(f"golden frames that decode: {decode_golden_frames()}")


def round_trip(level: str, folder: Path) -> int:
    """Compress a file there and back by the program; return the size between."""
    program = (sys.executable, "-m", "neurocomp")
    copy, frame = folder / "file", folder / "file.ncmp"
    copy.write_bytes(FILE.read_bytes())
    subprocess.run([*program, "compress", level, "--rm", copy], cwd=folder, check=True)
    num_bytes = frame.stat().st_size
    if copy.exists() or num_bytes > FILE.stat().st_size / 3:
        raise AssertionError(f"{level} writes {num_bytes} bytes")
    subprocess.run([*program, "decompress", "--rm", frame], cwd=folder, check=True)
    if copy.read_bytes() != FILE.read_bytes():
        raise AssertionError(f"{level} gives back another file")
    return num_bytes


def decode_golden_frames() -> int:
    """Decode those of the presets' models; return how many there are."""
    import neurocomp

    num_frames = 0
    with (GOLDEN / "sizes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            name = row["frame"]
            if "dictionary" in name or not any(f"-{model}-" in name for model in MODELS):
                continue
            content = neurocomp.decompress((GOLDEN / "valid" / f"{name}.ncmp").read_bytes())
            if hashlib.sha256(content).hexdigest() != row["content_sha256"]:
                raise AssertionError(f"{name} decodes to other bytes")
            num_frames += 1
    if num_frames < 20:
        raise AssertionError(f"only {num_frames} golden frames were found")
    return num_frames


if __name__ == "__main__":
    main()
