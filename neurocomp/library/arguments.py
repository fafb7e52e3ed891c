"""Arguments as a Python programmer gives them, checked for their types, as options."""

from __future__ import annotations

import dataclasses
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict, Unpack

from neurocomp.errors import ModelNotFoundError, UsageError
from neurocomp.pipeline.options import CompressOptions, DecompressOptions

PathArgument = str | bytes | os.PathLike[str] | os.PathLike[bytes]
"""A path, in any of Python's forms."""

ModelPath = PathArgument | Iterable[PathArgument]
"""One path or several: files and folders to search for models as well as the store."""


class CompressArguments(TypedDict, total=False):
    """The fields of `CompressOptions` in the types that callers give; None leaves one out."""

    preset: str | None
    model: PathArgument | None
    coder: str | None
    block_bytes: int | None
    threads: int
    verify: bool | None
    model_path: ModelPath
    overlap: int | None
    dictionary: PathArgument | None
    window: int | None


def compress_options(**arguments: Unpack[CompressArguments]) -> CompressOptions:
    """Return the arguments of ``compress`` as checked options.

    Raises:
        TypeError: one has a type that it can't have, or there is no such argument.
        UsageError: one is out of its range.
        ModelNotFoundError: a path to search is empty.
    """
    for name in arguments:
        if name not in _COMPRESS:
            raise TypeError(f"no argument {name!r}: there are {', '.join(sorted(_COMPRESS))}")
    return CompressOptions(**_checked(arguments))


def decompress_options(
    threads: int = 0, model_path: ModelPath = (), max_output: int | None = None
) -> DecompressOptions:
    """Return the arguments of ``decompress`` as checked options; raises as the other does."""
    given = {"threads": threads, "model_path": model_path, "max_output": max_output}
    return DecompressOptions(**_checked(given))


def reading_options(arguments: Mapping[str, Any]) -> DecompressOptions:
    """Return the options of those arguments of a file that are for reading.

    Raises:
        UsageError: one is given that only writing has a use for.
    """
    for name in _COMPRESS:
        if name not in _DECOMPRESS and arguments.get(name) is not None:
            raise UsageError(
                f"{name} is for writing: a frame names what it was written with; models and "
                "dictionaries that are not installed are found with model_path"
            )
    known = {name: value for name, value in arguments.items() if name in _DECOMPRESS}
    return DecompressOptions(**_checked(known))


def search_path(value: ModelPath) -> tuple[Path, ...]:
    """Return one path or several as a tuple.

    Raises:
        TypeError: it is neither.
        ModelNotFoundError: one is empty, which would mean the current folder.
    """
    paths: Iterable[object] = (value,) if isinstance(value, str | bytes | os.PathLike) else value
    if not isinstance(paths, Iterable):
        raise TypeError(f"model_path is a path or several, not {type(value).__name__}")
    return tuple(_path(one) for one in paths)


def _path(value: object) -> Path:
    if not isinstance(value, str | bytes | os.PathLike):
        raise TypeError(f"model_path holds a {type(value).__name__}, which is not a path")
    path = os.fsdecode(value)
    if not path:
        raise ModelNotFoundError("model path '' does not exist: an empty path names no file")
    return Path(path)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is a str, not {type(value).__name__}")
    return value


def _truth(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is True, False or None, not {type(value).__name__}")
    return value


def _name(name: str, value: object) -> str:
    """Return the name of a model or dictionary, which may be a path."""
    if not isinstance(value, str | bytes | os.PathLike):
        raise TypeError(f"{name} is a name or a path, not {type(value).__name__}")
    return os.fsdecode(value)


def _number(name: str, value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError(f"{name} is a whole number, not bool")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {type(value).__name__}") from None


_CHECKS: dict[str, Callable[[str, Any], object]] = {
    "preset": _text,
    "model": _name,
    "coder": _text,
    "verify": _truth,
    "model_path": lambda _, value: search_path(value),
    "dictionary": _name,
}
"""How arguments that are not numbers are checked."""

_COMPRESS, _DECOMPRESS = (
    tuple(field.name for field in dataclasses.fields(options))
    for options in (CompressOptions, DecompressOptions)
)


def _checked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are given, checked, as fields of options."""
    return {
        name: _CHECKS.get(name, _number)(name, value)
        for name, value in arguments.items()
        if value is not None
    }
