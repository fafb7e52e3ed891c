"""Command lines with places for files, as descriptors and users write them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neurocomp.errors import UsageError

INPUT, OUTPUT, THREADS = "{in}", "{out}", "{threads}"


@dataclass(frozen=True)
class Command:
    """A program and its arguments, and where it reads from and writes to.

    Attributes:
        words: program and arguments; ``{in}``, ``{out}`` and ``{threads}`` are filled in later.
        stdin, stdout: targets of redirection: ``{in}``, ``{out}``, or nothing.
    """

    words: tuple[str, ...]
    stdin: str = ""
    stdout: str = ""

    @property
    def has_output(self) -> bool:
        """Whether the command says where its output goes."""
        return self.stdout == OUTPUT or any(OUTPUT in word for word in self.words)

    def filled(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Return the words with ``values``, by place, in their places."""
        return tuple(_fill(word, values) for word in self.words)

    def __str__(self) -> str:
        redirections = [f"< {self.stdin}"] if self.stdin else []
        redirections += [f"> {self.stdout}"] if self.stdout else []
        shown = [word if _is_plain(word) else shlex.quote(word) for word in self.words]
        return " ".join([*shown, *redirections])


def parse_command(text: str) -> Command:
    """Return the command that a line says; quotes are as in a shell, and so are < and >.

    Raises:
        UsageError: it is not a command, or reads no ``{in}``.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"the command {text!r} cannot be read: {error}") from None
    plain: list[str] = []
    redirected = {"<": "", ">": ""}
    rest = iter(words)
    for word in rest:
        if word in redirected:
            redirected[word] = next(rest, "")
            if redirected[word] != {"<": INPUT, ">": OUTPUT}[word]:
                raise UsageError(f"the command {text!r}: {INPUT} or {OUTPUT} must follow {word}")
        else:
            plain.append(word)
    command = Command(tuple(plain), redirected["<"], redirected[">"])
    if not plain or not (command.stdin or any(INPUT in word for word in plain)):
        raise UsageError(f"the command {text!r} reads nothing: write {INPUT} where the file goes")
    return command


def parse_custom(text: str) -> tuple[str, Command, Command]:
    """Return name and both commands of ``name: compress {in} {out} ; decompress {in} {out}``.

    Raises:
        UsageError: it is not of that form.
    """
    name, colon, commands = text.partition(":")
    first, semicolon, second = commands.partition(" ; ")
    if not (name.strip() and colon and first.strip() and semicolon and second.strip()):
        raise UsageError(
            f"--command {text!r}: write 'name: compress {INPUT} {OUTPUT} ; decompress {INPUT} "
            f"{OUTPUT}', with spaces around the semicolon"
        )
    pair = parse_command(first), parse_command(second)
    for command in pair:
        if not command.has_output:
            raise UsageError(f"--command {name.strip()!r}: '{command}' writes nothing: {OUTPUT}")
    return name.strip(), *pair


def _is_plain(word: str) -> bool:
    """Return whether a word needs no quotes, apart from its placeholders."""
    for place in (INPUT, OUTPUT, THREADS):
        word = word.replace(place, "x")
    return shlex.quote(word) == word


def _fill(word: str, values: Mapping[str, str]) -> str:
    for place, value in values.items():
        word = word.replace(place, value)
    return word


def absolute_program(word: str) -> str:
    """Return a program that is named by a path as one that is found from any folder."""
    return str(Path(word).absolute()) if "/" in word and not Path(word).is_absolute() else word
