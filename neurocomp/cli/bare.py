"""``neurocomp`` without a command: the short forms of gzip and xz."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import click
from click.core import ParameterSource

from neurocomp.cli.lazy import LazyCommands
from neurocomp.cli.paths import refuse_empty_paths
from neurocomp.cli.words import (
    check_levels,
    is_environment_empty,
    options_from_environment,
    split_words,
)

BARE = ""
"""The name of the hidden command."""

COMMANDS = LazyCommands(
    "neurocomp.cli.commands", ("compress", "decompress", "test", "info"), refuse_empty_paths
)
"""Commands that the bare form can stand for."""

_MODES = {
    "compress": ("-z", "--compress"),
    "decompress": ("-d", "--decompress", "--uncompress"),
    "test": ("-t", "--test"),
    "info": ("-l", "--list"),
}


def modes() -> list[click.Parameter]:
    """Return the options that stand for a command."""
    return [
        click.Option([*flags, "mode"], flag_value=name, help=f"As '{name}'.")
        for name, flags in _MODES.items()
    ]


def shared_params() -> list[click.Parameter]:
    """Return every parameter of the commands once, the files first."""
    params = [param for command in COMMANDS.values() for param in command.params]
    # Levels share one name, so that it is the spelling that tells options apart.
    by_spelling = {tuple(param.opts): param for param in params}
    return [by_spelling.pop(("files",)), *by_spelling.values()]


def environment_of(name: str) -> list[str]:
    """Return the options of NEUROCOMP_OPT for the command ``name``."""
    if is_environment_empty():
        return []
    return options_from_environment(COMMANDS[name], shared_params(), modes())


def _run(mode: str | None, **values: Any) -> Any:
    """Run the command of ``mode`` with those of the options that it has."""
    name = mode or "compress"
    command = COMMANDS[name]
    context = click.get_current_context()
    names = {param.name for param in command.params}
    for param in context.command.params:
        is_given = context.get_parameter_source(str(param.name)) is not ParameterSource.DEFAULT
        is_other = param.name != "mode" and param.name not in names
        if is_other and is_given and not _is_harmless(str(param.name), values):
            is_negated = values[str(param.name)] is False and param.secondary_opts
            spellings = param.secondary_opts if is_negated else param.opts
            raise click.UsageError(f"{spellings[-1]} does not go with '{name}'", context)
    return context.invoke(command, **{key: values[key] for key in values if key in names})


def _is_harmless(name: str, values: dict[str, Any]) -> bool:
    """Return whether gzip and xz take an option in every mode, as ``tar -I 'xz -9'`` needs it."""
    return name == "preset" or (name == "keep" and values["keep"])


class _Nameless(click.Command):
    """A command that is not named in its usage line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the options of the environment before the arguments."""
        if not ctx.resilient_parsing:
            check_levels(args, self.params)
            args = [*environment_of(self._mode(args)), *args]
        return super().parse_args(ctx, args)

    def _mode(self, args: Sequence[str]) -> str:
        by_flag = {flag: name for name, flags in _MODES.items() for flag in flags}
        given = [word.option for word in split_words(args, self.params) if word.option in by_flag]
        return by_flag[str(given[-1])] if given else "compress"

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        formatter.write_usage("neurocomp", " ".join(self.collect_usage_pieces(ctx)))


def _bare_params() -> list[click.Parameter]:
    files, *others = shared_params()
    return [files, *modes(), *others]


@cache
def bare_command() -> click.Command:
    """Return the hidden command, which has the options of all that it may mean."""
    bare = _Nameless(
        BARE, params=_bare_params(), callback=_run, help="Compress files.", hidden=True
    )
    refuse_empty_paths(bare)
    return bare
