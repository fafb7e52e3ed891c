"""``neurocomp bench``."""

from __future__ import annotations

import click

from neurocomp.cli.commands.article import article
from neurocomp.cli.commands.bench.compare import compare
from neurocomp.cli.commands.bench.files import files
from neurocomp.cli.commands.bench.run import run
from neurocomp.cli.commands.bench.suites import list_suites, new


class _CommandOrFiles(click.Group):
    """A group that takes anything but a command's name as arguments of its command 'files'."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put 'files' before the arguments, where they don't begin with a command."""
        if args and args[0] not in (*self.commands, *self.get_help_option_names(ctx)):
            args = ["files", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_CommandOrFiles,
    commands=[files, run, list_suites, new, compare, article],
    short_help="Compare compressors and models, on suites or on your files.",
    subcommand_metavar="[COMMAND | OPTIONS] [FILE]...",
)
def bench() -> None:
    """Compare models and other compressors with each other.

    'neurocomp bench FILE...' is short for 'neurocomp bench files FILE...'; a file with the name of
    a command is written as ./run.
    """
