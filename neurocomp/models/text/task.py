"""A network that predicts the next symbol of text, as the training loop sees it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.models.text.config import DataConfig
from neurocomp.models.text.corpus import Corpus
from neurocomp.models.text.networks import Alphabet, TextNetwork
from neurocomp.training.cross_entropy import cross_entropy
from neurocomp.training.data import Symbols
from neurocomp.training.distributed import Processes
from neurocomp.training.run_folder import write_file
from neurocomp.training.sampled_softmax import SymbolSampler, sampled_cross_entropy
from neurocomp.training.task import Task, check_batch

IGNORED = -100
"""Target of a position that doesn't count."""


class TextTask(Task):
    """Cross-entropy of the next symbol.

    Args:
        network: network to train, on the device of ``processes``.
        alphabet: its symbols.
        corpus: data with the network's context.
        data: configuration of windows and batch.
        micro_batch: number of windows that one process works on at once.
        processes: processes that train.
        settings: content of the checkpoints' config.json.

    Raises:
        UsageError: the batch is not a multiple of micro-batches over all processes.
    """

    count_name = "symbols"

    def __init__(
        self,
        network: TextNetwork,
        alphabet: Alphabet,
        corpus: Corpus,
        data: DataConfig,
        micro_batch: int,
        processes: Processes,
        settings: dict[str, Any],
    ) -> None:
        check_batch(data.batch, micro_batch, processes)
        self.module = network
        self.matrices = network.matrices
        self.blocks = list(network.blocks)
        self.processes = processes
        self._alphabet, self._corpus, self._data = alphabet, corpus, data
        self.loss_unit = "bits per byte" if alphabet.encode is None else "bits per symbol"
        self._context = network.config.context
        self._micro_batch = micro_batch
        self._settings = settings
        self._symbol_bytes = torch.from_numpy(alphabet.symbol_bytes)
        self._sampler = None
        if 0 < data.sampled_symbols < alphabet.size:
            counts = corpus.stream.symbol_counts(alphabet.size)
            self._sampler = SymbolSampler(counts, data.sampled_symbols, processes.device)

    @property
    def step_size(self) -> int:
        """Symbols in one step, over all processes."""
        return self._data.batch * self._data.window

    def next_batches(self) -> Sequence[Tensor]:
        """Return micro-batches of shape (micro_batch, context + window), int64."""
        rank, count = self.processes.rank, self.processes.count
        samples = self._corpus.stream.take(self._data.batch, rank, count)
        windows = torch.from_numpy(samples)
        if self.processes.device.type == "cuda":
            windows = windows.pin_memory()  # so that the copy does not wait for steps before
        windows = windows.to(self.processes.device, non_blocking=True)
        return torch.split(windows, self._micro_batch)

    def loss(self, module: nn.Module, batch: Tensor) -> Tensor:
        """Return the mean code length of the windows' symbols in bits.

        Where a training has `DataConfig.sampled_symbols`, it is an estimate.
        """
        targets = batch[:, self._context :].flatten()
        if self._sampler is None:
            logits = module(batch[:, :-1])  # (B, T, V)
            return cross_entropy(logits.flatten(0, 1), targets) / math.log(2)
        sample = self._sampler.draw(targets)
        logits = module(batch[:, :-1], sample.symbols)  # (B, T, C)
        return sampled_cross_entropy(logits.flatten(0, 1), sample) / math.log(2)

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """Return bits per byte of each kind's validation pieces, and their mean as "mean".

        Nothing where there are none.
        """
        kinds = self._corpus.validation
        sums = {kind: self._sum_bits(module, pieces) for kind, pieces in kinds.items()}
        totals = iter(self.processes.sum([value for pair in sums.values() for value in pair]))
        if not kinds:
            return {}
        measures = {kind: next(totals) / next(totals) for kind in sums}
        return {**measures, "mean": sum(measures.values()) / len(measures)}

    def unit_of(self, measure: str) -> str:
        """Return that of all kinds of text."""
        return "bits per byte"

    def position(self) -> dict[str, Any]:
        """Return the windows taken of each kind."""
        return dict(self._corpus.stream.state())

    def restore(self, position: dict[str, Any]) -> None:
        """Go to a position in the data."""
        self._corpus.stream.restore(position)

    def describe(self, folder: Path) -> None:
        """Write config.json and the tokenizer's files."""
        text = json.dumps(self._settings, indent=2)
        write_file(folder / "config.json", text.encode())
        for name, content in self._alphabet.files.items():
            write_file(folder / name, content)

    def _sum_bits(self, module: nn.Module, pieces: Sequence[Symbols]) -> tuple[float, float]:
        """Return the bits and the bytes of this process's share of ``pieces``."""
        num_bits, num_bytes = 0.0, 0
        for batch in self._batches(pieces):
            samples = torch.from_numpy(batch).to(self.processes.device)
            logits = module(samples[:, :-1].clamp(min=0))
            targets = samples[:, self._context :]
            nats = functional.cross_entropy(
                logits.float().flatten(0, 1),
                targets.flatten(),
                reduction="sum",
                ignore_index=IGNORED,
            )
            num_bits += nats.item() / math.log(2)
            num_bytes += int(self._symbol_bytes[targets[targets != IGNORED].cpu()].sum())
        return num_bits, num_bytes

    def _batches(self, pieces: Sequence[Symbols]) -> Iterator[NDArray[np.int64]]:
        """Yield as many batches in each process, since FSDP has all of them take part."""
        rank, count = self.processes.rank, self.processes.count
        shape = (self._micro_batch, self._context + self._data.validation_length)
        for start in range(0, len(pieces), self._micro_batch * count):
            batch = np.full(shape, IGNORED, np.int64)
            batch[:, : self._context] = self._alphabet.separator
            first = start + rank * self._micro_batch
            for row, piece in enumerate(pieces[first : first + self._micro_batch]):
                batch[row, self._context : self._context + piece.size] = piece
            yield batch
