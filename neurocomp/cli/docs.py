"""``docs/cli.md`` and the man page from the help texts: ``python -m neurocomp.cli.docs``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from neurocomp.cli import man
from neurocomp.cli.group import cli

DOCS_PATH = Path(__file__).parents[2] / "docs" / "cli.md"
_WIDTH = 90

_INTRODUCTION = """\
# The command line

<!-- Written by `python -m neurocomp.cli.docs`: change the help texts, not this file. -->

Data goes to standard output, everything that is said to people to standard error. Output is
written to a temporary file beside its target and renamed when it is complete: Ctrl-C, an error or
a full disk leave neither a part of it nor the temporary file. Before the first file is touched,
all inputs and outputs are looked at: a run that would lose data is refused.

What is as in gzip and xz, and what is not and why: [manners.md](manners.md).  The same as below is
in the man page, `man neurocomp` or `man docs/neurocomp.1`.
"""

_COMPLETION = """\
## Shell completion

Commands, options, presets, files, and the names of models and dictionaries, installed ones as well.

For bash, add this line to `~/.bashrc`:

    eval "$(_NEUROCOMP_COMPLETE=bash_source neurocomp)"

For zsh, to `~/.zshrc`:

    eval "$(_NEUROCOMP_COMPLETE=zsh_source neurocomp)"

For fish, once:

    _NEUROCOMP_COMPLETE=fish_source neurocomp > ~/.config/fish/completions/neurocomp.fish
"""


def render() -> str:
    """Return the text of ``docs/cli.md``."""
    sections = [_INTRODUCTION]
    for path, help_text in _helps(cli, "neurocomp", None):
        sections.append(f"## {path}\n\n```text\n{help_text}\n```\n")
    return "\n".join([*sections, _COMPLETION])


def _helps(
    command: click.Command, name: str, parent: click.Context | None
) -> Iterator[tuple[str, str]]:
    """Yield the path and help text of a command and of all below it."""
    settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    with click.Context(command, info_name=name, parent=parent, **settings) as context:
        yield context.command_path, context.get_help()
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                yield from _helps(command.commands[child], child, context)


if __name__ == "__main__":
    DOCS_PATH.write_text(render(), encoding="utf-8")
    man.MAN_PATH.write_text(man.render(), encoding="utf-8")
