"""Which architecture learns most in a given time: python -m benchmarks.bakeoff FILE...

Each network is trained on the same windows for the same CPU time of one thread, the rates following
it along half a cosine, and validated on the mean of the files' kinds, 2 KB from a cold start.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, cast

import torch
from torch import nn

from benchmarks.bakeoff.networks import CONTEXT, KINDS, Contestant
from neurocomp.cli.ui.text import format_table
from neurocomp.errors import UsageError
from neurocomp.models.text.config import DataConfig
from neurocomp.models.text.corpus import load_corpus
from neurocomp.models.text.networks import byte_alphabet
from neurocomp.models.text.task import TextTask
from neurocomp.training.config import OptimizerConfig
from neurocomp.training.data import SymbolCache
from neurocomp.training.distributed import Processes, joined
from neurocomp.training.optim import build_optimizers, set_rates

WIDTH, SEED = 256, 5
DATA = DataConfig(window=256, batch=16, validation_length=2048)
OPTIMIZER = OptimizerConfig(name="muon", matrix_rate=0.02, rate=3e-3)
_MICRO_BATCH = 8
_WARM_UP = 0.05


def contest(
    kind: str, paths: Sequence[Path], seconds: float, processes: Processes, width: int = WIDTH
) -> tuple[int, int, float]:
    """Train a network of one kind.

    Returns:
        Products a byte, bytes seen, and bits per byte in validation.
    """
    torch.manual_seed(SEED)
    network = Contestant(kind, width)
    alphabet = byte_alphabet()
    with TemporaryDirectory() as folder:
        cache = SymbolCache(Path(folder), alphabet.name, alphabet.separator, alphabet.encode)
        corpus = load_corpus(paths, cache, DATA, CONTEXT, SEED)
        shape = DATA, _MICRO_BATCH, processes
        task = TextTask(cast(Any, network), alphabet, corpus, *shape, settings={})
        num_steps = _train(network, task, seconds)
        with torch.no_grad():
            return network.num_products, num_steps * task.step_size, task.evaluate(network)["mean"]


def _train(network: Contestant, task: TextTask, seconds: float) -> int:
    optimizers = build_optimizers(network, network.matrices, OPTIMIZER)
    start, num_steps = process_time(), 0
    while (progress := (process_time() - start) / seconds) < 1:
        falling = math.cos(math.pi * max(progress - _WARM_UP, 0) / (1 - _WARM_UP))
        set_rates(optimizers, min(1.0, progress / _WARM_UP + 0.02) * (1 + falling) / 2)
        batches = task.next_batches()
        for batch in batches:
            (task.loss(network, batch) / len(batches)).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), OPTIMIZER.clip)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        num_steps += 1
    return num_steps


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=150.0)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    arguments = parser.parse_args()
    if arguments.seconds <= 0:
        parser.error("--seconds must be positive")
    torch.set_num_threads(1)
    rows = []
    with joined("cpu") as processes:
        for kind in arguments.kinds:
            try:
                size, seen, bits = contest(kind, arguments.files, arguments.seconds, processes)
            except UsageError as error:
                parser.error(str(error))
            rows.append([kind, f"{size:,}", f"{seen / 1000:,.0f}", f"{bits:.3f}"])
    print(format_table(("network", "products a byte", "KB seen", "bits per byte"), rows))


if __name__ == "__main__":
    main()
