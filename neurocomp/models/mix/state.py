"""Everything that the model remembers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.histories import FIRST_GUESS
from neurocomp.models.mix.memory import zeros
from neurocomp.models.mix.tables import SQUASH, SQUASH_LIMIT

_FIRST_WEIGHT = 7000  # of 65536: twenty contexts that agree should not shout
_FIRST_MATCH_WEIGHT = 14000


class MixState(NamedTuple):
    """Arrays of one block's model; `registers` holds the scalars, numbered in layout.py.

    For lanes that advance together, those named in `PER_LANE` have a first axis of lanes; all
    others are shared.
    """

    history: np.ndarray  # uint8 (block_bytes + 16,): the finished bytes
    registers: np.ndarray  # int64 (NUM_REGISTERS,)
    # contexts
    hashes: np.ndarray  # uint64 (NUM_CONTEXTS,): the contexts of the current byte
    slots: np.ndarray  # uint8 (64 * lines,): four slots a line, a check byte and 15 histories each
    nodes: np.ndarray  # uint64 (NUM_CONTEXTS,): where each context's slot is, past its check byte
    history_maps: np.ndarray  # uint32 (NUM_CONTEXTS * 256,): 22-bit probability, 10-bit count
    history_index: np.ndarray  # int64 (NUM_CONTEXTS,): entries to be trained with the next bit
    order0_map: np.ndarray  # uint32 (256,): as history_maps
    followers: np.ndarray  # uint32 (256 + 65536,): the last four bytes after a byte, after a pair
    last_seen: np.ndarray  # int64 (256, 2): position of a byte's last occurrence, gap before it
    votes: np.ndarray  # int32 (MAX_RECORD,): for each record length
    # matches
    match_heads: np.ndarray  # int32 (NUM_MATCHES, heads): position after the hashed bytes
    matches: np.ndarray  # int64 (NUM_MATCHES, 4): see match.py
    match_maps: np.ndarray  # uint32 (NUM_MATCHES, 32): P(the expected bit comes), as history_maps
    # mixers and final maps
    inputs: np.ndarray  # int32 (NUM_INPUTS,): log odds, |input| <= STRETCH_LIMIT
    weights: np.ndarray  # int32 (NUM_ROWS, NUM_INPUTS): 65536 is 1
    rows: np.ndarray  # uint64 (NUM_SETS,): the row of each set that is in use
    tree: np.ndarray  # int64 (512,): weights of bytes by a network, sums of subtrees before them
    outputs: np.ndarray  # int32 (2, NUM_SETS): log odds and 16-bit probabilities of the sets
    final_weights: np.ndarray  # int32 (NUM_FINAL_ROWS, NUM_SETS): 65536 is 1
    final_rows: np.ndarray  # uint64 (NUM_FINALS,): the row of each final mixer that is in use
    finals: np.ndarray  # int32 (NUM_FINALS,): their log odds
    apms: np.ndarray  # uint16 (NUM_APMS * APM_CONTEXTS, APM_POINTS): 16-bit probability


PER_LANE = (
    "registers",
    "hashes",
    "nodes",
    "history_index",
    "last_seen",
    "votes",
    "matches",
    "inputs",
    "rows",
    "tree",
    "outputs",
    "final_rows",
    "finals",
)


ADAPTIVE_MAPS = ("history_maps", "order0_map", "match_maps")
"""Arrays of a `MixState` whose entries are as ``adaptive`` has them."""


def table_sizes(block_bytes: int) -> tuple[int, int]:
    """Return how many cache lines of slots, and heads of a match table, a block's model has."""
    lines = 1 << max(6, min(21, (20 * block_bytes).bit_length() - 2))
    return lines, 1 << max(8, min(20, block_bytes.bit_length()))


def new_history(block_bytes: int) -> NDArray[np.uint8]:
    """Room for the bytes of a block, and for some behind them that may be looked at."""
    return np.zeros(block_bytes + 16, np.uint8)


def new_state(block_bytes: int, profile: int = at.TEXT) -> MixState:
    """The model before the first bit of a block; its sizes depend on `block_bytes` only.

    The slots take 256 to 640 bytes for each byte of the block, at most 128 MiB; the rest of the
    model takes some 18 MB, most of it touched only as it is used.
    """
    lines, heads = table_sizes(block_bytes)
    registers = np.zeros(at.NUM_REGISTERS, np.int64)
    registers[at.PROFILE] = profile
    registers[at.PARTIAL] = registers[at.NODE] = 1
    registers[at.LINE_MASK] = lines - 1
    registers[at.HEAD_MASK] = heads - 1
    registers[at.NUM_LANES] = 1
    registers[at.SETS] = at.NETWORK_SET  # all but that one
    registers[at.FINALS] = 1

    weights = zeros((at.NUM_ROWS, at.NUM_INPUTS), np.int32)
    weights[:, 0 : at.FIRST_MATCH_INPUT : 2] = _FIRST_WEIGHT
    weights[:, at.FIRST_MATCH_INPUT : at.ORDER0_INPUT : 2] = _FIRST_MATCH_WEIGHT
    apms = zeros((at.NUM_APMS * at.APM_CONTEXTS, at.APM_POINTS), np.uint16)
    log_odds = np.clip(np.arange(-12, 13) * 256, -SQUASH_LIMIT, SQUASH_LIMIT)
    apms[:] = SQUASH[log_odds + SQUASH_LIMIT]
    first_guesses = np.tile(FIRST_GUESS, at.NUM_CONTEXTS)

    return MixState(
        history=new_history(block_bytes),
        registers=registers,
        hashes=np.arange(1, at.NUM_CONTEXTS + 1, dtype=np.uint64),
        slots=zeros(64 * lines, np.uint8),
        nodes=np.arange(at.NUM_CONTEXTS, dtype=np.uint64) * np.uint64(16) + np.uint64(1),
        history_maps=first_guesses.astype(np.uint32) << np.uint32(16),
        history_index=np.zeros(at.NUM_CONTEXTS, np.int64),
        order0_map=np.full(256, 1 << 31, np.uint32),
        followers=np.zeros(256 + 65536, np.uint32),
        last_seen=np.zeros((256, 2), np.int64),
        votes=np.zeros(at.MAX_RECORD, np.int32),
        match_heads=zeros((at.NUM_MATCHES, heads), np.int32),
        matches=np.zeros((at.NUM_MATCHES, 4), np.int64),
        match_maps=np.full((at.NUM_MATCHES, 32), 3 << 30, np.uint32),
        inputs=zeros(at.NUM_INPUTS, np.int32),
        weights=weights,
        rows=np.zeros(at.NUM_SETS, np.uint64),
        tree=np.zeros(512, np.int64),
        outputs=np.zeros((2, at.NUM_SETS), np.int32),
        final_weights=np.full((at.NUM_FINAL_ROWS, at.NUM_SETS), 65536 // at.NETWORK_SET, np.int32),
        final_rows=np.zeros(at.NUM_FINALS, np.uint64),
        finals=np.zeros(at.NUM_FINALS, np.int32),
        apms=apms,
    )
