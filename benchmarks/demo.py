"""The main job on a real file: compress with the presets, decompress, compare, show a table.

`make demo` runs it on a module that every Python carries, argparse.
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from neurocomp import extras
from neurocomp.errors import MissingPackageError
from neurocomp.pipeline.options import READY_PRESETS

BENCH_BYTES = 20_000
"""Of the file: `bench` codes it by every preset once more, and a demo should end soon."""


def run(folder: Path, *arguments: str) -> None:
    """Show a command of the command line and run it in ``folder``."""
    print(f"$ neurocomp {' '.join(arguments)}", flush=True)
    subprocess.run([sys.executable, "-m", "neurocomp", *arguments], cwd=folder, check=True)


def main() -> None:
    """Run the demo on the file that is given as the argument."""
    with tempfile.TemporaryDirectory(prefix="neurocomp-demo-") as name:
        folder = Path(name)
        file = Path(shutil.copy(sys.argv[1], folder))
        for preset in READY_PRESETS:
            compressed, restored = folder / f"{preset}.ncmp", folder / f"{preset}.out"
            run(folder, "compress", "--preset", preset, file.name, "-o", compressed.name)
            run(folder, "decompress", compressed.name, "-o", restored.name)
            if not filecmp.cmp(file, restored, shallow=False):
                sys.exit(f"{restored} differs from {file}")
            before, after = file.stat().st_size, compressed.stat().st_size
            print(f"  {before} to {after} bytes: {before / after:.2f} to 1, every byte back\n")
        run(folder, "info", *(f"{preset}.ncmp" for preset in READY_PRESETS))
        print()
        start = folder / f"start-of-{file.name}"
        start.write_bytes(file.read_bytes()[:BENCH_BYTES])
        run(folder, "bench", start.name)
        print()
        draw(folder)


def draw(folder: Path) -> None:
    """Draw two captions, where the packages for images are installed; the presets need none."""
    try:
        extras.require("drawing", "dalle")
    except MissingPackageError as error:
        print(f"no pictures: {error}")
        return
    pictures = Path("out/demo").resolve()
    caption = "a large solid red circle at the top left on sand|a small striped teal heart"
    run(folder, "dalle", "generate", caption, "-n", "4", "-f", "-o", str(pictures))
    print(f"  drawn by the shipped prior: {pictures / 'grid.png'}")


if __name__ == "__main__":
    main()
