"""Captions as tokens: byte pairs learnt from them, some of which stay apart in training."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import pairwise

from neurocomp import extras
from neurocomp.symbols.bpe import BytePairs, byte_characters
from neurocomp.symbols.pretokens import split_words


def learn_tokenizer(captions: Sequence[str], vocabulary: int) -> bytes:
    """Return the JSON of byte pairs for ``captions``, as `symbols.BytePairs` reads it.

    Args:
        captions: what the pairs are counted in.
        vocabulary: tokens at most, the 256 bytes included.
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
