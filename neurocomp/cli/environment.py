"""Options that a user always wants, from the environment: ``NEUROCOMP_OPT``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

import click

from neurocomp.cli.words import Word, split_words
from neurocomp.errors import UsageError

VARIABLE = "NEUROCOMP_OPT"
_NOT_HERE = {"-h", "--help", "-V", "--version"}


def options_from_environment(
    command: click.Command, known: Sequence[click.Parameter], modes: Sequence[click.Parameter]
) -> list[str]:
    """Return the options in the variable that ``command`` has, to be put before the arguments.

    Args:
        command: what is run; options of others among ``known`` are left out.
        known: every option that may be in the variable.
        modes: options that stand for a command, which may not.

    Raises:
        UsageError: it holds anything else: an unknown option, a file, a command.
    """
    try:
        arguments = shlex.split(os.environ.get(VARIABLE, ""))
    except ValueError as error:
        raise UsageError(f"{VARIABLE}: {error}") from None
    commands = {spelling for mode in modes for spelling in mode.opts} | _NOT_HERE
    own, names = _spellings(command.params), _spellings(known)
    taken: list[str] = []
    try:
        for word in split_words(arguments, known):
            if word.option is None or word.option in commands:
                raise UsageError(f"{word.words[0]!r} is no option that may be set for all calls")
            if word.option not in names:
                raise UsageError(f"no such option: {word.option}")
            if _lacks_value(word, known):
                # It would take the first argument of the command line for its value.
                raise UsageError(f"{word.option} needs a value")
            if word.option in own:
                taken += word.words
    except UsageError as error:
        raise UsageError(f"{VARIABLE}: {error}") from None
    return taken


def _lacks_value(word: Word, known: Sequence[click.Parameter]) -> bool:
    """Return whether an option that takes a value stands alone: no "--name=value" either."""
    valued = [
        one for one in known if isinstance(one, click.Option) and not (one.is_flag or one.count)
    ]
    return word.words == (word.option,) and word.option in _spellings(valued)


def _spellings(params: Sequence[click.Parameter]) -> set[str]:
    return {
        spelling
        for param in params
        if isinstance(param, click.Option)
        for spelling in (*param.opts, *param.secondary_opts)
    }
