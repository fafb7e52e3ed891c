"""Writes seeds for the targets of libFuzzer, from the golden files."""

from __future__ import annotations

import io
import shutil
import sys
from itertools import product
from pathlib import Path

from neurocomp.frame import constants
from neurocomp.frame.block import Block, Method
from neurocomp.frame.index import read_index
from neurocomp.frame.reader import FrameBlock, read_frames
from tests.decoder import lanes
from tests.golden import cases

MAX_BYTES = 1 << 16
MAX_FRAME_CONTENT = 1 << 12
"""What core/fuzz/frame.cpp decodes at most."""

SYMBOL_MODELS = (
    *("adaptive", "bytes", "tokens", "transformer", "neural-ngram", "recurrent-tokens", "prior"),
)
"""In the order of core/fuzz/symbols.cpp."""


def main(folder: Path) -> None:
    for name in ("frame", "mix", "bytenet", "symbols", "language", "model"):
        shutil.rmtree(folder / name, ignore_errors=True)  # of another state of the sources
        (folder / name).mkdir(parents=True)
    for path in sorted(cases.VALID.glob("*.ncmp")) + sorted(cases.INVALID.glob("*.ncmp")):
        if path.parent == cases.INVALID or content_bytes(path) <= MAX_FRAME_CONTENT:
            (folder / "frame" / path.name).write_bytes(path.read_bytes())
    for path in sorted(cases.BYTE_MODEL.parent.glob("*.safetensors")):
        (folder / "model" / path.name).write_bytes(path.read_bytes())
    for path in sorted(cases.VALID.glob("*.ncmp")):
        for number, event in enumerate(read_frames(io.BytesIO(path.read_bytes()))):
            if not isinstance(event, FrameBlock) or event.block.method is Method.STORED:
                continue
            block, model = event.block, event.header.models[event.block.model]
            family = constants.FAMILY_NAMES[model.family]
            write_symbols(folder / "symbols", path.stem, number, block, model.coder_id)
            if family not in ("mix", "bytenet", "language") or block.num_symbols >= MAX_BYTES:
                continue
            if block.num_lanes > 1 or model.dictionary:
                continue
            fields = bytes([block.variant, 0]) + block.num_symbols.to_bytes(2, "little")
            target = "mix" if family == "bytenet" and block.variant < 2 else family
            (folder / target / f"{path.stem}-{number}").write_bytes(fields + block.payload)
    write_lanes(folder)


def write_lanes(folder: Path) -> None:
    """Write seeds of a language model in one to four lanes, with a second opinion and without."""
    for num_lanes, is_helped in product((1, 2, 3, 4), (False, True)):
        frame = lanes.code(cases.TEXT[:10] * 15 * num_lanes, num_lanes, is_helped=is_helped)
        block = lanes.block_of(frame)
        fields = bytes([block.variant, num_lanes - 1]) + block.num_symbols.to_bytes(2, "little")
        name = f"lanes-{num_lanes}-{block.variant}"
        (folder / "language" / name).write_bytes(fields + block.payload)
        (folder / "frame" / f"{name}.ncmp").write_bytes(frame)


def content_bytes(path: Path) -> int:
    """Return the size of a valid file's content."""
    indices = read_index(io.BytesIO(path.read_bytes()))
    return sum(place.decoded_bytes for index in indices for place in index.places)


def write_symbols(folder: Path, name: str, number: int, block: Block, coder: int) -> None:
    """Write the seed of a block of a model of symbols."""
    found = [i for i, one in enumerate(SYMBOL_MODELS) if f"-{one}-" in name]
    if len(found) != 1 or block.num_symbols >= MAX_BYTES or block.num_lanes > 4:
        return
    is_huffman = coder == constants.CODER_HUFFMAN
    fields = bytes([found[0], is_huffman, block.num_lanes - 1])
    fields += block.num_symbols.to_bytes(2, "little")
    (folder / f"{name}-{number}").write_bytes(fields + block.payload)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
