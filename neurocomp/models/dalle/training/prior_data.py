"""Training data of a prior: captions as byte pairs, some merges left out, and codes."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.errors import UsageError
from neurocomp.models.dalle.shape import PriorShape
from neurocomp.models.dalle.token_files import TokenSet
from neurocomp.models.dalle.training.config import PriorDataConfig
from neurocomp.symbols.bpe import BytePairs, byte_characters, split_words


def learn_tokenizer(captions: Sequence[str], vocabulary: int) -> bytes:
    """Return the JSON of byte pairs for ``captions``, as `symbols.BytePairs` reads it.

    Args:
        captions: captions that the pairs are counted in.
        vocabulary: number of tokens at most, the 256 bytes included.
    """
    extras.require("learning byte pairs", "dalle", "tokenizers")
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        show_progress=False,
        initial_alphabet=sorted(byte_characters()),
    )
    tokenizer.train_from_iterator(iter(captions), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = [one if isinstance(one, str) else " ".join(one) for one in model["merges"]]
    fields = {"vocab": model["vocab"], "merges": merges}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class CaptionTokenizer:
    """Turns captions into tokens, in more ways than one where pairs are left apart.

    Args:
        tokenizer: JSON of `learn_tokenizer`.
    """

    def __init__(self, tokenizer: bytes) -> None:
        self.json = tokenizer
        fields = json.loads(tokenizer)
        self._numbers: dict[str, int] = fields["vocab"]
        pairs = (merge.partition(" ") for merge in fields["merges"])
        self._ranks = {(left, right): rank for rank, (left, _, right) in enumerate(pairs)}
        self._pairs = BytePairs(tokenizer)
        self._characters = byte_characters()

    @property
    def num_tokens(self) -> int:
        """Number of different tokens."""
        return len(self._numbers)

    def encode(self, caption: str) -> list[int]:
        """Return the tokens of ``caption``."""
        tokens: list[int] = self._pairs.encode(caption.encode(), self.num_tokens).tolist()
        return tokens

    def encode_apart(self, caption: str, dropout: float, seed: int) -> list[int]:
        """Return tokens of ``caption`` of which each merge was left out with that probability."""
        draw = random.Random(seed).random
        tokens: list[int] = []
        for word in split_words(caption):
            parts = [self._characters[byte] for byte in word.encode()]
            while len(parts) > 1:
                kept = [
                    (self._ranks[pair], place)
                    for place, pair in enumerate(pairwise(parts))
                    if pair in self._ranks and draw() >= dropout
                ]
                if not kept:
                    break
                place = min(kept)[1]
                parts[place : place + 2] = [parts[place] + parts[place + 1]]
            tokens += [self._numbers[part] for part in parts]
        return tokens


Samples = NDArray[np.int64]
"""Shape (B, context): the start symbol, a caption filled up with pads, an image's codes."""


def split_tokens(tokens: TokenSet, share: float, seed: int = 0) -> tuple[TokenSet, TokenSet | None]:
    """Return the training set and the held-out set: whole captions, in any order.

    A caption is trained on if the first 8 bytes of the SHA-256 of "<seed>:<caption>", as a
    big-endian fraction of 1, are below ``share``.  Images without captions go by their number.

    Raises:
        UsageError: there is nothing to train on.
    """
    keys = tokens.captions or tuple(str(number) for number in range(len(tokens)))
    chosen = {key: _fraction(f"{seed}:{key}") < share for key in set(keys)}
    is_training = np.array([chosen[key] for key in keys], np.bool_)
    if not is_training.any():
        raise UsageError(f"a share of {share} of these captions is empty: take more to train on")
    held_out = None if is_training.all() else select(tokens, np.flatnonzero(~is_training))
    return select(tokens, np.flatnonzero(is_training)), held_out


def select(tokens: TokenSet, numbers: NDArray[np.intp]) -> TokenSet:
    """Return the captions and grids of these numbers."""
    captions = tuple(tokens.captions[number] for number in numbers) if tokens.captions else ()
    grids = tokens.grids[numbers] if tokens.has_grids else tokens.grids
    return TokenSet(captions, grids, tokens.num_codes, tokens.autoencoder)


class PriorSamples:
    """Samples of a token set that depend on data, configuration and seed only.

    Args:
        tokens: captions and grids, or grids alone, of one image at least.
        tokenizer: tokenizer of captions.
        shape: shape of the prior.
    """

    def __init__(self, tokens: TokenSet, tokenizer: CaptionTokenizer, shape: PriorShape) -> None:
        self._tokens, self._tokenizer, self._shape = tokens, tokenizer, shape
        self._epoch, self._order = -1, np.empty(0, np.intp)
        self._codes = tokens.grids.reshape(len(tokens.grids), -1)

    @property
    def size(self) -> int:
        """Number of images."""
        return len(self._codes)

    def plain(self, numbers: NDArray[np.intp], *, with_captions: bool = True) -> Samples:
        """Return the samples of these numbers, with all merges of their captions."""
        encode = self._tokenizer.encode
        return self._rows(
            numbers, [encode(self._caption(n)) if with_captions else [] for n in numbers]
        )

    def drawn(
        self, count: int, first: int, seed: int, config: PriorDataConfig, rank: int, num_ranks: int
    ) -> tuple[Samples, Samples]:
        """Return this rank's share of ``count`` samples, of which ``first`` were taken before.

        The second has the start symbol for codes that are hidden, of samples with a caption.
        """
        share = count // num_ranks
        taken = range(first + rank * share, first + (rank + 1) * share)
        numbers = np.array([self._number(one, seed) for one in taken], np.intp)
        texts = []
        is_hidden = np.zeros((share, self._shape.context), np.bool_)
        codes = is_hidden[:, self._shape.before :]
        for place, (one, number) in enumerate(zip(taken, numbers, strict=True)):
            rng = np.random.default_rng((seed, one))
            is_dropped = rng.random() < config.caption_dropout
            caption = "" if is_dropped else self._caption(number)
            own_seed = int(rng.integers(1 << 62))
            texts.append(self._tokenizer.encode_apart(caption, config.merge_dropout, own_seed))
            if caption and config.code_dropout:
                codes[place] = rng.random(codes.shape[1]) < config.code_dropout
        samples = self._rows(numbers, texts)
        return samples, np.where(is_hidden, self._shape.start_symbol, samples)

    def _caption(self, number: int) -> str:
        return self._tokens.captions[number] if self._tokens.captions else ""

    def _number(self, taken: int, seed: int) -> int:
        epoch, place = divmod(taken, self.size)
        if self._epoch != epoch:
            self._epoch = epoch
            self._order = np.random.default_rng((seed, epoch, 1)).permutation(self.size)
        return int(self._order[place])

    def _rows(self, numbers: NDArray[np.intp], texts: list[list[int]]) -> Samples:
        return self._shape.rows(texts, self._codes[numbers]).astype(np.int64)


def _fraction(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2.0**64
