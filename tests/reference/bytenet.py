"""The byte network: docs/spec/bytenet.md."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import isqrt
from operator import mul
from typing import NamedTuple

from tests.reference.shared import Experience
from tests.reference.stored import StoredModel
from tests.reference.tables import clamp

SEPARATOR = 0x1E
HASH_FACTOR = 0x9E3779B1
STREAM_LIMIT = (1 << 25) - 1
SQUARE_LIMIT = 1 << 17
LOGIT_LIMIT = 1 << 24
TABLE_HALF = 1 << 14


def shifted(value: int, bits: int) -> int:
    """Return value / 2**bits, rounded half up."""
    return value + (1 << bits >> 1) >> bits


class Row(NamedTuple):
    """Integers up to 127 in magnitude that stand for themselves times mantissa * 2**exponent."""

    values: list[int]
    mantissa: int
    exponent: int


def narrow(values: Sequence[int]) -> Row:
    most = max(map(abs, values))
    exponent = max(most.bit_length() - 15, 0)
    mantissa = (most >> exponent) + 1
    reciprocal = (127 << 46) // (mantissa << exponent)
    return Row([shifted(value * reciprocal, 46) for value in values], mantissa, exponent)


def normal(values: Sequence[int], epsilon: int) -> Row:
    row = narrow(values)
    square = epsilon + sum(map(mul, values, values))
    doublings = (62 - square.bit_length()) // 2
    quotient = (row.mantissa << 46) // isqrt(square << 2 * doublings)
    excess = max(quotient.bit_length() - 15, 0)
    exponent = row.exponent + doublings + excess - 46
    return Row(row.values, shifted(quotient, excess), exponent)


class Layer:
    """A linear layer.

    A column of weights is one number, in which each output has 32 bits: so a row times the matrix
    is the sum of a few hundred products of long numbers, which Python is quick at.
    """

    def __init__(self, stored: StoredModel, name: str, size: int, inputs: int, limit: int) -> None:
        weight = stored.numbers(f"{name}.weight")
        self.size, self.limit = size, limit
        ones = sum(1 << 32 * n for n in range(size))
        self.columns = [
            int.from_bytes(struct.pack(f"<{size}I", *[w + 64 for w in weight[k::inputs]]), "little")
            - 64 * ones
            for k in range(inputs)
        ]
        self.raised = ones << 31
        self.multiplier = stored.numbers(f"{name}.multiplier")
        self.bias = stored.numbers(f"{name}.bias")
        (self.shift,) = stored.numbers(f"{name}.scale")

    def __call__(self, row: Row) -> list[int]:
        total = sum(map(mul, row.values, self.columns), self.raised)
        sums = struct.unpack(f"<{self.size}I", total.to_bytes(4 * self.size, "little"))
        away = min(self.shift - row.exponent, 62)
        return [
            clamp(shifted((one - (1 << 31)) * row.mantissa * scale, away) + bias, self.limit)
            for one, scale, bias in zip(sums, self.multiplier, self.bias, strict=True)
        ]


class Block(NamedTuple):
    gates: Layer
    out: Layer
    up: Layer
    down: Layer


class Network:
    """What a model file says of a network."""

    def __init__(self, stored: StoredModel) -> None:
        config = stored.config
        self.stored = stored
        self.width, self.context = config["width"], config["context"]
        self.epsilon, inner = config["epsilon"], config["inner_width"]
        self.section_lanes = config.get("section_lanes", 2)
        self.hashed = sorted((int(n), bits) for n, bits in config.get("hashed", {}).items())
        width = self.width
        self.blocks = [
            Block(
                Layer(stored, f"blocks.{b}.gates", 3 * width, width, STREAM_LIMIT),
                Layer(stored, f"blocks.{b}.out", width, width, STREAM_LIMIT),
                Layer(stored, f"blocks.{b}.up", inner, width, SQUARE_LIMIT),
                Layer(stored, f"blocks.{b}.down", width, inner, STREAM_LIMIT),
            )
            for b in range(config["num_blocks"])
        ]
        self.head = Layer(stored, "head", 256, width, LOGIT_LIMIT)
        self.gate = stored.numbers("gate")
        self.silu = stored.numbers("silu")
        self.exp2 = stored.numbers("exp2")
        self.experience = None
        if "mixers.weights" in stored.tensors:
            self.experience = Experience(
                *(stored.numbers(f"mixers.{name}") for name in Experience._fields)
            )


class Reader:
    """A lane's network: what it has read, and the states of its blocks."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.window = [SEPARATOR] * network.context  # the latest byte first
        self.states = [[0] * network.width for _ in network.blocks]

    def copy(self) -> Reader:
        reader = Reader(self.network)
        reader.window = self.window.copy()
        reader.states = [states.copy() for states in self.states]
        return reader

    def read(self, byte: int) -> None:
        self.window = [byte, *self.window[:-1]]

    def weigh(self) -> list[int]:
        """Take in the last byte and return the weights of the next one."""
        network = self.network
        stream = self._embed()
        for block, states in zip(network.blocks, self.states, strict=True):
            gates = block.gates(normal(stream, network.epsilon))
            stream = added(stream, block.out(narrow(self._recur(gates, states))))
            inner = [
                shifted(max(value, 0) ** 2, 12)
                for value in block.up(normal(stream, network.epsilon))
            ]
            stream = added(stream, block.down(narrow(inner)))
        logits = network.head(normal(stream, network.epsilon))
        best = max(logits)
        return [
            max(network.exp2[best - one & 1023] >> min(best - one >> 10, 31), 1) for one in logits
        ]

    def _embed(self) -> list[int]:
        network, width = self.network, self.network.width
        tensors = network.stored.tensors
        stream = [0] * width
        for back, byte in enumerate(self.window):
            row = tensors["embeddings"].row(256 * back + byte, width)
            stream = [a + b for a, b in zip(stream, row, strict=True)]
        value = length = first = 0
        for n, bits in network.hashed:
            while length < n:
                value = (value + self.window[length] + 1) * HASH_FACTOR & 0xFFFFFFFF
                length += 1
            place = first + (value >> 32 - bits)
            first += 1 << bits
            row = tensors["hashed.rows"].row(place, width)
            (scale,) = tensors["hashed.scales"].row(place, 1)
            stream = [a + b * scale for a, b in zip(stream, row, strict=True)]
        return stream

    def _recur(self, sums: list[int], states: list[int]) -> list[int]:
        """Move the states and return what the output's gates let through."""
        network, width = self.network, self.network.width
        opened = []
        for k in range(width):
            share = network.gate[max(-TABLE_HALF, min(TABLE_HALF - 1, sums[k])) + TABLE_HALF]
            step = share * ((sums[2 * width + k] << 6) - states[k])
            states[k] += shifted(step, 16)
            value = sums[width + k]
            if value < -TABLE_HALF:
                gate = 0
            elif value < TABLE_HALF:
                gate = network.silu[value + TABLE_HALF]
            else:
                gate = 4 * value
            opened.append(clamp(shifted(gate * states[k], 12), STREAM_LIMIT))
        return opened


def added(stream: list[int], sums: list[int]) -> list[int]:
    return [clamp(a + b, STREAM_LIMIT) for a, b in zip(stream, sums, strict=True)]
