"""Tensors of a file that may be forgotten, and are then read again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

KEPT_BYTES = 1 << 16
"""Tensors up to this size are never let go."""

Tensors = Mapping[str, NDArray[Any]]


class ReadAgain(Mapping[str, "NDArray[Any]"]):
    """Arrays by name, of which large ones take no memory after `let_go` unless somebody holds them.

    Args:
        tensors: all of them.
        read: returns all of them again, the same; what it raises is raised to who asks for one.
    """

    def __init__(self, tensors: Tensors, read: Callable[[], Tensors]) -> None:
        self._held = dict(tensors)
        self._names = tuple(tensors)
        self._read = read

    def let_go(self) -> None:
        """Forget large arrays."""
        self._held = {
            name: tensor for name, tensor in self._held.items() if tensor.nbytes <= KEPT_BYTES
        }

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return an array, for which the file may be read again."""
        if name not in self._held and name in self._names:
            self._held = dict(self._read())
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        """Return the names, in their order."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return their number."""
        return len(self._names)


__all__ = ["KEPT_BYTES", "ReadAgain"]
