"""Commands that are imported when they are asked for, so that a run imports its own only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from importlib import import_module

import click


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by name, each of them in a module of its name.

    Names are known, and told in their order, before anything is imported.

    Args:
        package: package of the modules, each of which has an attribute of the command's name.
        names: names of the commands.
        prepare: a function that is called with each command when it has been imported.
    """

    def __init__(
        self,
        package: str,
        names: tuple[str, ...],
        prepare: Callable[[click.Command], None],
    ) -> None:
        self._package = package
        self._prepare = prepare
        self._commands: dict[str, click.Command | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> click.Command:
        """Return the command; raises KeyError if there is none of that name."""
        command = self._commands[name]
        if command is None:
            command = getattr(import_module(f"{self._package}.{name}"), name)
            self._prepare(command)
            self._commands[name] = command
        return command

    def __contains__(self, name: object) -> bool:
        """Return whether there is a command of that name; nothing is imported."""
        return name in self._commands

    def __setitem__(self, name: str, command: click.Command) -> None:
        """Add a command that is there already."""
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        """Take a command away."""
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._commands)

    def __len__(self) -> int:
        """Return the number of commands."""
        return len(self._commands)
