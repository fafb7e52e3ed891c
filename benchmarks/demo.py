"""The main job on a real file: compress with every preset, decompress, compare, show a table.

`make demo` runs it on a text that every Python carries (the help topics of the language).
"""

from __future__ import annotations

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

from neurocomp.pipeline.options import PRESETS


def run(*arguments: str) -> None:
    """Show a command of the command line and run it."""
    print(f"$ neurocomp {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "neurocomp", *arguments], check=True)


def main() -> None:
    """Run the demo on the file that is given as the argument."""
    file = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="neurocomp-demo-") as folder:
        for preset in PRESETS:
            compressed = Path(folder) / f"{preset}.ncmp"
            restored = Path(folder) / f"{preset}.txt"
            run("compress", "--preset", preset, str(file), "-o", str(compressed))
            run("decompress", str(compressed), "-o", str(restored))
            if not filecmp.cmp(file, restored, shallow=False):
                sys.exit(f"{restored} differs from {file}")
            ratio = file.stat().st_size / compressed.stat().st_size
            print(f"  {compressed.stat().st_size} bytes: {ratio:.2f} to 1, every byte back\n")
        run("info", str(compressed))
    print()
    run("bench", str(file))


if __name__ == "__main__":
    main()
