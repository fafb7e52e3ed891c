"""The trainings of networks that predict text."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from torch import nn

from neurocomp.errors import UsageError
from neurocomp.models.bytenet.glr import GLR
from neurocomp.models.text.config import (
    GPT2TrainingConfig,
    NeuralNgramTrainingConfig,
    RecurrentTrainingConfig,
    TextConfig,
    TextTrainingConfig,
)
from neurocomp.models.text.corpus import Corpus, load_corpus
from neurocomp.models.text.initial import set_byte_network
from neurocomp.models.text.networks import Alphabet, TextNetwork, alphabet_of, byte_alphabet
from neurocomp.models.text.task import TextTask
from neurocomp.models.tokennets.torch_networks import NeuralNgram, RecurrentTokens
from neurocomp.models.transformer.torch_gpt2 import GPT2
from neurocomp.training.data import SymbolCache
from neurocomp.training.opening import OpenRun
from neurocomp.training.run import Training


@dataclass(frozen=True)
class TextFiles:
    """Files to train a text model on.

    Attributes:
        paths: files of text, perhaps compressed, whose names tell their kind.
        tokenizer: place of the tokenizer, see `gpt2_alphabet`; or None.
        cache: folder for decompressed and tokenised data.
    """

    paths: Sequence[Path]
    tokenizer: Path | None = None
    cache: Path | None = None

    def __post_init__(self) -> None:
        if not self.paths:
            raise UsageError("no training data: name files of text")


@dataclass(frozen=True)
class TextData:
    """The text of a training, and the symbols that it is of."""

    alphabet: Alphabet
    corpus: Corpus


class TextTraining(Training[TextData, TextTask]):
    """The training of one kind of network of text.

    Args:
        config: configuration of the training.
        files: files to train on.
    """

    config: TextTrainingConfig

    def __init__(self, config: TextTrainingConfig, files: TextFiles) -> None:
        super().__init__(config)
        self._files = files

    def alphabet(self) -> Alphabet:
        """Return the symbols that the network is trained on; raises UsageError, FormatError."""
        return alphabet_of(self.config.model.alphabet, self._files.tokenizer)

    @abstractmethod
    def network(self, alphabet: Alphabet) -> TextNetwork:
        """Return a new network."""

    def settings(self, alphabet: Alphabet) -> dict[str, Any]:
        """Return the content of the checkpoints' config.json."""
        settings: dict[str, Any] = self.config.model.published_form(
            alphabet.size, alphabet.separator
        )
        return settings

    def read(self) -> TextData:
        """Return the text; raises UsageError, FormatError."""
        config, alphabet = self.config, self.alphabet()
        cache = SymbolCache(self._files.cache, alphabet.name, alphabet.separator, alphabet.encode)
        context, seed = config.model.context, config.run.seed
        return TextData(alphabet, load_corpus(self._files.paths, cache, config.data, context, seed))

    def hashes(self, data: TextData) -> dict[str, str]:
        """Return those of the files and of the tokenizer."""
        return {**data.corpus.files, "the tokenizer": data.alphabet.name}

    def remarks(self, data: TextData) -> Sequence[str]:
        """Return remarks on what the corpus lacks."""
        return data.corpus.remarks

    def build(self, data: TextData, opened: OpenRun) -> TextTask:
        """Return a new network with its text."""
        config, alphabet, processes = self.config, data.alphabet, opened.processes
        network = self.network(alphabet).to(processes.device)
        settings, micro_batch = self.settings(alphabet), config.run.micro_batch
        return TextTask(
            network, alphabet, data.corpus, config.data, micro_batch, processes, settings
        )


class ByteTraining(TextTraining):
    """The training of the byte network."""

    kind = "text"
    config_class: ClassVar = TextConfig
    config: TextConfig

    def alphabet(self) -> Alphabet:
        """Return that of bytes."""
        return byte_alphabet()

    def network(self, alphabet: Alphabet) -> GLR:
        """Return a new network."""
        return GLR(self.config.model)

    def settings(self, alphabet: Alphabet) -> dict[str, Any]:
        """Return the content of the checkpoints' config.json."""
        return {"model_type": "glr", **dataclasses.asdict(self.config.model)}

    def set_initial(self, network: nn.Module, initial: Path) -> None:
        """Set the parameters to those of a checkpoint, a model file or the package's."""
        assert isinstance(network, GLR), "it is what `network` returned"
        set_byte_network(network, initial)


class GPT2Training(TextTraining):
    """The training of a model of GPT-2's architecture."""

    kind = "gpt2"
    config_class: ClassVar = GPT2TrainingConfig
    config: GPT2TrainingConfig

    def network(self, alphabet: Alphabet) -> GPT2:
        """Return a new network."""
        return GPT2(self.config.model, alphabet.size)


class NeuralNgramTraining(TextTraining):
    """The training of a neural n-gram."""

    kind = "neural-ngram"
    config_class: ClassVar = NeuralNgramTrainingConfig
    config: NeuralNgramTrainingConfig

    def network(self, alphabet: Alphabet) -> NeuralNgram:
        """Return a new network."""
        return NeuralNgram(self.config.model, alphabet.size)


class RecurrentTraining(TextTraining):
    """The training of a recurrent network of tokens."""

    kind = "recurrent"
    config_class: ClassVar = RecurrentTrainingConfig
    config: RecurrentTrainingConfig

    def network(self, alphabet: Alphabet) -> RecurrentTokens:
        """Return a new network."""
        return RecurrentTokens(self.config.model, alphabet.size)
