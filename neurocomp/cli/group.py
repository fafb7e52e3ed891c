"""The commands, and the bare form that gzip and xz have as well."""

from __future__ import annotations

import sys

import click
from click.shell_completion import CompletionItem

from neurocomp.cli.bare import BARE, COMMANDS, bare_command, environment_of
from neurocomp.cli.lazy import LazyCommands
from neurocomp.cli.paths import refuse_empty_paths
from neurocomp.cli.words import check_levels, refuse_near_command

_NAMES = (
    *(*COMMANDS, "explain", "bulk", "models", "train", "recipes"),
    *("dalle", "bench", "corpora", "selftest"),
)
_OWN_OPTIONS = ("-h", "--help", "-V", "--version")


class CommandOrBare(click.Group):
    """A group that takes anything but a command's name as arguments of the bare form."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the hidden command of the bare form before its arguments."""
        if not args and not ctx.resilient_parsing and _is_stdin_terminal():
            args = ["--help"]
        is_command = bool(args) and (args[0] in self.commands or args[0] in _OWN_OPTIONS)
        if not is_command and (args or not ctx.resilient_parsing):
            if args and not ctx.resilient_parsing:
                refuse_near_command(args[0], self.commands)
            args = [BARE, *args]
        elif args and args[0] in COMMANDS and not ctx.resilient_parsing:
            check_levels(args[1:], COMMANDS[args[0]].params)
            args = [args[0], *environment_of(args[0]), *args[1:]]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        return bare_command() if cmd_name == BARE else super().get_command(ctx, cmd_name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the commands, and what the bare form takes."""
        bare = bare_command()
        with click.Context(bare, parent=ctx, resilient_parsing=True) as bare_context:
            return [
                *super().shell_complete(ctx, incomplete),
                *bare.shell_complete(bare_context, incomplete),
                *bare.params[0].shell_complete(bare_context, incomplete),
            ]


def _is_stdin_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"neurocomp {version('neurocomp')}")
        ctx.exit()


@click.group(
    cls=CommandOrBare,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 90},
    subcommand_metavar="[COMMAND | OPTIONS] [FILE]...",
    options_metavar="",
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
def cli() -> None:
    """Lossless compression with predictive models.

    \b
    Examples:
      neurocomp compress report.txt       writes report.txt.ncmp, keeps report.txt
      neurocomp decompress report.txt.ncmp
      tar c src | neurocomp > src.tar.ncmp

    Without a command, neurocomp takes the options of 'compress', and -d, -t or -l for
    'decompress', 'test' and 'info' with theirs. One-letter options can be combined, as in -dkf:

    \b
      neurocomp FILE...       compress           neurocomp -t FILE.ncmp   test
      neurocomp -d FILE.ncmp  decompress         neurocomp -l FILE.ncmp   info

    If a file has the name of a command, write it as ./test.  A first word that is not a file but
    looks like a mistyped command is refused.

    \b
    Exit codes:
      0    all went well
      1    something failed; the other files were still processed.  If an input of
           'compress' or 'decompress' could not be read, nothing was done (see --keep-going)
      2    the command line is wrong, or would lose data; nothing was done
      130  ended by Ctrl-C; other signals: 128 plus the signal's number (141: the reader
           of the output has gone)

    \b
    Environment:
      NEUROCOMP_OPT    options for compress, decompress, test and info; those of the command
                       line override them, and each command uses those that it has.
                       Files and commands are not allowed
      NEUROCOMP_HOME   the folder of installed models
      NEUROCOMP_DEBUG  set to 1 to see where in the program an error arose
    """


cli.commands = LazyCommands("neurocomp.cli.commands", _NAMES, refuse_empty_paths)
