"""The adaptive model: docs/spec/adaptive.md."""

from __future__ import annotations

from collections.abc import Sequence

ORDER = 5
MAX_NODES = 1 << 22
HISTORY_SYMBOLS = 1 << 18
DISCOUNT = 10

FAMILIES = (1, 2, 3, 5, 9, 19, 39)
SINGLE_COUNTS = (1, 2, 3, 5, 8, 14, 30)
AVERAGES = (4, 5, 7, 10, 15, 28, 60)


def level(value: int, steps: Sequence[int]) -> int:
    return sum(value > step for step in steps)


class Node:
    """A string of bytes: its count, and the nodes one byte longer."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0  # of the children's counts
        self.children: dict[int, Node] = {}

    def add(self, child: Node, amount: int) -> None:
        child.count += amount
        self.total += amount
        if child.count > 2500:
            for one in self.children.values():
                one.count = max(one.count + 1 >> 1, 16)
            self.total = sum(one.count for one in self.children.values())

    def discounted(self) -> int:
        return self.total - DISCOUNT * len(self.children)


class Lane:
    """The nodes of a lane's last 0 to 5 bytes, and two bits: how the last two were found."""

    def __init__(self, root: Node) -> None:
        self.contexts: list[Node | None] = [root] + [None] * ORDER
        self.outcomes = 0


class Predictor:
    def __init__(self, num_lanes: int) -> None:
        self.escapes = [36000 >> ((kind >> 2 & 7) >> 1) for kind in range((ORDER + 1) * 256)]
        self.num_lanes = num_lanes
        self.steps: list[Sequence[int]] = []
        self._forget()

    def _forget(self) -> None:
        self.root, self.num_nodes = Node(), 1
        self.lanes = [Lane(self.root) for _ in range(self.num_lanes)]

    def _kind(self, order: int, node: Node, outcomes: int) -> int:
        number = len(node.children)
        if number == 1:
            confidence = level(node.total // 16, SINGLE_COUNTS)
        else:
            confidence = level(node.total * 4 // (number * 16), AVERAGES)
        return 256 * order + 32 * level(number, FAMILIES) + 4 * confidence + outcomes

    def weigh(self, lane: Lane) -> list[int]:
        """Return the weights of the next byte of a lane."""
        weights = [1] * 256
        mass = 1 << 30
        for order in range(ORDER, -1, -1):
            node = lane.contexts[order]
            if node is None or not node.children:
                continue
            escape = self.escapes[self._kind(order, node, lane.outcomes)]
            kept = mass * (65536 - escape) >> 16
            mass -= kept
            scale = (kept << 7) // node.discounted()
            for byte, child in node.children.items():
                weights[byte] += scale * (child.count - DISCOUNT)
        return [weight + (mass >> 1) for weight in weights]

    def learn(self, step: Sequence[int]) -> None:
        """Learn the next byte of each lane."""
        if self.num_nodes + (ORDER + 1) * self.num_lanes > MAX_NODES:
            num_kept = max(HISTORY_SYMBOLS // self.num_lanes, 1)
            self._forget()
            for before in self.steps[-num_kept:]:
                self._learn(before)
        self.steps.append(step)
        self._learn(step)

    def _learn(self, step: Sequence[int]) -> None:
        for lane, byte in zip(self.lanes, step, strict=False):
            known = [node if node and node.children else None for node in lane.contexts]
            longest = max((k for k, node in enumerate(known) if node), default=-1)
            found = max(
                (k for k, node in enumerate(known) if node and byte in node.children), default=-1
            )
            self._learn_escapes(lane, known, byte)
            after: list[Node | None] = [self.root]
            for order, node in enumerate(lane.contexts):
                if node is None:
                    after.append(None)
                    continue
                if byte not in node.children:
                    node.children[byte] = Node()
                    self.num_nodes += 1
                node.add(node.children[byte], 1 if order < found else 16)
                after.append(node.children[byte])
            lane.contexts = after[: ORDER + 1]
            lane.outcomes = (2 * lane.outcomes + (found == longest)) & 3

    def _learn_escapes(self, lane: Lane, known: Sequence[Node | None], byte: int) -> None:
        below = 1 << 22
        for order, node in enumerate(known):
            if node is None:
                continue
            here = 0
            if byte in node.children:
                here = (node.children[byte].count - DISCOUNT << 30) // node.discounted()
            kind = self._kind(order, node, lane.outcomes)
            escape = self.escapes[kind]
            from_below = below * escape >> 16
            both = from_below + (here * (65536 - escape) >> 16) + 1
            escape += ((from_below << 16) // both - escape) // 40
            self.escapes[kind] = max(256, min(65280, escape))
            below = both
