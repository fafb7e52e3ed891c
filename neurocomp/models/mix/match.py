"""Match models: the byte that followed the longest earlier occurrence of the last bytes.

Two models remember where the last six and the last fourteen bytes occurred before; the second
finds longer matches when the first sits on a short recent one.
"""

from __future__ import annotations

import numpy as np

from neurocomp.models.mix import layout as at
from neurocomp.models.mix.adaptive import learned, probability12
from neurocomp.models.mix.hashing import U64
from neurocomp.models.mix.inlining import Integer, inlined
from neurocomp.models.mix.state import MixState
from neurocomp.models.mix.tables import STRETCH

_MIN_LENGTHS = (6, 14)
_MAX_LENGTH = 65535
_CHECKED_LENGTH = 32  # bytes compared when a match is found
_COUNT_LIMIT = 255

# columns of state.matches
_POINTER = 0  # position of the expected byte
_LENGTH = 1  # bytes matched, 0 without a match
_EXPECTED = 2  # 256 + expected byte while the current byte agrees with it, else 0
_PREDICTION = 3  # 2 * step + expected bit, -1 without a prediction


@inlined
def _step(length: Integer) -> Integer:
    """Lengths in 32 steps: single bytes to 15, by four to 31, then by 32."""
    if length < 16:
        return length
    if length < 32:
        return 16 + ((length - 16) >> 2)
    return min(20 + ((length - 32) >> 5), 31)


@inlined
def _common_length(history: np.ndarray, one: Integer, other: Integer) -> Integer:
    """How many bytes before two positions are the same; at most `_CHECKED_LENGTH`.

    Either may be the smaller: a lane may match what a later one has written.
    """
    length = 0
    most = min(_CHECKED_LENGTH, one, other)
    while length < most and history[U64(one - 1 - length)] == history[U64(other - 1 - length)]:
        length += 1
    return length


@inlined
def find_matches(state: MixState) -> None:
    """Continues the matches over the last finished byte, or looks for new ones."""
    history = state.history
    matches = state.matches
    position = state.registers[at.POSITION]
    for m in range(at.NUM_MATCHES):
        min_length = _MIN_LENGTHS[m]
        if matches[m, _LENGTH] > 0:
            if history[U64(matches[m, _POINTER])] == history[U64(position - 1)]:
                matches[m, _LENGTH] = min(matches[m, _LENGTH] + 1, _MAX_LENGTH)
                matches[m, _POINTER] += 1
            else:
                matches[m, _LENGTH] = 0
        if position >= min_length:
            head = U64(0)
            for back in range(min_length):
                byte = U64(history[U64(position - 1 - back)])
                head = (head + byte + U64(1)) * U64(0x9E3779B97F4A7C15)
            head = (head >> U64(40)) & U64(state.registers[at.HEAD_MASK])
            if matches[m, _LENGTH] == 0:
                candidate = np.int64(state.match_heads[m, head])
                length = _common_length(history, candidate, position)
                if length >= min_length:
                    matches[m, _LENGTH] = length
                    matches[m, _POINTER] = candidate
            state.match_heads[m, head] = position
        matches[m, _EXPECTED] = 0
        if matches[m, _LENGTH] > 0:
            matches[m, _EXPECTED] = 256 + np.int64(history[U64(matches[m, _POINTER])])


@inlined
def predict_matches(state: MixState) -> None:
    """Sets the two inputs of each match model: log odds, and the probability's distance to 1/2."""
    registers = state.registers
    matches = state.matches
    num_bits = registers[at.NUM_BITS]
    registers[at.EXPECTED] = 0
    registers[at.MATCH_LENGTH] = 0
    for m in range(at.NUM_MATCHES):
        log_odds = distance = np.int64(0)
        prediction = np.int64(-1)
        expected = matches[m, _EXPECTED]
        if expected > 0:
            if expected >> (8 - num_bits) == registers[at.PARTIAL]:
                bit = (expected >> (7 - num_bits)) & 1
                step = _step(matches[m, _LENGTH])
                prediction = 2 * step + bit
                probability = probability12(state.match_maps[m, U64(step)])
                sign = 2 * bit - 1
                log_odds = sign * np.int64(STRETCH[probability])
                distance = sign * (np.int64(probability) - 2048)
                registers[at.EXPECTED] = expected
                registers[at.MATCH_LENGTH] = 1 + min(step >> 1, 14)
            else:
                matches[m, _EXPECTED] = 0
                matches[m, _LENGTH] = 0
        matches[m, _PREDICTION] = prediction
        state.inputs[U64(at.FIRST_MATCH_INPUT + 2 * m)] = log_odds
        state.inputs[U64(at.FIRST_MATCH_INPUT + 2 * m + 1)] = distance


@inlined
def update_matches(state: MixState, bit: Integer) -> None:
    """Trains the map of the lengths that made a prediction."""
    for m in range(at.NUM_MATCHES):
        prediction = state.matches[m, _PREDICTION]
        if prediction >= 0:
            step = U64(prediction >> 1)
            hit = 1 if prediction & 1 == bit else 0
            state.match_maps[m, step] = learned(state.match_maps[m, step], hit, _COUNT_LIMIT)
