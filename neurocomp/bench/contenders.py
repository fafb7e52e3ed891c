"""The text of the experiment, and the models that code it, as files in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neurocomp.errors import UsageError
from neurocomp.exact import Stream
from neurocomp.models.common.tokens import TOKENIZER
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.hub.tokenizer import read_tokenizer
from neurocomp.models.ngram.training import train_ngram
from neurocomp.models.text.networks import gpt2_alphabet
from neurocomp.registry.opening import OpenModel, as_mixed, find_mixed, open_model
from neurocomp.registry.packaged import EMBEDDED
from neurocomp.store.folder import ModelStore
from neurocomp.store.headers import ModelHeader
from neurocomp.store.stored import StoredModel
from neurocomp.symbols.bpe import BytePairs
from neurocomp.training.data import SymbolCache

MAX_TOKEN_BYTES = 32
"""How much of a file is read for each token wanted; text has about 4 bytes in one."""


@dataclass(frozen=True, eq=False)
class Excerpt:
    """The start of a text.

    Attributes:
        content: the bytes of the excerpt; every model codes exactly these.
        tokens: the same bytes as byte pairs, shape (n,).
    """

    content: bytes
    tokens: Stream

    @property
    def sha256(self) -> str:
        """Hash of the content, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def tokenizer_of(place: Path) -> bytes:
    """Return a vocabulary as models store it; raises UsageError without one.

    Args:
        place: folder with vocab.json and merges.txt, or with tokenizer.json, or a file like that.
    """
    tokenizer = read_tokenizer(place)
    if tokenizer is None:
        raise UsageError(f"{place} has no tokenizer: name a tokenizer.json, or its folder")
    return tokenizer


def read_excerpt(path: Path, symbol_map: BytePairs, alphabet_size: int, size: int) -> Excerpt:
    """Return the first ``size`` tokens of a text, or all if there are fewer.

    The bytes are cut where the last token ends, and are tokenised again without what followed, so
    that the number of tokens may differ by a few.

    Raises:
        UsageError: the file is missing or empty.
    """
    if not path.is_file():
        raise UsageError(f"{path} does not exist or is not a file: name the text to code")
    with path.open("rb") as file:
        start = file.read(size * MAX_TOKEN_BYTES)
    content = symbol_map.decode(symbol_map.encode(start, alphabet_size)[:size])
    if not content:
        raise UsageError(f"{path} is empty: name a text to code")
    return Excerpt(content, symbol_map.encode(content, alphabet_size))


@dataclass(frozen=True)
class Contender:
    """A model to measure.

    Attributes:
        name: name in tables and figures.
        model: name of a model of the package, or path of a model file.
        path: file of its stored form, if it has one.
        checkpoint: folder of its float original, where there is one.
        is_mixed: whether a language model is mixed with contexts, instead of coding its tokens.
    """

    name: str
    model: str
    path: Path | None
    checkpoint: Path | None = None
    is_mixed: bool = False

    def open(self) -> OpenModel:
        """Return the model; raises what `open_model` does."""
        opened = open_model(self.model, ModelStore())
        return as_mixed(opened) if self.is_mixed else opened

    @property
    def sha256(self) -> str:
        """Hash of the model's integers, hexadecimal."""
        if self.path is None:
            return EMBEDDED[self.model].sha256().hex()
        return ModelHeader.read(self.path).sha256.hex()


@dataclass(frozen=True)
class NgramPlan:
    """Which n-gram models are trained on what.

    Attributes:
        corpus: files of training text, .txt or .xz; a byte 0x1E ends a document.
        tokenizer: folder or file of the tokenizer; see `tokenizer_of`.
        orders: lengths of the longest n-grams.
        min_count: n-grams of 2 tokens and more that occur less often are left out.
    """

    corpus: Sequence[Path]
    tokenizer: Path
    orders: Sequence[int]
    min_count: int = 1


def train_ngrams(plan: NgramPlan, tokenizer: bytes, folder: Path) -> Iterator[Contender]:
    """Train n-grams over byte pairs: back-off and Kneser-Ney; files are written once.

    Raises:
        UsageError, FormatError: a file of the corpus or the tokenizer is missing or damaged.
    """
    if not plan.corpus:
        return
    alphabet = gpt2_alphabet(plan.tokenizer)
    cache = SymbolCache(None, alphabet.name, alphabet.separator, alphabet.encode)
    key = hashlib.sha256(alphabet.name.encode())
    for path in plan.corpus:
        key.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    documents = []
    for path in plan.corpus:
        symbols = np.asarray(cache.load(path))
        ends = np.flatnonzero(symbols == alphabet.separator)
        starts = [0, *(ends + 1).tolist()]
        documents += [symbols[a:b] for a, b in zip(starts, [*ends, symbols.size], strict=True)]
    for smoothing, title in (("katz", "back-off"), ("kneser-ney", "Kneser-Ney")):
        for order in plan.orders:
            counts = min_counts(smoothing, order, plan.min_count)
            own = key.copy()
            own.update(repr(counts).encode())
            target = folder / f"{order}-gram-{smoothing}-{own.hexdigest()[:12]}.safetensors"
            if not target.is_file():
                counted = train_ngram(documents, alphabet.size, order, smoothing, counts)
                stored = counted.to_stored()
                tensors = {**stored.tensors, TOKENIZER: np.frombuffer(tokenizer, np.uint8)}
                StoredModel(stored.architecture, stored.config, tensors).save(target)
            yield Contender(f"{order}-gram, {title}", str(target), target)


KATZ_SINGLETONS = 2
"""Length up to which Katz's back-off stores n-grams that occur once.

Longer ones cost more bits than they save, and tools for n-grams leave them out by default (Stolcke
2002, "SRILM, an extensible language modeling toolkit")."""


def min_counts(smoothing: str, order: int, least: int) -> list[int]:
    """Return how often n-grams of each length must occur to be stored, ``order`` numbers.

    Args:
        smoothing: "katz" or "kneser-ney".
        order: length of the longest.
        least: lower bound for n-grams of 2 tokens and more.
    """
    longest = order if smoothing != "katz" else KATZ_SINGLETONS
    long = max(least, 2)
    return [1] + [least if length <= longest else long for length in range(2, order + 1)]


def convert(checkpoint: Path, folder: Path) -> Contender:
    """Convert a checkpoint directory of a network of tokens; its folder's name is its own."""
    stored = convert_checkpoint(checkpoint)
    target = folder / f"{stored.sha256.hex()[:12]}.safetensors"
    if not target.is_file():
        stored.save(target)
    return Contender(checkpoint.absolute().name, str(target), target, checkpoint)


def installed(name: str) -> Iterator[Contender]:
    """Yield a model of the package or the store; one that can be mixed with contexts twice.

    Raises:
        ModelNotFoundError: there is no such model.
    """
    if name in EMBEDDED:
        yield Contender(name, name, EMBEDDED[name].file)
        return
    path = ModelStore().find(name).path
    contender = Contender(name, str(path), path)
    yield contender
    if find_mixed(contender.open()) is not None:
        yield replace(contender, name=f"{name}, mixed with contexts", is_mixed=True)
