"""A prior, as the training loop sees it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from neurocomp.models.dalle.prior import Prior
from neurocomp.models.dalle.training.config import PriorDataConfig
from neurocomp.models.dalle.training.prior_data import CaptionTokenizer, PriorSamples
from neurocomp.training.distributed import Processes
from neurocomp.training.run_folder import write_file
from neurocomp.training.task import Task, check_batch, count_in

CONFIG_NAME, TOKENIZER_NAME = "config.json", "tokenizer.json"


class PriorTask(Task):
    """Cross-entropy of captions and codes.

    Args:
        prior: prior to train, on the device of ``processes``.
        tokenizer: tokenizer of captions.
        training, validation: samples; the latter may be None.
        data: batch, dropout and weights.
        micro_batch: samples that one process works on at once.
        seed: seed of the shuffle.
        processes: processes that train.

    Raises:
        UsageError: the batch is not a multiple of micro-batches over all processes.
    """

    loss_unit = "bits per token"
    count_name = "images"

    def __init__(
        self,
        prior: Prior,
        tokenizer: CaptionTokenizer,
        training: PriorSamples,
        validation: PriorSamples | None,
        data: PriorDataConfig,
        micro_batch: int,
        seed: int,
        processes: Processes,
    ) -> None:
        check_batch(data.batch, micro_batch, processes)
        self.module = prior
        self.matrices = prior.matrices
        self.blocks = list(prior.blocks)
        self.processes = processes
        self._shape, self._config = prior.shape, prior.config
        self._tokenizer = tokenizer
        self._training, self._validation = training, validation
        self._data, self._micro_batch, self._seed = data, micro_batch, seed
        self._num_taken = 0
        self._text_tokens = 1.0  # in a micro-batch of this step, the mean over all processes'

    @property
    def step_size(self) -> int:
        """Images in one step, over all processes."""
        return self._data.batch

    def next_batches(self) -> Sequence[Tensor]:
        """Return micro-batches of shape (micro_batch, 2, context), int64: samples, what is seen."""
        rank, count = self.processes.rank, self.processes.count
        samples, seen = self._training.drawn(
            self._data.batch, self._num_taken, self._seed, self._data, rank, count
        )
        self._num_taken += self._data.batch
        rows = torch.from_numpy(np.stack([samples, seen], axis=1))
        [tokens] = self.processes.sum([float(self._counted(rows[:, 0]).sum())])
        num_micro = self._data.batch // self._micro_batch
        self._text_tokens = max(tokens, 1.0) / num_micro
        return torch.split(rows.to(self.processes.device), self._micro_batch)

    def loss(self, module: nn.Module, batch: Tensor) -> Tensor:
        """Return the weighted mean code length of captions' tokens and of codes, in bits.

        The former is a mean over the step's tokens, of all micro-batches and processes.
        """
        text_bits, _, image_bits = self._bits(module, batch[:, 0], batch[:, 1])
        text = text_bits.sum() / self._text_tokens
        weight = self._data.text_weight
        return weight * text + (1 - weight) * image_bits.mean()

    def evaluate(self, module: nn.Module) -> dict[str, float]:
        """Return bits of a latent and of a caption on held-out captions; all processes call this.

        "latent" is with the caption, "latent_alone" without, "caption" of a whole caption.
        """
        if self._validation is None:
            return {}
        sums = [0.0] * 5
        rank, count = self.processes.rank, self.processes.count
        # The same ones each time, from all over the data.
        order = np.random.default_rng(0).permutation(self._validation.size)
        numbers = order[: self._data.validation_images]
        stride = self._micro_batch * count
        for start in range(0, numbers.size, stride):
            # As many batches in each process, since FSDP has all of them take part.
            first = start + rank * self._micro_batch
            own = numbers[first : first + self._micro_batch]
            shown = own if own.size else numbers[:1]
            for place, with_captions in ((0, True), (3, False)):
                rows = self._validation.plain(shown, with_captions=with_captions)
                batch = torch.from_numpy(rows).to(self.processes.device)
                text_bits, is_text, image_bits = self._bits(module, batch, batch)
                if own.size:
                    sums[place] += float(image_bits.sum())
                    if with_captions:
                        sums[1] += float(text_bits.sum())
                        sums[2] += float(is_text.any(1).sum())
                    else:
                        sums[4] += own.size
        latent, caption, captions, alone, images = self.processes.sum(sums)
        latents = images * self._shape.records.num_latents
        found = {"latent_alone": alone / latents}
        if captions:
            found |= {"latent": latent / latents, "caption": caption / captions}
        return found

    def unit_of(self, measure: str) -> str:
        """Return the unit that bits are counted for."""
        return "bits per caption" if measure == "caption" else "bits per latent"

    def position(self) -> dict[str, Any]:
        """Return the number of samples taken."""
        return {"samples": self._num_taken}

    def restore(self, position: dict[str, Any]) -> None:
        """Go to a position in the data."""
        self._num_taken = count_in(position, "samples")

    def describe(self, folder: Path) -> None:
        """Write config.json and tokenizer.json."""
        fields = {"model": asdict(self._config), "shape": self._shape.to_json()}
        write_file(folder / CONFIG_NAME, json.dumps(fields, indent=2).encode())
        write_file(folder / TOKENIZER_NAME, self._tokenizer.json)

    def _bits(
        self, module: nn.Module, batch: Tensor, seen: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return bits of text (B, T), 0 where they don't count, which do, and of codes (B, N).

        The network reads ``seen`` and is to predict ``batch``, both (B, context).
        """
        text_logits, image_logits = module(seen[:, :-1])
        is_text = self._counted(batch)
        text_bits = _code_lengths(text_logits, self._shape.text_of(batch)) * is_text
        return text_bits, is_text, _code_lengths(image_logits, self._shape.codes_of(batch))

    def _counted(self, batch: Tensor) -> Tensor:
        """Return which places of captions count, (B, T).

        An image without a caption says nothing about captions.
        """
        text = self._shape.text_of(batch)
        counted: Tensor = self._shape.counted(text) & (text[:, :1] != self._shape.pad_at(0))
        return counted


def _code_lengths(logits: Tensor, targets: Tensor) -> Tensor:
    """Return -log2 of the targets' probabilities, (B, S), of logits (B, S, V)."""
    flat = functional.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), reduction="none"
    )
    return (flat / math.log(2)).view(targets.shape)
