"""What an exact language model loses beside its checkpoint in floats, on texts of any length.

    python -m benchmarks.floats CHECKPOINT FILE[:BYTES] ... [--window TOKENS]

CHECKPOINT is a GGUF file or a folder of the Llama graph, with norms before its layers.  Both forms
read the same tokens, once, over the same sliding window: torch in float32, layer by layer, and the
core in integers.  Nothing else is mixed in.  The loss is the exact form's bits beyond those of the
floats; the divergence is the mean of KL(float, exact) over the floats' mean entropy.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from neurocomp.exact import Symbols
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.hub.gguf import SUFFIX, GgufCheckpoint
from neurocomp.models.language import LanguageModel
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.checkpoint import Checkpoint
from neurocomp.models.transformer.llama import read_llama
from neurocomp.models.transformer.real import RealBlock, RealLinear, RealModel

ROWS = 96
"""Positions at once."""

LN_2 = math.log(2)


class FloatModel:
    """A checkpoint in float32 over a sliding window, as ``exact.window`` describes it.

    Args:
        real: the checkpoint.
        length: of the window.
    """

    def __init__(self, real: RealModel, length: int) -> None:
        config = real.config
        if config.norms_heads or config.norms_outputs:
            raise SystemExit("norms of heads and of outputs are not part of this forward pass")
        self._real, self._config, self._length = real, config, length
        self._angles = torch.tensor([float(angle) for angle in real.angles], dtype=torch.float64)

    @torch.inference_mode()
    def logits(self, tokens: Symbols, start: int) -> Iterator[Tensor]:
        """Yield logits (rows, V), to base e, after each of ``tokens`` (steps,) from ``start``."""
        stream = _tensor(self._real.embedding)[torch.from_numpy(tokens).long()]
        for index in range(self._config.num_layers):
            block = self._real.block(index)
            stream += self._attended(stream, block, rotates=index not in self._real.unrotated)
            stream += self._inner(stream, block)
        head = self._real.embedding if self._real.head is None else self._real.head
        matrix, scale = _tensor(head), _tensor(self._real.last_norm.scale)
        for rows in torch.split(stream[start:], ROWS):
            yield self._normalised(rows, scale) @ matrix.T

    def _normalised(self, rows: Tensor, scale: Tensor) -> Tensor:
        return functional.rms_norm(rows, rows.shape[-1:], scale, self._real.epsilon)

    def _inner(self, stream: Tensor, block: RealBlock) -> Tensor:
        gate, up = _applied(
            block.inner_in, self._normalised(stream, _tensor(block.inner_norm.scale))
        ).chunk(2, dim=1)
        return _applied(block.inner_out, functional.silu(gate) * up)

    def _attended(self, stream: Tensor, block: RealBlock, *, rotates: bool) -> Tensor:
        """Return what a layer of attention adds to the stream, (steps, K)."""
        config = self._config
        rows = self._normalised(stream, _tensor(block.attention_norm.scale))
        heads = (config.num_heads, config.num_key_heads, config.num_key_heads)
        queries, keys, values = (
            part.reshape(len(rows), -1, config.head_width).transpose(0, 1)  # (heads, steps, width)
            for part in torch.split(
                _applied(block.query_key_value, rows),
                [number * config.head_width for number in heads],
                dim=1,
            )
        )
        places = torch.arange(len(stream))
        far = queries
        if rotates:
            far = self._turned(queries, places.clamp(max=self._length - 1))
            queries, keys = self._turned(queries, places), self._turned(keys, places)
        shared = config.num_heads // config.num_key_heads
        keys, values = (part.repeat_interleave(shared, dim=0) for part in (keys, values))
        sinks = places[: config.sinks]
        parts = []
        for at in torch.split(places, ROWS):
            first = max(int(at[0]) - self._length + 1 + config.sinks, config.sinks)
            near = places[first : int(at[-1]) + 1]
            scores = torch.cat(
                [far[:, at] @ keys[:, sinks].mT, queries[:, at] @ keys[:, near].mT], dim=2
            )
            ages = at[:, None] - torch.cat([sinks, near])
            hidden = ages < 0
            hidden[:, len(sinks) :] |= ages[:, len(sinks) :] >= self._length - config.sinks
            weights = (scores * block.score_scale).masked_fill(hidden, -torch.inf).softmax(2)
            seen = torch.cat([values[:, sinks], values[:, near]], dim=1)
            parts.append((weights @ seen).transpose(0, 1).flatten(1))
        return _applied(block.attention_out, torch.cat(parts))

    def _turned(self, rows: Tensor, places: Tensor) -> Tensor:
        """Return heads (heads, steps, width) rotated to their places."""
        turns = places[:, None] * self._angles
        cosines, sines = turns.cos().float(), turns.sin().float()
        one, other = rows.chunk(2, dim=2)
        return torch.cat([one * cosines - other * sines, one * sines + other * cosines], dim=2)


def _tensor(values: NDArray[np.floating]) -> Tensor:
    return torch.tensor(np.asarray(values, np.float32))


def _applied(layer: RealLinear, rows: Tensor) -> Tensor:
    bias = None if layer.bias is None else _tensor(layer.bias)
    return functional.linear(rows, _tensor(layer.matrix), bias)


def row(name: str, content: bytes, real: RealModel, exact: TransformerModel) -> str:
    """Return the figures of a text as a row of a table."""
    model = LanguageModel(exact)
    tokens = model.tokens(content)
    (line_feed,) = model.tokens(b"\n")
    start = [exact.config.start_symbol, line_feed, line_feed]
    order = np.asarray(model.vocabulary.order)
    kept = np.flatnonzero(order < len(real.embedding))  # others are bytes that it lacks
    columns = torch.from_numpy(order[kept]).long()
    places = torch.full((model.num_tokens,), -1)
    places[columns] = torch.arange(len(columns))
    wanted = places[torch.from_numpy(tokens).long()]
    if int(wanted.min()) < 0:
        raise SystemExit(f"{name} has bytes without a token in the checkpoint")
    read = np.array([*start, *tokens[:-1]], np.int32)
    exacts = model.lanes(1, max_steps=ROWS).foresee(np.asarray(tokens[None], np.int32))
    bits, entropy, divergence = np.zeros(2), 0.0, 0.0
    done = 0
    for rows in FloatModel(real, exact.window).logits(read, len(start) - 1):
        integers = np.concatenate([one.copy() for one in islice(exacts, len(rows))])
        both = (
            rows[:, columns].log_softmax(1) / LN_2,
            (torch.from_numpy(integers[:, kept]).float() * (LN_2 / 1024)).log_softmax(1) / LN_2,
        )
        shares = both[0].exp2()
        entropy -= float((shares * both[0]).sum(1).double().sum())
        divergence += float((shares * (both[0] - both[1])).sum(1).double().sum())
        found = wanted[done : done + len(rows), None]
        bits -= [float(one.gather(1, found).double().sum()) for one in both]
        done += len(rows)
    loss = 100 * (bits[1] / bits[0] - 1)
    figures = [
        *(name, len(content), len(tokens)),
        *(f"{one / len(content):.5f}" for one in bits),
        *(f"{loss:+.3f}", f"{100 * divergence / entropy:.3f}"),
    ]
    return "| " + " | ".join(map(str, figures)) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("files", nargs="+", metavar="FILE[:BYTES]")
    parser.add_argument("--window", type=int, metavar="TOKENS")
    options = parser.parse_args()
    path: Path = options.checkpoint
    real = read_llama(GgufCheckpoint(path) if path.suffix == SUFFIX else Checkpoint(path), {})
    exact = TransformerModel(convert_checkpoint(path))
    if options.window is not None:
        exact = exact.with_window(options.window)
    print("| file | bytes | tokens | float bpb | exact bpb | loss % | divergence % |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for one in options.files:
        name, _, size = one.partition(":")
        content = Path(name).read_bytes()[: int(size) if size else None]
        print(row(Path(name).name, content, real, exact), flush=True)


if __name__ == "__main__":
    main()
