"""Files of text, sorted into kinds, for training and validation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import UsageError
from neurocomp.training.cache import SymbolCache, Symbols
from neurocomp.training.text.config import DataConfig
from neurocomp.training.windows import WindowStream, hold_out, spread_pieces


@dataclass(frozen=True)
class Corpus:
    """Text to train on and pieces to validate on, the latter by kind."""

    stream: WindowStream
    validation: dict[str, list[Symbols]]


def kind_of(path: Path) -> str:
    """Return the kind of a file: its name up to the first dot, without a number at its end."""
    return re.sub(r"-\d+$", "", path.name.split(".")[0])


def load_corpus(
    paths: Sequence[Path], cache: SymbolCache, config: DataConfig, context: int, seed: int
) -> Corpus:
    """Return the text of ``paths``.

    Args:
        paths: .txt or .xz files, of which names tell the kind; see `kind_of`.
        cache: turns them into symbols.
        config: windows, weights and what is held out.
        context: symbols before a window that the network needs.
        seed: of the shuffle.

    Raises:
        UsageError: a file or its weight is missing, or a kind is too small.
        FormatError: a file is damaged.
    """
    kinds: dict[str, list[Symbols]] = {}
    held: dict[str, list[Symbols]] = {}
    for path in sorted(paths, key=lambda path: path.name):
        train, validation = hold_out(cache.load(path), cache.separator, config.validation_share)
        kinds.setdefault(kind_of(path), []).append(train)
        held.setdefault(kind_of(path), []).append(validation)
    weights = _weights(config, {kind: sum(p.size for p in kinds[kind]) for kind in kinds})
    stream = WindowStream(kinds, weights, config.window, context, cache.separator, seed)
    pieces = {
        kind: spread_pieces(parts, config.validation_pieces, config.validation_length)
        for kind, parts in sorted(held.items())
    }
    return Corpus(stream, pieces)


def _weights(config: DataConfig, sizes: dict[str, int]) -> dict[str, float]:
    """Return the weights of kinds by the configuration, or their sizes where it knows none.

    A recipe's weights of kinds that are not there say nothing.
    """
    weights = {kind: weight for kind, weight in config.weights.items() if kind in sizes}
    if not weights:
        return {kind: float(size) for kind, size in sizes.items()}
    if missing := sorted(set(sizes) - set(weights)):
        raise UsageError(
            f"[data.weights] has {', '.join(weights)}, but there are data of {', '.join(missing)} "
            "too: add what is missing, or leave out all weights"
        )
    return weights
