"""What the examples of the docs name: small files, made without a network."""

from __future__ import annotations

import itertools
import lzma
import random
import sys
from pathlib import Path

import neurocomp
from tests.conftest import make_text

MEBIBYTE = 1 << 20


def write_files(folder: Path) -> None:
    """Write the files that several pages name."""
    for number, name in enumerate(("report.txt", "note.txt", "book.txt", "folder/a.txt")):
        _write(folder / name, make_text(3000, seed=number))
    for number in range(12):
        letter = f"Dear reader,\n\nthis is letter {number}. " * 20
        _write(folder / f"letters/{number}.txt", letter.encode())
    _write(folder / "picture.ppm", b"P6\n20 10\n255\n" + bytes(range(200)) * 3)
    _write(folder / "src/module.py", b"import this\n" * 50)
    # Random bytes are stored, so that two blocks of them cost next to nothing.
    large = random.Random(0).randbytes(2 * MEBIBYTE + 1000)
    stored = neurocomp.compress(large, preset="fast", block_bytes=MEBIBYTE)
    for name in ("big.ncmp", "big.log.ncmp"):
        _write(folder / name, stored)
    for name in ("FILE.ncmp", "log.ncmp", "book.ncmp"):
        _write(folder / name, neurocomp.compress(b"an error\n" * 99, preset="fast"))
    _write_programs(folder / "bin")


def write_texts(folder: Path) -> None:
    """Write what text networks are trained on."""
    for number in range(2):
        documents = [make_text(2000, seed=10 * number + one) for one in range(20)]
        packed = lzma.compress(b"\x1e".join(documents), preset=0)
        _write(folder / f"corpus/english-{number}.txt.xz", packed)


def write_images(folder: Path) -> None:
    """Write captioned images of 64 x 64 pixels."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("images", "photos"):
        (folder / name).mkdir()
        for number in range(30):
            colours = rng.integers(0, 256, (4, 4, 3), np.uint8)
            Image.fromarray(colours).resize((64, 64)).save(folder / name / f"{number}.png")
            _write(folder / name / f"{number}.txt", f"squares of kind {number}".encode())


def write_tokens_of_rainbow(path: Path) -> None:
    """Write a token set of the autoencoder in the package, which its prior knows."""
    from neurocomp.cli.entry import run
    from neurocomp.models.dalle.pictures import write_tar
    from neurocomp.models.dalle.rainbow import rainbow

    images = path.with_suffix(".tar")
    write_tar(itertools.islice(rainbow(), 20), images)
    assert run(["dalle", "tokenize", str(images), "-o", str(path)]) == 0


def write_tokenizer(folder: Path) -> None:
    """Write the tokenizer of the library tokenizers that a page calls TOKENIZER."""
    from tests.training.test_alphabet import trained

    folder.mkdir()
    trained(folder, end="<|endoftext|>")


def write_published(folder: Path) -> None:
    """Write autoencoders as others publish them, with random weights."""
    import torch
    import yaml

    from tests.models.dalle.released import vqgan_tensors, write_released
    from tests.models.dalle.test_published import configuration

    torch.save({"state_dict": vqgan_tensors()}, folder / "last.ckpt")
    (folder / "model.yaml").write_text(yaml.safe_dump(configuration()))
    modules = folder / "folder-with-encoder.pkl-and-decoder.pkl"
    modules.mkdir()
    write_released(modules)


def write_gguf_of_llama(path: Path) -> None:
    """Write a language model with random weights."""
    from tests.models.transformer.gguf_files import write_gguf
    from tests.models.transformer.llamas import write_llama

    write_gguf(path, write_llama(path.with_suffix(""), "tied"))


def _write_programs(folder: Path) -> None:
    """Write the program itself, and a compressor of somebody's own."""
    texts = {
        "neurocomp": f'exec "{sys.executable}" -m neurocomp "$@"',
        "my-compressor": ('case "$1" in -d) gzip -d ;; *) gzip -c "$2" > "$3" ;; esac'),
        "torchrun": f'exec "{sys.executable}" -m torch.distributed.run --standalone "$@"',
    }
    for name, text in texts.items():
        _write(folder / name, f"#!/bin/sh\n{text}\n".encode())
        (folder / name).chmod(0o755)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
