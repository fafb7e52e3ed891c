"""Damage that the core finds, as an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neurocomp import _core
from neurocomp.errors import FormatError


@contextmanager
def damage_as_format_errors() -> Iterator[None]:
    """Raise FormatError where the core finds a payload damaged."""
    try:
        yield
    except _core.DamagedPayload as error:
        raise FormatError(str(error)) from None
