"""The golden frames that machines under an emulator decode: cheap ones, and one of each kind.

An emulator takes some thirty times as long as the machine itself.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from neurocomp.frame import constants
from neurocomp.frame.block import Method
from neurocomp.frame.block_reader import BlockHead
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.index import read_index
from neurocomp.registry.packaged import find_packaged
from tests.decoder import build

COSTS = {
    constants.FAMILY_BYTENET: 5,
    constants.FAMILY_TRANSFORMER: 5,
    constants.FAMILY_DALLE: 5,
    constants.FAMILY_LANGUAGE: 5,
}
"""What a byte takes, roughly, in units of one of context mixing."""

WEIGHTS_OF_A_UNIT = 1 << 14
"""Bytes of a network's weights that take as long as context mixing does."""

CHEAP = 50_000
"""The cost of a file that is always taken."""

MIXED_VARIANTS = 2
"""Variants below this one have no network of bytes: neither family's that may have one."""

SECOND_NETWORK = "text-l"
"""What language models are mixed with."""


def heads_of(path: Path) -> Iterator[tuple[ModelEntry, BlockHead]]:
    """Yield the heads of the coded blocks of a file, and which model each has."""
    for index in read_index(io.BytesIO(path.read_bytes())):
        for head in index.heads:
            if head.method is not Method.STORED:
                yield index.header.models[head.model], head


def traits(path: Path) -> set[tuple[object, ...]]:
    """Return what a file shows: models, coders, variants, numbers of lanes, transforms."""
    found: set[tuple[object, ...]] = set()
    for entry, head in heads_of(path):
        is_network = entry.family == constants.FAMILY_BYTENET
        has_weights = is_network and head.variant >= MIXED_VARIANTS
        model = (entry.family, entry.hash if has_weights or not is_network else b"")
        found.add(("coder", *model, entry.coder_id))
        found.add(("variant", *model, head.variant))
        found.add(("lanes", entry.family, head.num_lanes))
        found.add(("dictionary", entry.family, bool(entry.dictionary)))
        found.add(("transforms", entry.family, head.transforms))
        found.add(("method", head.method))
    if not found:
        found.add(("stored",))
    return found


def cost(path: Path) -> int:
    """Return what decoding takes, in no unit, to order files by."""
    return sum(_cost(entry, head) for entry, head in heads_of(path))


def _cost(entry: ModelEntry, head: BlockHead) -> int:
    per_byte = COSTS.get(entry.family, 1)
    if entry.family == constants.FAMILY_BYTENET:
        packaged = find_packaged(entry.family, entry.hash)
        if head.variant < MIXED_VARIANTS:
            per_byte = 1
        elif packaged is not None:
            per_byte = _cost_of_network(packaged.name)
    elif entry.family == constants.FAMILY_LANGUAGE and head.variant >= MIXED_VARIANTS:
        per_byte += _cost_of_network(SECOND_NETWORK)
    return per_byte * head.decoded_bytes


def _cost_of_network(name: str) -> int:
    return (build.NETWORKS / f"{name}.safetensors").stat().st_size // WEIGHTS_OF_A_UNIT


def chosen(paths: list[Path]) -> list[Path]:
    """Return the files that take little, and of the others the cheapest of every kind.

    Together they show all `traits` that ``paths`` show.
    """
    shown: set[tuple[object, ...]] = set()
    taken = []
    for path in sorted(paths, key=lambda path: (cost(path), path.stem)):
        new = traits(path) - shown
        if new or cost(path) <= CHEAP:
            shown |= new
            taken.append(path)
    return taken
