"""Arguments before click reads them: options of the environment, words, near commands."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import click

from neurocomp.errors import UsageError


@dataclass(frozen=True)
class Word:
    """An option with its value, or an operand.

    Attributes:
        option: spelling of the option, as "-o" or "--output"; None for an operand.
        words: the arguments that it is.
    """

    option: str | None
    words: tuple[str, ...]


def split_words(arguments: Sequence[str], params: Sequence[click.Parameter]) -> Iterator[Word]:
    """Yield the parts of the arguments; "-dkf" is three options.

    Args:
        arguments: the words of the command line.
        params: the known parameters; an option that is not known takes no value.

    Raises:
        UsageError: two levels are one word: -19 is not a level, and not -9.
    """
    takes_value = {
        spelling: not (one.is_flag or one.count)
        for one in params
        if isinstance(one, click.Option)
        for spelling in (*one.opts, *one.secondary_opts)
    }
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            yield from (Word(None, (one,)) for one in rest)
            return
        if argument.startswith("--"):
            has_value = takes_value.get(argument, False) and bool(rest)
            yield Word(argument.partition("=")[0], (argument, *_taken(rest, has_value)))
        elif argument.startswith("-") and argument != "-":
            yield from _split_letters(argument, takes_value, rest)
        else:
            yield Word(None, (argument,))


def check_levels(arguments: Sequence[str], params: Sequence[click.Parameter]) -> None:
    """Raise UsageError where two levels are one word."""
    for _ in split_words(arguments, params):
        pass


def _split_letters(argument: str, takes_value: dict[str, bool], rest: list[str]) -> Iterator[Word]:
    """Yield the options in "-dkf", the last of which may have a value in it or after it."""
    letters = argument[1:]
    for position, letter in enumerate(letters):
        option, value = f"-{letter}", letters[position + 1 :]
        if takes_value.get(option, False):
            yield Word(option, (option, value) if value else (option, *_taken(rest, bool(rest))))
            return
        if letter.isdigit() and value[:1].isdigit():
            digits = letters[position:]
            raise UsageError(f"no level {digits} (in {argument}): levels are -1 to -9")
        yield Word(option, (option,))


def _taken(rest: list[str], has_value: bool) -> tuple[str, ...]:
    return (rest.pop(0),) if has_value else ()


_ELSEWHERE = {
    "add": "models add",
    "check": "test",
    "cat": "decompress -c",
    "decode": "decompress",
    "encode": "compress",
    "expand": "decompress",
    "extract": "decompress",
    "generate": "dalle generate",
    "help": "--help",
    "import": "models import",
    "inspect": "info",
    "list": "info",
    "ls": "info",
    "pack": "compress",
    "pull": "models pull",
    "recover": "decompress --recover",
    "remove": "models remove",
    "restore": "decompress",
    "show": "info",
    "uncompress": "decompress",
    "unpack": "decompress",
    "unzip": "decompress",
    "verify": "test",
    "version": "--version",
    "zip": "compress",
}
"""Commands of other tools, and their names here."""

_MIN_ABBREVIATION = 2
_MIN_RATIO = 0.7


def refuse_near_command(word: str, commands: Collection[str]) -> None:
    """Raise UsageError where ``word`` is not a file, but looks like a command.

    It would be taken for a file to compress, and so would what comes after it.
    """
    if word.startswith("-") or not word or os.path.lexists(word):
        return
    guess = _nearest(word.casefold(), commands)
    if guess is not None:
        raise UsageError(
            f"there is no command and no file {word!r}: did you mean 'neurocomp {guess}'?"
        )


def _nearest(word: str, commands: Collection[str]) -> str | None:
    if word in commands:
        return word
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    begun = sorted(name for name in commands if name.startswith(word))
    if begun and len(word) >= _MIN_ABBREVIATION:
        return begun[0]
    import difflib

    near = difflib.get_close_matches(word, [*commands, *_ELSEWHERE], n=1, cutoff=_MIN_RATIO)
    return _ELSEWHERE.get(near[0], near[0]) if near else None


VARIABLE = "NEUROCOMP_OPT"
_NOT_HERE = {"-h", "--help", "-V", "--version"}


def is_environment_empty() -> bool:
    """Return whether the variable says nothing."""
    return not os.environ.get(VARIABLE, "").strip()


def options_from_environment(
    command: click.Command, known: Sequence[click.Parameter], modes: Sequence[click.Parameter]
) -> list[str]:
    """Return the options in the variable that ``command`` has, to be put before the arguments.

    Args:
        command: the command to run; options of others among ``known`` are left out.
        known: every option that may be in the variable.
        modes: options that stand for a command, which may not.

    Raises:
        UsageError: it holds anything else: an unknown option, a file, a command.
    """
    import shlex

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
                raise UsageError(
                    f"{word.words[0]!r} is not an option that may be set for all calls"
                )
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
