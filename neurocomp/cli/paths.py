"""The paths that options and arguments take: none of them may be empty."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType

EMPTY = "'': no such file or directory: the argument is empty (is a variable not set?)"
_SEPARATORS = tuple(one for one in (os.sep, os.altsep) if one)


class FilePath(click.Path):
    """A path, or "-".

    An empty one is refused: as a ``Path`` it would be the current folder.  So is one that ends in a
    slash and is not a folder, because a ``Path`` forgets the slash.
    """

    def __init__(self) -> None:
        super().__init__(path_type=Path, allow_dash=True, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if isinstance(value, str):
            if not value:
                self.fail(EMPTY, param, ctx)
            if value.endswith(_SEPARATORS) and not os.path.isdir(value):
                what = "not a folder" if os.path.lexists(value.rstrip("/\\")) else "no such folder"
                self.fail(f"{value}: {what}, which its end says that it is", param, ctx)
            if "\0" in value:
                self.fail("a name holds no zero bytes", param, ctx)
        return super().convert(value, param, ctx)


class Name(_ParamType):
    """A word that may be a name, a hash or a file, but not nothing."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word."""
        if value == "":
            self.fail(EMPTY, param, ctx)
        return value


class _NotEmpty(_ParamType):
    """Another type of paths, which takes anything but an empty one."""

    def __init__(self, inner: _ParamType) -> None:
        self._inner = inner
        self.name = inner.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the other type's value."""
        if value == "":
            self.fail(EMPTY, param, ctx)
        return self._inner.convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[Any]:
        """Offer what the other type offers."""
        return self._inner.shell_complete(ctx, param, incomplete)


def refuse_empty_paths(command: click.Command) -> None:
    """Make every path of ``command``, and of all commands below it, refuse to be empty."""
    for param in command.params:
        if isinstance(param.type, click.Path) and not isinstance(param.type, FilePath):
            param.type = _NotEmpty(param.type)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            refuse_empty_paths(child)
