"""The byte network: docs/spec/bytenet.md."""

from __future__ import annotations

from tests.reference.contexts import TEXT
from tests.reference.exact import Layer, Scale
from tests.reference.recurrence import Recurrence
from tests.reference.shared import EXPERIENCED, NETWORK, Experience, Kind
from tests.reference.stored import StoredModel

SEPARATOR = 0x1E
HASH_FACTOR = 0x9E3779B1
LOGIT_LIMIT = 1 << 24


class Network:
    """What a model file says of a network."""

    def __init__(self, stored: StoredModel) -> None:
        config = stored.config
        self.stored = stored
        self.width, self.context = config["width"], config["context"]
        self.section_lanes = config.get("section_lanes", 2)
        self.hashed = sorted((int(n), bits) for n, bits in config.get("hashed", {}).items())

        def layer(name: str, size: int, inputs: int, clip: int) -> Layer:
            (shift,) = stored.numbers(f"{name}.scale")
            return Layer(stored, name, size, inputs, Scale(127, shift, clip))

        self.blocks = Recurrence(stored, self.width, layer)
        self.head = layer("head", 256, self.width, LOGIT_LIMIT)
        self.exp2 = stored.numbers("exp2")
        self.experience = None
        if "mixers.weights" in stored.tensors:
            self.experience = Experience(
                *(stored.numbers(f"mixers.{name}") for name in Experience._fields)
            )

    def manner(self, profile: int) -> tuple[Kind, Experience | None]:
        """Return what mixers beside the network begin with: section 6."""
        if self.experience is None or profile != TEXT:
            return NETWORK, None
        return EXPERIENCED, self.experience


class Reader:
    """A lane's network: what it has read, and the states of its blocks."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.window = [SEPARATOR] * network.context  # the latest byte first
        self.states = network.blocks.start()

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
        stream = network.blocks.step(self._embed(), self.states)
        logits = network.head.after(network.blocks.norm, stream)
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
