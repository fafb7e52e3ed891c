"""Sizes of the model's parts and the numbers of its registers."""

from __future__ import annotations

# Inputs of the mixers: two for each context, two for each match model, order 0, a constant, two for
# a network.
NUM_CONTEXTS = 20
NUM_MATCHES = 2
FIRST_MATCH_INPUT = 2 * NUM_CONTEXTS
ORDER0_INPUT = FIRST_MATCH_INPUT + 2 * NUM_MATCHES
BIAS_INPUT = ORDER0_INPUT + 1
NETWORK_INPUT = BIAS_INPUT + 1
NUM_INPUTS = (NETWORK_INPUT + 2 + 7) // 8 * 8  # whole vectors; at most 511, see mixer.py

# Rows of each weight set; the rows of all sets lie in one array.  The last one is for a network.
SET_ROWS = (3 * 256, 256, 8 * 16, 256, 8 * 8, 1024, 8 * 16)
NUM_SETS = len(SET_ROWS)
NETWORK_SET = NUM_SETS - 1
FIRST_ROW = tuple(sum(SET_ROWS[:s]) for s in range(NUM_SETS))
NUM_ROWS = sum(SET_ROWS)

# Rows of the final mixers, which mix the sets and are averaged; without a network only the first.
FINAL_ROWS = (256, 8 * 16, 256)
NUM_FINALS = len(FINAL_ROWS)
FIRST_FINAL_ROW = tuple(sum(FINAL_ROWS[:f]) for f in range(NUM_FINALS))
NUM_FINAL_ROWS = sum(FINAL_ROWS)

# Final maps: a table of 65,536 contexts each, with one probability per nat from -12 to +12.
NUM_APMS = 3
APM_CONTEXTS = 1 << 16
APM_POINTS = 25

MAX_RECORD = 1024  # bytes of the longest record that is looked for

# Profiles: which contexts are used.
TEXT, BINARY = 0, 1
NUM_PROFILES = 2

# Registers: the scalars of the state.
(
    PROFILE,
    POSITION,  # finished bytes
    PARTIAL,  # a one, then the bits of the current byte seen so far: 1..255
    NUM_BITS,  # how many these are: 0..7
    NODE,  # the same for the current nibble: 1..15
    LINE_MASK,  # number of cache lines of the slot table - 1
    HEAD_MASK,  # number of heads of each match table - 1
    WORD,  # hash of the letters since the last other byte, 0 if there are none
    LAST_WORD,  # hash of the word before that
    WORD_BEFORE,  # and of the one before it
    LINE_START,  # position of the current line
    LINE_ABOVE,  # position of the line before it
    CLASSES,  # classes of the last eight bytes, three bits each
    RECORD,  # bytes of a record, 0 while unknown
    ORDER,  # how many of the contexts of order 1 to 6 and 8 have been seen before
    EXPECTED,  # 256 + byte expected by the longest match, or 0
    MATCH_LENGTH,  # its length in steps, 1..15, or 0
    RATE,  # learning rate of the mixers
    MIXED,  # the final mixers' mean
    START,  # position of the lane's first byte
    NUM_LANES,  # lanes that share the tables
    NETWORK,  # 256 + the byte that a network expects, or 0 without a network
    SETS,  # weight sets in use
    FINALS,  # final mixers in use
    EXPERIENCED,  # 1 where the mixers have learnt from other text
    APM_INDEX,  # entries of the final maps to be trained: NUM_APMS registers
) = range(26)
NUM_REGISTERS = APM_INDEX + NUM_APMS
