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
    weights = dict(config.weights)
    if not weights:
        weights = {kind: float(sum(part.size for part in parts)) for kind, parts in kinds.items()}
    for kind in sorted(set(kinds) ^ set(weights)):
        if kind in kinds:
            raise UsageError(f"there are data of kind {kind!r}: add {kind} to [data.weights]")
        raise UsageError(
            f"[data.weights] names the kind {kind!r}, which no file of --data is of: "
            f"they are of {', '.join(sorted(kinds))}"
        )
    stream = WindowStream(kinds, weights, config.window, context, cache.separator, seed)
    pieces = {
        kind: spread_pieces(parts, config.validation_pieces, config.validation_length)
        for kind, parts in sorted(held.items())
    }
    return Corpus(stream, pieces)
