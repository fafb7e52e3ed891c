"""neurocomp as a contender: its command lines, and which program it is, to the byte."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from neurocomp.bench.suite.commands import Command
from neurocomp.errors import ModelNotFoundError, NeurocompError, UsageError
from neurocomp.pipeline.options import PRESETS
from neurocomp.registry.lookup import largest_language_model
from neurocomp.registry.packaged import EMBEDDED
from neurocomp.store.folder import ModelStore

PACKAGE = Path(__file__).parents[2]
_WEIGHTS = ".safetensors"
_LEVELS = tuple(f"-{level}" for level in range(1, 10))
_OUR_OWN = "-c -o -f -k -n -r -q -v -T --stdout --output --force --rm --threads --json"


@dataclass(frozen=True)
class Options:
    """Options of ``neurocomp compress`` that a contender has.

    Attributes:
        words: as they were given.
        preset: name of the preset, or None for the default or a level.
        models: names or files of model and dictionary.
        model_path: files and folders that are searched for them.
    """

    words: tuple[str, ...]
    preset: str | None
    models: tuple[str, ...]
    model_path: tuple[str, ...]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"options of a contender neurocomp: {message}")


def read_options(words: Sequence[str]) -> Options:
    """Return parsed options of ``neurocomp compress``; raises UsageError."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--preset", choices=list(PRESETS))
    parser.add_argument("-m", "--model")
    parser.add_argument("--dict", dest="dictionary")
    parser.add_argument("--model-path", action="append", default=[])
    for name in ("--coder", "--block-size", "--overlap", "--window"):
        parser.add_argument(name)
    for name in ("--fast", "--best", "--ultra", "--verify", "--no-verify", *_LEVELS):
        parser.add_argument(name, action="store_true", dest=f"flag{name}")
    found, unknown = parser.parse_known_args(list(words))
    if unknown:
        raise UsageError(
            f"a contender neurocomp has no option {unknown[0]!r}: name a preset, level, model, "
            f"coder and the like; threads and files ({_OUR_OWN}) are the suite's"
        )
    models = tuple(one for one in (found.model, found.dictionary) if one is not None)
    return Options(tuple(words), found.preset, models, tuple(found.model_path))


def compress_command(options: Options) -> Command:
    """Return the command that compresses."""
    program = (sys.executable, "-m", "neurocomp", "compress")
    return Command((*program, *options.words, "-q", "-T{threads}", "-c", "{in}"), stdout="{out}")


def decompress_command(options: Options) -> Command:
    """Return the command that decompresses, which needs no options but where models are."""
    files = [name for name in options.models if Path(name).is_file()]
    paths = [word for path in (*options.model_path, *files) for word in ("--model-path", path)]
    program = (sys.executable, "-m", "neurocomp", "decompress")
    return Command((*program, *paths, "-q", "-T{threads}", "-c", "{in}"), stdout="{out}")


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
    if not names and (options.preset == "max" or "--ultra" in options.words):
        with suppress(ModelNotFoundError):
            names.append(largest_language_model(store))
    for name in names:
        if name in EMBEDDED:
            continue
        try:
            hashes.append(store.find(name).sha256.hex()[:16])
        except (NeurocompError, OSError):
            path = Path(name)
            if not path.is_file():
                continue  # what it is, the program will say
            hashes.append(hashlib.sha256(path.read_bytes()).hexdigest()[:16])
    return " ".join([*options.words, *hashes])


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
