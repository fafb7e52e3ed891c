"""The running state of a network of tokens over the lanes of a block."""

from __future__ import annotations

from typing import Any, Protocol

from neurocomp.exact import Frequencies, Symbols


class TokenNetwork(Protocol):
    """A network on an engine, which predicts from a state for each lane."""

    def start(self, num_lanes: int) -> Any:
        """Return the state before the first symbol of new lanes."""

    def predict(self, state: Any) -> Frequencies:
        """Return the tables (lanes, V) of what comes next; called once between two reads."""

    def read(self, state: Any, symbols: Symbols) -> None:
        """Change ``state`` to that after symbols (lanes,)."""


class LaneGroup:
    """Lanes that one thread advances.

    Args:
        network: shared by all groups.
        num_lanes: of this group.
    """

    def __init__(self, network: TokenNetwork, num_lanes: int) -> None:
        self._network, self._state = network, network.start(num_lanes)
        self._tables: Frequencies | None = None

    def frequencies(self) -> Frequencies:
        """Return the tables (lanes, V) of the next symbols."""
        if self._tables is None:
            self._tables = self._network.predict(self._state)
        return self._tables

    def update(self, symbols: Symbols) -> None:
        """Append ``symbols`` (lanes,)."""
        self.frequencies()  # which a recurrence advances by
        self._network.read(self._state, symbols)
        self._tables = None
