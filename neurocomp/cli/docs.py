"""``docs/cli.md`` and the man page from the help texts: ``python -m neurocomp.cli.docs``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from neurocomp.cli.bare import COMMANDS, modes
from neurocomp.cli.group import cli

MAN_PATH = Path(__file__).parents[2] / "docs" / "neurocomp.1"
_KEEP_LINES = "\b"
"""Marks a paragraph of a help text whose line breaks are kept."""
_ESCAPES = str.maketrans(
    {"\\": r"\e", "-": r"\-", '"': r"\(dq", "^": r"\(ha", "~": r"\(ti", "`": r"\(ga"}
)

_HEAD = """\
.\\" Written by `python -m neurocomp.cli.docs`: change the help texts, not this file.
.TH NEUROCOMP 1 "" "neurocomp" "User Commands"
.SH NAME
neurocomp \\- lossless compression with predictive models
.SH SYNOPSIS
.B neurocomp
.RI [ COMMAND " | " OPTIONS "] [" FILE ]...
"""

_MODES = """\
.SH SHORT FORMS
Without a command neurocomp takes the options of
.BR compress ,
or of the command that one of these stands for:
"""

_TAIL = """\
.SH FILES
.TP
.I FILE.ncmp
a compressed file: one frame, or several one after the other.
.TP
.I $NEUROCOMP_HOME/models
installed models; by default below the user's folder of application data.
.SH SEE ALSO
.BR gzip (1),
.BR xz (1),
.BR zstd (1)
"""


def render_man() -> str:
    """Return the text of ``docs/neurocomp.1``."""
    with click.Context(cli, info_name="neurocomp", **cli.context_settings) as context:
        lines = [_HEAD, ".SH DESCRIPTION\n", *_help(cli.help or ""), _MODES]
        lines += _options(modes(), context)
        lines.append(".SH COMMANDS\n")
        for child in (*COMMANDS, *(name for name in cli.commands if name not in COMMANDS)):
            lines += _command(cli.commands[child], child, context)
    return "".join([*lines, _TAIL])


def _command(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    """Yield the section of a command, and of those below it."""
    with click.Context(command, info_name=name, parent=parent) as ctx:
        usage = " ".join(command.collect_usage_pieces(ctx))
        yield f'.SS "{_escape(ctx.command_path)} {_escape(usage)}"\n'
        yield from _help(command.help or "")
        yield from _options(command.get_params(ctx), ctx)
        if isinstance(command, click.Group):
            for child in command.list_commands(ctx):
                yield from _command(command.commands[child], child, ctx)


def _options(params: list[click.Parameter], context: click.Context) -> Iterator[str]:
    """Yield a list of options; that of help, which all commands have, is left out."""
    for param in params:
        record = param.get_help_record(context)
        if record is None or isinstance(param, click.Argument) or "--help" in param.opts:
            continue
        spelling, text = record
        yield f".TP\n\\fB{_escape(spelling)}\\fR\n{_line(_escape(text))}"


def _help(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text."""
    for paragraph in text.strip().split("\n\n"):
        lines = [line.removeprefix("    ") for line in paragraph.splitlines()]
        if _KEEP_LINES in lines[0]:
            yield from _kept(lines[1:])
        else:
            yield ".PP\n" + _line(_escape(" ".join(line.strip() for line in lines)))


def _kept(lines: list[str]) -> Iterator[str]:
    """Yield a paragraph whose lines stay as they are, its first one as a title."""
    title, rest = (lines[0], lines[1:]) if lines[0].endswith(":") else ("", lines)
    section = {"Exit codes:": "EXIT STATUS", "Environment:": "ENVIRONMENT"}.get(title.strip())
    if section is not None:
        yield f".SH {section}\n"
        yield from _tagged(rest)
        return
    if title:
        yield f".PP\n{_line(_escape(title.strip()))}"
    yield ".PP\n.nf\n"
    yield from (_line(_escape(line)) for line in rest)
    yield ".fi\n"


def _tagged(lines: list[str]) -> Iterator[str]:
    """Yield lines of a word and its meaning, the rest of which is further to the right."""
    for line in lines:
        tag, _, text = line.strip().partition("  ")
        if text and line.startswith("  ") and not line.startswith("   "):
            yield f".TP\n\\fB{_escape(tag)}\\fR\n{_line(_escape(text.strip()))}"
        else:
            yield _line(_escape(line.strip()))


def _line(text: str) -> str:
    """Return a line of text that roff takes for no request."""
    return f"\\&{text}\n" if text[:1] in (".", "'") else f"{text}\n"


def _escape(text: str) -> str:
    """Return ``text`` with what roff would read as something else."""
    return text.translate(_ESCAPES)


DOCS_PATH = Path(__file__).parents[2] / "docs" / "cli.md"
_WIDTH = 90

_INTRODUCTION = """\
# The command line

<!-- Written by `python -m neurocomp.cli.docs`: change the help texts, not this file. -->

Data goes to standard output, messages go to standard error. Output is written to a temporary file
beside its target and renamed when it is complete: Ctrl-C, an error or a full disk leave neither a
part of it nor the temporary file. All inputs and outputs are checked before the first file is
touched: a run that would lose data is refused.

[Like gzip and xz, and unlike them](manners.md) lists the differences.  The man page has the same
text as below: `man neurocomp` or `man docs/neurocomp.1`.
"""

NOT_RUN = {
    "neurocomp bench article": "network",
    "neurocomp bench run": (
        "network (run text; run small; run speed), minutes (--files book.txt; --files a.txt)"
    ),
    "neurocomp bench new": "minutes",
    "neurocomp bulk": "network (s3://bucket/logs)",
    "neurocomp bulk compress": "minutes (--engine ray)",
    "neurocomp bulk restore": "network (s3://)",
    "neurocomp bulk test": "network (s3://)",
    "neurocomp corpora fetch": "network",
    "neurocomp dalle eval": "minutes, network (fid)",
    "neurocomp dalle generate": "minutes",
    "neurocomp dalle import-vae": "minutes, network (vqgan)",
    "neurocomp dalle make-rainbow": "minutes",
    "neurocomp dalle render": "minutes",
    "neurocomp dalle tokenize": "minutes",
    "neurocomp dalle train-prior": "minutes (-o run)",
    "neurocomp dalle train-vae": "minutes (-o vae)",
    "neurocomp explain": "minutes (dalle:rainbow)",
    "neurocomp models import": "minutes",
    "neurocomp models pull": "network",
    "neurocomp selftest": "minutes, GPU (cuda)",
    "neurocomp train average": "minutes",
    "neurocomp train gpt2": "minutes",
    "neurocomp train mixers": "minutes",
    "neurocomp train neural-ngram": "minutes",
    "neurocomp train recurrent": "minutes",
    "neurocomp train text": "minutes",
}
"""By command, the examples that quick tests don't run, as in the comments of other pages."""

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
        mark = f"<!-- not run: {NOT_RUN[path]} -->\n" if path in NOT_RUN else ""
        sections.append(f"## {path}\n\n{mark}```text\n{help_text}\n```\n")
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
    MAN_PATH.write_text(render_man(), encoding="utf-8")
