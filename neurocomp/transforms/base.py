"""The interface of transforms: reversible rewritings of content before it becomes symbols."""

from __future__ import annotations

from typing import Protocol

from neurocomp.errors import FormatError


class Transform(Protocol):
    """A rewriting that a reader undoes, told what it needs by a few bytes of properties."""

    @property
    def id(self) -> int:
        """Number in the format."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def makes_line_feeds(self) -> bool:
        """Whether it serves only models that predict lines that end in LF better than others."""

    def apply(self, content: bytes) -> tuple[bytes, bytes] | None:
        """Return the transformed ``content`` and its properties; None if it should stay as it is.

        ``undo`` makes ``content`` of them again.
        """

    def undo(self, rewritten: bytes, properties: bytes, limit: int) -> bytes:
        """Return the content, of which no more than ``limit`` bytes are ever allocated.

        Raises:
            FormatError: ``apply`` makes no such bytes with such properties of any content of at
                most ``limit`` bytes.
        """


def refuse_properties(transform: Transform, properties: bytes) -> None:
    """Raise FormatError where a transform that has no properties is given some."""
    if properties:
        raise FormatError(f"the transform {transform.name!r} has no properties")
