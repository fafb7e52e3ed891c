"""From pictures to a coded token set and back: `make demo-dalle`.

Rainbow images, an autoencoder, a prior, held-out captions and images as tokens, compressed by both
coders, decompressed, compared; then the table of sizes and some pictures.  Both trainings have a
quarter of the recipes' steps, unless told otherwise: minutes, not the packaged model's quality.
"""

from __future__ import annotations

import filecmp
import sys
from pathlib import Path

from benchmarks.demo import run

DATA = ("rainbow.tar", "held-out.tokens", "training.tokens")
NUM_STEPS = 600
NUM_HELD_OUT = 640


def main() -> None:
    """Run the demo in the folder that is the first argument, which keeps what was trained.

    The second argument is the number of steps of each training.
    """
    folder = Path(sys.argv[1])
    steps = sys.argv[2] if len(sys.argv) > 2 else str(NUM_STEPS)
    folder.mkdir(parents=True, exist_ok=True)
    images, held_out, training = DATA
    if not (folder / images).exists():
        run(folder, "dalle", "make-rainbow", images)
    if not (folder / "vae" / "model.safetensors").exists():
        train(folder, steps, "train-vae", images, "vae")
    options = {held_out: ("held-out", "--limit", str(NUM_HELD_OUT)), training: ("training",)}
    for name, part in options.items():
        more = ("--part", *part, "-f", "-o", name)
        run(folder, "dalle", "tokenize", images, "--vae", "vae", *more)
    if not (folder / "prior" / "prior.safetensors").exists():
        more = ("--held-out", held_out, "--vae", "vae")
        train(folder, steps, "train-prior", training, "prior", *more)
    size = (folder / held_out).stat().st_size
    for coder in ("arithmetic", "huffman"):
        packed, restored = f"{coder}.ncmp", f"{coder}.tokens"
        model = ("--model", "dalle:prior", "--coder", coder)
        run(folder, "compress", "-f", held_out, *model, "-o", packed)
        run(folder, "decompress", "-f", packed, "--model-path", "prior", "-o", restored)
        if not filecmp.cmp(folder / held_out, folder / restored, shallow=False):
            sys.exit(f"{restored} differs from {held_out}")
        print(f"  {size} to {(folder / packed).stat().st_size} bytes, every byte back\n")
    run(folder, "dalle", "eval", held_out, "--model", "prior", "--training", training)
    caption = "a large solid red circle at the top left on sand|a small striped teal heart"
    run(folder, "dalle", "generate", caption, "--model", "prior", "-f", "-o", "pictures")
    print(f"\npictures: {folder / 'pictures' / 'grid.png'}")


def train(folder: Path, steps: str, command: str, data: str, output: str, *more: str) -> None:
    """Run a training, or go on with one that was interrupted."""
    resume = ("--resume",) if (folder / output / "log.jsonl").exists() else ()
    config = ("--config", "rainbow", "--steps", steps)
    run(folder, "dalle", command, data, *config, "-o", output, *more, *resume)


if __name__ == "__main__":
    main()
