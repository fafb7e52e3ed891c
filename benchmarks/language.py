"""What each part of a language model's mixture saves, and whole frames beside the preset best.

    python -m benchmarks.language FILE[:BYTES] ... [--model smollm2] [--decode] [--keep FOLDER]

Bits per byte of the model's tokens alone, with the bias that is learnt online, and of payloads with
contexts, and with the second opinion; then bytes of whole frames.  With --decode each frame is
decoded again and compared, with --keep it stays in a folder.  One pass of the model gives all of
it; a block of more than 32 KB is coded in lanes, and has samples besides.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import numpy as np
from numpy.typing import NDArray

import neurocomp
from neurocomp.exact import Symbols
from neurocomp.models.language import LanguageModel, codec
from neurocomp.models.language.lanes import Logits
from neurocomp.models.mix import NUM_PROFILES

BIAS_RATE = 3 / 16
"""Octaves: that of the core."""


class Tapped(codec.Ways):
    """Codes a block both ways to its end, and counts what tokens cost without contexts."""

    made: ClassVar[list[Tapped]] = []

    def __init__(self, model: LanguageModel, data: bytes, sizes: list[int]) -> None:
        super().__init__(model, data, sizes)
        self._places = np.zeros(model.num_tokens, np.int64)
        order = model.vocabulary.order
        self._places[order] = np.arange(len(order))
        self._left = np.array(sizes)
        self._lengths = np.zeros(model.num_tokens, np.int64)
        for number in order:
            self._lengths[number] = len(model.token_map.contents.get(int(number), b""))
        self._bias = np.zeros(len(order))
        self.bits = np.zeros(2)
        self.sizes: dict[bool, int] = {}
        self.num_bytes = len(data)
        self.made.append(self)

    def encode(self, first: int, logits: Logits, tokens: Symbols) -> bool:
        """Count, then code."""
        for lane, (row, token) in enumerate(zip(logits, tokens, strict=True), first):
            if self._left[lane] > 0:
                self._left[lane] -= self._lengths[token]
                self._count(row[: len(self._bias)] / 1024, self._places[token])
        return super().encode(first, logits, tokens)

    def _count(self, logits: NDArray[np.float64], place: int) -> None:
        self.bits[0] += _cost(_shares(logits), place)
        shares = _shares(logits + self._bias)
        self.bits[1] += _cost(shares, place)
        self._bias -= BIAS_RATE * shares
        self._bias[place] += BIAS_RATE

    def choose(self) -> None:
        """Go on both ways."""

    def payloads(self) -> dict[int, bytes]:
        """Note the sizes."""
        found = super().payloads()
        self.sizes = {variant >= NUM_PROFILES: len(one) for variant, one in found.items()}
        return found


def _shares(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp2(logits - logits.max())
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _cost(shares: NDArray[np.float64], place: int) -> float:
    return -float(np.log2(shares[place]))


def row(name: str, content: bytes, model: str, keep: Path | None, *, decode: bool) -> str:
    """Return the figures of a file as a row of a table."""
    Tapped.made.clear()
    with mock.patch.object(codec, "Ways", Tapped):
        frame = neurocomp.compress(content, model=model)
    best = neurocomp.compress(content, preset="best")
    if keep is not None:
        (keep / f"{name}.ncmp").write_bytes(frame)
    if decode and neurocomp.decompress(frame) != content:
        raise SystemExit(f"{name}: the content does not come back")
    figures: list[Any] = [name, len(content)]
    whole = [one for one in Tapped.made if one.num_bytes == max(x.num_bytes for x in Tapped.made)]
    tapped = whole[-1]
    sizes = [*tapped.bits, *(8 * tapped.sizes.get(helped, 0) for helped in (False, True))]
    figures += [f"{bits / tapped.num_bytes:.4f}" for bits in sizes]
    figures += [len(frame), f"{8 * len(frame) / len(content):.4f}", len(best)]
    return "| " + " | ".join(map(str, figures)) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("files", nargs="+", metavar="FILE[:BYTES]")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--decode", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for the frames")
    options = parser.parse_args()
    print("| file | bytes | tokens | + bias | + contexts | + text-l | frame | bpb | best |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for one in options.files:
        path, _, size = one.partition(":")
        content = Path(path).read_bytes()[: int(size) if size else None]
        name = Path(path).name
        print(row(name, content, options.model, options.keep, decode=options.decode), flush=True)


if __name__ == "__main__":
    main()
