"""Files of text, sorted into kinds, for training and validation."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neurocomp.errors import UsageError
from neurocomp.models.text.config import DataConfig
from neurocomp.training.data import SymbolCache, Symbols
from neurocomp.training.windows import WindowStream, hold_out, spread_pieces


@dataclass(frozen=True)
class Corpus:
    """Text to train on and to validate on.

    Attributes:
        stream: stream of windows to train on.
        validation: pieces to validate on, by kind; a kind may have none.
        files: SHA-256 of each file that was read, by "data file NAME".
        remarks: remarks on these data for people.
    """

    stream: WindowStream
    validation: dict[str, list[Symbols]]
    files: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def kind_of(path: Path) -> str:
    """Return the kind of a file: its name up to the first dot, without a number at its end."""
    return re.sub(r"-\d+$", "", path.name.split(".")[0])


def load_corpus(
    paths: Sequence[Path], cache: SymbolCache, config: DataConfig, context: int, seed: int
) -> Corpus:
    """Return the text of ``paths``.

    Args:
        paths: files of text, perhaps compressed, whose names tell the kind; see `kind_of`.
        cache: cache that turns them into symbols.
        config: configuration of windows, weights and held-out text.
        context: number of symbols before a window that the network needs.
        seed: seed of the shuffle.

    Raises:
        UsageError: a file or its weight is missing, a file is not text, or a kind is too small.
        FormatError: a file is damaged.
    """
    kinds: dict[str, list[Symbols]] = {}
    held: dict[str, list[Symbols]] = {}
    files: dict[str, str] = {}
    remarks = []
    for path in sorted(paths, key=lambda path: path.name):
        symbols = cache.load(path)
        if not symbols.size:
            remarks.append(f"{path} is empty: it is left out")
            continue
        train, validation = hold_out(symbols, cache.separator, config.validation_share)
        kinds.setdefault(kind_of(path), []).append(train)
        held.setdefault(kind_of(path), []).append(validation)
        files[_numbered(f"data file {path.name}", files)] = cache.digests[path]
    if not kinds:
        raise UsageError("there is not text to train on: all files are empty")
    remarks += _unused_weights(config, set(kinds))
    weights = _weights(config, {kind: sum(p.size for p in kinds[kind]) for kind in kinds})
    stream = WindowStream(kinds, weights, config.window, context, cache.separator, seed)
    pieces = {
        kind: spread_pieces(parts, config.validation_pieces, config.validation_length)
        for kind, parts in sorted(held.items())
    }
    if bare := [kind for kind, parts in pieces.items() if not parts]:
        remarks.append(
            f"warning: nothing is held out of the data of {', '.join(bare)}, so that they are not "
            "validated on: add data, or choose a larger data.validation_share"
        )
    pieces = {kind: parts for kind, parts in pieces.items() if parts}
    return Corpus(stream, pieces, files, tuple(remarks))


def _numbered(name: str, taken: Collection[str]) -> str:
    """Return ``name``, with a number where files of several folders are called so."""
    number, result = 1, name
    while result in taken:
        number += 1
        result = f"{name} ({number})"
    return result


def _unused_weights(config: DataConfig, kinds: set[str]) -> list[str]:
    """Return a remark on weights of kinds that no file has."""
    unused = [kind for kind in config.weights if kind not in kinds]
    if not unused:
        return []
    near = [(kind, difflib.get_close_matches(kind, kinds, 1)) for kind in unused]
    shown = [f"{kind} (did you mean {found[0]}?)" if found else kind for kind, found in near]
    effect = "" if len(unused) < len(config.weights) else ", and kinds are drawn by their size"
    return [
        f"[data.weights] has kinds that no file is of: {', '.join(shown)}; they are not used"
        f"{effect} (the files are of {', '.join(sorted(kinds))})"
    ]


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
