"""Arguments taken apart into options and operands, before click reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from neurocomp.errors import UsageError


@dataclass(frozen=True)
class Word:
    """An option with its value, or an operand.

    Attributes:
        option: how the option is spelt, as "-o" or "--output"; None for an operand.
        words: the arguments that it is.
    """

    option: str | None
    words: tuple[str, ...]


def split_words(arguments: Sequence[str], params: Sequence[click.Parameter]) -> Iterator[Word]:
    """Yield what the arguments are made of; "-dkf" is three options.

    Args:
        arguments: as they were given.
        params: what is known; an option that is not known takes no value.

    Raises:
        UsageError: two levels are one word: -19 is no level, and not -9.
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
