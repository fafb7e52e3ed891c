"""What the examples of docs/cli.md need: files, and what a reader has done before each.

Its sections are in the order of the alphabet; examples are run in an order in which those that
train a model come before those that use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import neurocomp
from neurocomp import extras
from tests.conftest import make_text
from tests.docs.material import (
    write_gguf_of_llama,
    write_images,
    write_published,
    write_texts,
    write_tokenizer,
)

FIRST = (
    "neurocomp train text",
    "neurocomp models import run/checkpoints/step-00000720",
    "neurocomp train average",
    "neurocomp train mixers",
    "neurocomp train gpt2",
    "neurocomp train neural-ngram",
    "neurocomp models import run/checkpoints/step-00000900 --name neural",
    "neurocomp train recurrent",
    "neurocomp models import run/checkpoints/step-00000900 --name recurrent",
    "neurocomp dalle make-rainbow",
    "neurocomp dalle train-vae",
    "neurocomp dalle tokenize",
    "neurocomp dalle render",
    "neurocomp dalle train-prior",
)
"""Commands that are run before all others, in this order."""

BEFORE: Mapping[str, str] = {
    "neurocomp bench compare": (
        "neurocomp bench run --files note.txt -c store -o before;"
        " mkdir now; mv before/files before/text; cp -r before/text now/text"
    ),
    "neurocomp bench run --files a.txt": "cp note.txt a.txt",
    "neurocomp bulk compress letters archive --engine ray": "rm -rf archive",
    "neurocomp bulk compress letters archive --part": "rm -rf archive",
    "neurocomp compress report.txt": "rm -f report.txt.ncmp",
    "tar c src": "rm -f src.tar.ncmp",
    "neurocomp compress --dict": "cp letters/3.txt new-letter.txt",
    "neurocomp compress --model letters": "rm -f new-letter.txt.ncmp",
    "neurocomp decompress new-letter.txt.ncmp": "rm new-letter.txt",
    "neurocomp decompress --range": "cp big.ncmp log.ncmp",
    "neurocomp explain --against": "cat book.txt book.txt book.txt book.txt > report.txt",
    "neurocomp explain -m dalle:rainbow": "neurocomp dalle tokenize rainbow.tar -f -o x.tokens",
    "neurocomp models add letters.safetensors": (
        "neurocomp train ngram letters/0.txt -f -o letters.safetensors"
    ),
    "neurocomp models import run/checkpoints/step-00000720": (
        "mv run/checkpoints/step-00000002 run/checkpoints/step-00000720"
    ),
    "neurocomp models import run/checkpoints/step-00000900": (
        "mv run/checkpoints/step-00000002 run/checkpoints/step-00000900"
    ),
    "neurocomp train average": "mv run/checkpoints/step-00000720 run/checkpoints/step-00002500",
    "neurocomp train gpt2 letters.txt": (
        "neurocomp recipes new gpt2 -o small.toml;"
        " sed -i 's/^alphabet = .*/alphabet = \"bytes\"/' small.toml"
    ),
    "neurocomp dalle train-vae photos": (
        "rm -rf vae mine.toml; neurocomp recipes new vae --size 64 -o mine.toml;"
        " neurocomp dalle train-vae photos --config mine.toml -o vae"
    ),
    "neurocomp dalle tokenize emoji.tar": "cp rainbow.tar emoji.tar",
    "neurocomp dalle train-prior x.tokens": "cp rainbow.tokens x.tokens",
    "neurocomp dalle train-prior photos": (
        "rm mine.toml; neurocomp recipes new prior -o mine.toml"
    ),
    "neurocomp dalle eval held-out.tokens": (
        "cp rainbow.tokens held-out.tokens; cp rainbow.tokens train.tokens"
    ),
    "neurocomp dalle eval all.tokens": "cp rainbow.tokens all.tokens",
}
"""What a reader has done before a command that begins so."""


DAMAGED = ("damaged.ncmp", "disk.img.ncmp")


def code(line: str) -> int:
    """Return the exit code that a command must end with."""
    return int(" --recover " in line and line.endswith(DAMAGED))


def rank(line: str) -> int:
    """Return which of the examples comes when."""
    found = [number for number, start in enumerate(FIRST) if line.startswith(start)]
    return found[0] if found else len(FIRST)


def write_material(folder: Path) -> None:
    """Write the files that examples name, besides those that all pages have."""
    rows = b"".join(b"%d,%d\n" % (row, row * row) for row in range(2000))
    for name in ("logs/a.log", "logs/b/c.log", "old.log", "notes.pdf", "corpus/a.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(rows[: 300 * len(name)])
    letters = [path.read_bytes() for path in sorted((folder / "letters").iterdir())]
    (folder / "letters.txt").write_bytes(b"".join(letters))
    (folder / "new-letter.txt").write_bytes(letters[0] + b"Yours")
    (folder / "backup.tar.ncmp").write_bytes(neurocomp.compress(rows, preset="fast"))
    program = folder / "bin/my"
    program.write_text(
        """#!/bin/sh\ncase "$1" in -d) gzip -d < "$2" ;; *) gzip < "$2" ;; esac > "$3"\n"""
    )
    program.chmod(0o755)
    _write_damaged(folder)


def write_material_of_minutes(folder: Path) -> None:
    """Write what examples that take minutes need besides, where packages for them are there."""
    write_texts(folder)
    if extras.has("tokenizers"):
        write_tokenizer(folder / "gpt2")
    if extras.has("torch") and extras.has("gguf"):
        write_gguf_of_llama(folder / "SmolLM2-360M-Instruct.Q8_0.gguf")
    if all(map(extras.has, ("torch", "PIL", "yaml"))):
        write_images(folder)
        write_published(folder)


def _write_damaged(folder: Path) -> None:
    """Write files of three blocks, of which the second is damaged."""
    frame = bytearray(neurocomp.compress(make_text(9000, seed=7), preset="fast", block_bytes=4096))
    frame[len(frame) // 2] ^= 1
    for name in DAMAGED:
        (folder / name).write_bytes(frame)
