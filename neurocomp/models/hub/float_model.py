"""Any causal language model of transformers, in float: machine-bound."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from neurocomp import extras
from neurocomp.codec.contract import Predictor, SymbolModel
from neurocomp.errors import ModelError, ModelMismatchError, ModelNotFoundError, UnsupportedError
from neurocomp.exact import Frequencies, Symbols, quantise
from neurocomp.frame.constants import MAX_FLOAT_LANES
from neurocomp.models.hub import environment
from neurocomp.models.hub.environment import StepTimer
from neurocomp.models.hub.loading import load_network
from neurocomp.models.hub.places import Place, find_folder
from neurocomp.models.hub.tokenizer import read_tokenizer
from neurocomp.names import printable, quoted
from neurocomp.store.contents import content_key
from neurocomp.symbols import SymbolMap
from neurocomp.symbols.bpe import BytePairs

_WEIGHT_BITS = 37
MIN_LANE_SYMBOLS = 1024


class FloatPredictor(Predictor):
    """The state of a float model over lanes: its own cache of keys and values.

    When the window is full, its last half is read again.  Encoder and decoder make the same calls
    with the same shapes, and so get the same floats on the same machine.
    """

    def __init__(
        self,
        network: Any,
        num_lanes: int,
        context: int,
        start_symbol: int,
        shown: str = "the model",
        num_symbols: int = 0,
    ) -> None:
        self._network = network
        self._shown = shown
        self._timer = StepTimer(shown, num_lanes, num_symbols)
        self._context = context
        self._known = np.full((num_lanes, 1), start_symbol, np.int64)
        self._num_read = 0
        self._cache: Any = None
        self._tables: Frequencies | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables of all lanes, int32 (lanes, V).

        Raises:
            ModelError: the model predicts a value that is not a number.
        """
        if self._tables is None:
            import torch

            self._timer.step()
            news = torch.from_numpy(self._known[:, self._num_read :])
            with torch.inference_mode():
                out = self._network(news, past_key_values=self._cache, use_cache=True)
                shares = torch.softmax(out.logits[:, -1].double(), 1).numpy()
            if not np.isfinite(shares).all():
                raise ModelError(
                    f"{self._shown} predicts NaN: its numbers leave the range of float32 on this "
                    "content, so that it can't code it; take another model"
                )
            self._cache = out.past_key_values
            self._num_read = self._known.shape[1]
            self._tables = quantise((shares * (1 << _WEIGHT_BITS)).astype(np.int64))
        return self._tables

    def update(self, symbols: Symbols) -> None:
        """Append the next ``symbols``, int32 (lanes,)."""
        if self._known.shape[1] == self._context:
            self._known = self._known[:, -(self._context // 2) :]
            self._num_read, self._cache = 0, None
        self._known = np.concatenate([self._known, symbols[:, None].astype(np.int64)], 1)
        self._tables = None


class FloatModel(SymbolModel):
    """A causal language model of transformers.

    Args:
        place: place of the model, which frames record.
        network: the module, ready for inference in float32.
        tokenizer: JSON of its byte-level vocabulary.
    """

    # Tokenizers have words for LF, and texts of training end their lines so.
    prefers_line_feeds = True
    uses_all_cores = True

    def __init__(self, place: Place, network: Any, tokenizer: bytes) -> None:
        self._place = place
        self._network = network
        self._tokenizer = tokenizer
        self._num_symbols = 0

    @classmethod
    def load(cls, name: str, *, may_fetch: bool = True) -> FloatModel:
        """Load the model ``name``, a folder or a hub's name, never running code of its own.

        Raises:
            MissingPackageError: a package of the extra ``hub`` is not installed.
            ModelNotFoundError: it can't be had.
            UnsupportedError: it is not causal, or its tokenizer is not byte-level BPE.
            FormatError: its weights are not whole and finite.
        """
        extras.require(f"model {quoted(f'hf:{name}')}", "hub", *extras.FLOAT_MODELS)
        return cls._load(Place(name), may_fetch=may_fetch)

    @classmethod
    def _load(cls, place: Place, *, may_fetch: bool) -> FloatModel:
        folder, found = find_folder(place, may_fetch=may_fetch)
        network, tokenizer = _loaded(folder, found)
        return cls(found, network, tokenizer)

    @classmethod
    def for_frame(cls, identity: bytes, parameters: bytes, recorded: bytes) -> FloatModel:
        """Return the model that a frame names, where this machine can decode the frame.

        Raises:
            ModelMismatchError: the machine, or the weights, are others.
            ModelNotFoundError: the model is not on this machine.
            FormatError: the frame's fields are damaged.
        """
        environment.check(recorded)
        place = Place.from_bytes(parameters)
        model = cls._load(place, may_fetch=False)
        if model.identity != identity:
            raise ModelMismatchError(
                f"the weights of {model._place} have SHA-256 {model.identity.hex()}, the frame "
                f"needs {identity.hex()}, which was {place} where it was written"
            )
        # Where it was is the frame's to say.
        model._place = place
        return model

    @property
    def alphabet_size(self) -> int:
        """Number of different symbols, V."""
        return int(self._network.get_output_embeddings().weight.shape[0])

    @cached_property
    def identity(self) -> bytes:
        """SHA-256 of names and contents of the weights, and of the tokenizer."""
        digest = hashlib.sha256(self._tokenizer)
        for name, tensor in sorted(self._network.state_dict().items()):
            digest.update(f"\0{name}\0{tuple(tensor.shape)}\0".encode())
            digest.update(tensor.contiguous().numpy().tobytes())
        return digest.digest()

    @property
    def parameters(self) -> bytes:
        """The model's name and place, by which a decoder finds it again."""
        return self._place.to_bytes()

    @cached_property
    def environment(self) -> bytes:
        """The environment that its floats depend on."""
        return environment.to_bytes(environment.environment())

    @cached_property
    def symbol_map(self) -> SymbolMap:
        """Byte pairs of the model's vocabulary."""
        return BytePairs(self._tokenizer)

    def predictor(self, num_lanes: int) -> FloatPredictor:
        """Return a predictor whose lanes have read the start symbol only."""
        config = self._network.config
        context = int(getattr(config, "max_position_embeddings", 1024))
        start = getattr(config, "bos_token_id", None)
        if not isinstance(start, int) or not 0 <= start < self.alphabet_size:
            start = 0
        return FloatPredictor(
            self._network, num_lanes, context, start, str(self._place), self._num_symbols
        )

    def num_lanes(self, num_symbols: int) -> int:
        """Return 1 lane for each 1024 symbols, at most 16."""
        self._num_symbols = num_symbols  # for the estimate of the time
        return min(max(num_symbols // MIN_LANE_SYMBOLS, 1), MAX_FLOAT_LANES)


_kept: dict[Hashable, tuple[Any, bytes]] = {}
"""The network and tokenizer that were loaded last, by the contents of their files."""


def _loaded(folder: Path, place: Place) -> tuple[Any, bytes]:
    key = _contents(folder)
    loaded = _kept.get(key)
    if loaded is None:
        if not (folder / "config.json").is_file():
            raise ModelNotFoundError(
                f"{printable(folder)} holds no model of transformers: it has no config.json"
            )
        tokenizer = read_tokenizer(folder)
        if tokenizer is None:
            raise UnsupportedError(
                f"{printable(folder)} has no vocab.json and merges.txt, or tokenizer.json"
            )
        loaded = load_network(folder, str(place)), tokenizer
        _kept.clear()
        if _contents(folder) == key:  # not exchanged meanwhile
            _kept[key] = loaded
    return loaded


def _contents(folder: Path) -> Hashable:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return tuple((path.name, content_key(path)) for path in files)
