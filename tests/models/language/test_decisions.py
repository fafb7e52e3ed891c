"""Tokens as decisions: their code length is the language model's, but for what contexts teach."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from neurocomp import _core
from neurocomp.models.language.second import second_network

NUM_OTHERS = 300


def vocabulary(seed: int) -> tuple[list[bytes], _core.language.Vocabulary]:
    """Return all bytes and others of two to six, of few letters so that many share prefixes."""
    rng = np.random.default_rng(seed)
    tokens = {bytes([byte]) for byte in range(256)}
    while len(tokens) < 256 + NUM_OTHERS:
        tokens.add(rng.integers(97, 101, rng.integers(2, 7)).astype(np.uint8).tobytes())
    contents = sorted(tokens, key=lambda token: rng.random())
    starts = np.cumsum([0, *map(len, contents)], dtype=np.int32)
    joined = np.frombuffer(b"".join(contents), np.uint8)
    return contents, _core.language.Vocabulary(joined, starts)


def logits_of(rng: np.random.Generator, num_rows: int, num_tokens: int) -> NDArray[np.int32]:
    """Return random logits to base 2, in units of 2**-10, some far apart."""
    return np.round(rng.normal(0, 4096, (num_rows, num_tokens))).astype(np.int32)


def drawn(rng: np.random.Generator, row: NDArray[np.int32]) -> int:
    """Return a token as the model expects it."""
    shares = np.exp2((row - row.max()) / 1024)
    return int(rng.choice(len(row), p=shares / shares.sum()))


def encoded(
    known: _core.language.Vocabulary,
    contents: list[bytes],
    rows: NDArray[np.int32],
    tokens: list[int],
    network: _core.Network | None = None,
) -> bytes | None:
    content = np.frombuffer(b"".join(contents[token] for token in tokens), np.uint8)
    size = content.size
    encoder = _core.language.TokenEncoder(known, 0, [size], 8 * size + 8, network, content)
    for row, token in zip(rows[:, known.order], tokens, strict=True):
        assert encoder.encode(0, np.ascontiguousarray(row[None]), np.array([token], np.int32))
    return encoder.finish()


@pytest.mark.parametrize("network", [None, second_network().core], ids=["alone", "helped"])
@pytest.mark.parametrize("seed", range(3))
def test_decisions_cost_what_the_tokens_do(seed: int, network: _core.Network | None) -> None:
    rng = np.random.default_rng(seed)
    contents, known = vocabulary(seed)
    rows = logits_of(rng, 2000, len(contents))
    tokens = [drawn(rng, row) for row in rows]
    shifted = (rows - rows.max(1, keepdims=True)) / 1024
    chosen = shifted[np.arange(len(rows)), tokens]
    alone = float((np.log2(np.exp2(shifted).sum(1)) - chosen).sum())
    payload = encoded(known, contents, rows, tokens, network)
    assert payload is not None
    # Tokens are as random as the model says, so that nothing can be gained, and little is lost.
    assert 0.99 < 8 * len(payload) / alone < 1.02


def test_what_the_contexts_know_is_saved() -> None:
    contents, known = vocabulary(1)
    rows = np.zeros((1500, len(contents)), np.int32)
    tokens = [7, 300, 12, 480] * 375
    payload = encoded(known, contents, rows, tokens)
    assert payload is not None
    assert 8 * len(payload) < 0.25 * len(tokens) * np.log2(len(contents))


@pytest.mark.parametrize("network", [None, second_network().core], ids=["alone", "helped"])
def test_decoding_gives_the_tokens_back_and_no_other_payload_does(
    network: _core.Network | None,
) -> None:
    rng = np.random.default_rng(4)
    contents, known = vocabulary(4)
    rows = logits_of(rng, 300, len(contents))
    tokens = [drawn(rng, row) for row in rows]
    payload = encoded(known, contents, rows, tokens, network)
    assert payload is not None
    size = sum(len(contents[token]) for token in tokens)

    def decoded(payload: bytes) -> bytes:
        decoder = _core.language.TokenDecoder(known, 0, [size], payload, network)
        found = np.zeros(1, np.int32)
        for row in rows[:, known.order]:
            if decoder.is_done:
                break
            decoder.decode(0, np.ascontiguousarray(row[None]), found)
        if not decoder.is_done:
            raise _core.DamagedPayload("other tokens")
        return decoder.finish()

    content = b"".join(contents[token] for token in tokens)
    assert decoded(payload) == content
    for other in (payload + b"\0", payload[:-1], b"", payload[:20]):
        with pytest.raises(_core.DamagedPayload):
            decoded(other)


def test_a_second_opinion_knows_english() -> None:
    contents, known = vocabulary(2)
    text = b"The decoder repeats every prediction, so it needs no table but the one it computes."
    tokens = [contents.index(bytes([byte])) for byte in text]
    rows = np.zeros((len(tokens), len(contents)), np.int32)
    alone = encoded(known, contents, rows, tokens)
    helped = encoded(known, contents, rows, tokens, second_network().core)
    assert alone is not None
    assert helped is not None
    assert len(helped) < 0.8 * len(alone)


def test_a_vocabulary_needs_all_bytes_and_no_token_twice() -> None:
    contents = [bytes([byte]) for byte in range(255)]
    starts = np.arange(256, dtype=np.int32)
    with pytest.raises(ValueError, match="no token of its own"):
        _core.language.Vocabulary(np.frombuffer(b"".join(contents), np.uint8), starts)
    twice = np.frombuffer(bytes(range(256)) + b"a", np.uint8)
    with pytest.raises(ValueError, match="the same bytes"):
        _core.language.Vocabulary(twice, np.arange(258, dtype=np.int32))
    with pytest.raises(ValueError, match="don't fit its bytes"):
        _core.language.Vocabulary(twice, np.array([0, 3], np.int32))


def test_rows_that_do_not_fit_are_refused() -> None:
    contents, known = vocabulary(1)
    content = np.frombuffer(b"abcdef", np.uint8)
    encoder = _core.language.TokenEncoder(known, 0, [3, 3], 100, None, content)
    size = len(contents)
    row = np.zeros((1, size), np.int32)
    token = np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="don't fit the lanes"):
        encoder.encode(2, row, token)
    with pytest.raises(ValueError, match="don't fit the lanes"):
        encoder.encode(0, row[:, :-1], token)
    with pytest.raises(ValueError, match="not of the vocabulary"):
        encoder.encode(0, row, token + size)
    with pytest.raises(ValueError, match="other bytes than the content"):
        encoder.encode(0, row, token + contents.index(b"z"))
    with pytest.raises(ValueError, match="as long as all lanes"):
        _core.language.TokenEncoder(known, 0, [3, 2], 100, None, content)
    longest = max(range(size), key=lambda number: len(contents[number]))
    with pytest.raises(ValueError, match="longer than what its lane has left"):
        encoder.encode(0, row, token + longest)
