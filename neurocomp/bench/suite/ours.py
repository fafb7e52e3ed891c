"""neurocomp as a contender: its command lines, and which program it is, to the byte."""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from neurocomp.bench.suite.commands import Command
from neurocomp.errors import ModelNotFoundError, NeurocompError, UsageError
from neurocomp.frame.constants import FAMILY_DALLE
from neurocomp.pipeline.options import PRESETS
from neurocomp.registry.catalogue import BY_ID, Family, Kind, family_named
from neurocomp.registry.lookup import largest_language_model
from neurocomp.registry.packaged import EMBEDDED
from neurocomp.store.folder import ModelStore
from neurocomp.store.headers import ModelHeader
from neurocomp.store.shipped import DALLE_FILE, DALLE_PREFIX, packaged_priors

PACKAGE = Path(__file__).parents[2]
_WEIGHTS = ".safetensors"
_LEVELS = tuple(f"-{level}" for level in range(1, 10))
_OUR_OWN = "-c -o -f -k -n -r -q -v -T --stdout --output --force --rm --threads --json"


@dataclass(frozen=True)
class Options:
    """Options of ``neurocomp compress`` that a contender has.

    Attributes:
        words: options that name no model, as they were given.
        preset: name of the preset, or None for the default or a level.
        model: name or file of the model, or None for the preset's.
        dictionary: name or file of a dictionary, or None.
        model_path: files and folders that are searched for them.
    """

    words: tuple[str, ...]
    preset: str | None
    model: str | None
    dictionary: str | None
    model_path: tuple[str, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """Model and dictionary, as far as they are given."""
        return tuple(one for one in (self.model, self.dictionary) if one is not None)

    @property
    def needs_language_model(self) -> bool:
        """Whether the preset takes the largest language model that is installed."""
        return self.model is None and (self.preset == "max" or "--ultra" in self.words)

    @property
    def arguments(self) -> tuple[str, ...]:
        """All options, as the program takes them."""
        named = (("-m", self.model), ("--dict", self.dictionary))
        pairs = [(name, value) for name, value in named if value is not None]
        pairs += [("--model-path", path) for path in self.model_path]
        return (*(word for pair in pairs for word in pair), *self.words)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"options of a contender neurocomp: {message}")


def read_options(words: Sequence[str]) -> Options:
    """Return parsed options of ``neurocomp compress``; raises UsageError."""
    files = _Parser(add_help=False, allow_abbrev=False)
    files.add_argument("-m", "--model")
    files.add_argument("--dict", dest="dictionary")
    files.add_argument("--model-path", action="append", default=[])
    named, rest = files.parse_known_args(list(words))
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--preset", choices=list(PRESETS))
    for name in ("--coder", "--block-size", "--overlap", "--window"):
        parser.add_argument(name)
    for name in ("--fast", "--best", "--ultra", "--verify", "--no-verify", *_LEVELS):
        parser.add_argument(name, action="store_true", dest=f"flag{name}")
    found, unknown = parser.parse_known_args(rest)
    if unknown:
        raise UsageError(
            f"a contender neurocomp has no option {unknown[0]!r}: name a preset, level, model, "
            f"coder and the like; threads and files ({_OUR_OWN}) are the suite's"
        )
    return Options(
        tuple(rest), found.preset, named.model, named.dictionary, tuple(named.model_path)
    )


def compress_command(options: Options) -> Command:
    """Return the command that compresses."""
    program = (sys.executable, "-m", "neurocomp", "compress")
    words = (*program, *options.arguments, "-q", "-T{threads}", "-c", "{in}")
    return Command(words, stdout="{out}")


def decompress_command(options: Options) -> Command:
    """Return the command that decompresses, which needs no options but where models are."""
    files = [str(file) for file in map(_file_of, options.models) if file is not None]
    paths = [word for path in (*options.model_path, *files) for word in ("--model-path", path)]
    program = (sys.executable, "-m", "neurocomp", "decompress")
    return Command((*program, *paths, "-q", "-T{threads}", "-c", "{in}"), stdout="{out}")


def _file_of(model: str) -> Path | None:
    """Return the file that a model's name is, or that is in its folder; None for other names."""
    folder = model.removeprefix(DALLE_PREFIX)
    file = Path(model) if folder == model else Path(folder) / DALLE_FILE
    return file if file.is_file() else None


def missing(options: Options) -> str | None:
    """Return why the options cannot be used on this machine; None if they can."""
    if options.needs_language_model:
        try:
            largest_language_model(ModelStore(search_path=options.model_path))
        except ModelNotFoundError as error:
            return str(error)
    return None


def all_models() -> Iterator[str]:
    """Yield options for every model of the package and every installed one, with each coder."""
    for model in EMBEDDED.values():
        yield from _with_coders(model.name, model.family)
    for name in packaged_priors():
        yield from _with_coders(name, BY_ID[FAMILY_DALLE])
    for entry in ModelStore().entries():
        with suppress(NeurocompError, OSError):  # those who name it are told
            family = family_named(ModelHeader.read(entry.path).architecture)
            if family is not None:
                yield from _with_coders(entry.name, family)


def _with_coders(name: str, family: Family) -> Iterator[str]:
    yield f"-m {shlex.quote(name)}"
    if family.kind is Kind.SYMBOL:
        yield f"-m {shlex.quote(name)} --coder huffman"


def environment() -> Mapping[str, str]:
    """Return the variables that make a new process run this very package, with no other options."""
    before = os.environ.get("PYTHONPATH")
    paths = [str(PACKAGE.parent), *([before] if before else [])]
    return {"PYTHONPATH": os.pathsep.join(paths), "NEUROCOMP_OPT": ""}


def fingerprint(options: Options) -> str:
    """Return the options, and for each model the hash that its file claims."""
    store = ModelStore(search_path=options.model_path)
    hashes = []
    names = list(options.models)
    if options.needs_language_model:
        with suppress(ModelNotFoundError):
            names.append(largest_language_model(store))
    for name in names:
        if name in EMBEDDED:
            continue
        try:
            hashes.append(store.find(name).sha256.hex()[:16])
        except (NeurocompError, OSError):
            path = _file_of(name)
            if path is None:
                continue  # what it is, the program will say
            hashes.append(hashlib.sha256(path.read_bytes()).hexdigest()[:16])
    return " ".join([*options.arguments, *hashes])


@cache
def version() -> str:
    """Return the version and a hash of the program's files: any change makes it another one.

    What measures is left out: it changes nothing of what is measured.
    """
    digest = hashlib.sha256()
    for path in _files():
        if path.suffix in (".py", ".so", ".pyd", ".toml", _WEIGHTS):
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return f"{metadata.version('neurocomp')} ({digest.hexdigest()[:10]})"


@cache
def package_bytes() -> int:
    """Return the size of the installed package without its weights, in bytes."""
    return sum(path.stat().st_size for path in _files() if path.suffix != _WEIGHTS)


def _files() -> list[Path]:
    return sorted(
        path
        for path in PACKAGE.rglob("*")
        if path.is_file() and not {"__pycache__", "bench"} & set(path.relative_to(PACKAGE).parts)
    )
