"""``neurocomp`` without a command: the short forms of gzip and xz."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from neurocomp.cli.compress import compress
from neurocomp.cli.decompress import decompress
from neurocomp.cli.info import info
from neurocomp.cli.test import test

_COMMANDS = {"compress": compress, "decompress": decompress, "test": test, "info": info}


def _own_and_shared_params() -> list[click.Parameter]:
    """Return the modes, and every parameter of the commands once, the files first."""
    modes: list[click.Parameter] = [
        click.Option([flag, "mode"], flag_value=name, help=f"As '{name}'.")
        for flag, name in (("-d", "decompress"), ("-t", "test"), ("-l", "info"))
    ]
    params = [param for command in _COMMANDS.values() for param in command.params]
    # -1, -6 and -9 share one name, so that it is the spelling that tells options apart.
    by_spelling = {tuple(param.opts): param for param in params}
    return [by_spelling.pop(("files",)), *modes, *by_spelling.values()]


def _run(mode: str | None, **values: Any) -> Any:
    """Run the command of ``mode`` with those of the options that it has."""
    name = mode or "compress"
    command = _COMMANDS[name]
    context = click.get_current_context()
    names = {param.name for param in command.params}
    for param in context.command.params:
        is_given = context.get_parameter_source(str(param.name)) is not ParameterSource.DEFAULT
        if param.name != "mode" and param.name not in names and is_given:
            raise click.UsageError(f"{param.opts[-1]} does not go with '{name}'", context)
    return context.invoke(command, **{key: values[key] for key in values if key in names})


class _Nameless(click.Command):
    """A command that is not named in its usage line."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        formatter.write_usage("neurocomp", " ".join(self.collect_usage_pieces(ctx)))


bare = _Nameless(
    "", params=_own_and_shared_params(), callback=_run, help="Compress files.", hidden=True
)
