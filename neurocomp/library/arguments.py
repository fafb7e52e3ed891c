"""Arguments as a Python programmer gives them, checked for their types, as options."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict, Unpack

from neurocomp.errors import ModelNotFoundError, UsageError
from neurocomp.pipeline.options import CompressOptions, DecompressOptions

PathArgument = str | bytes | os.PathLike[str] | os.PathLike[bytes]
"""A path, in any of Python's forms."""

ModelPath = PathArgument | Iterable[PathArgument]
"""One path or several: files and folders to search for models as well as the store."""

_WRITING_ONLY = (
    *("preset", "model", "coder", "block_bytes", "verify", "overlap", "dictionary", "window"),
)


class CompressArguments(TypedDict, total=False):
    """The keyword arguments of ``compress``, which tells what they mean; None leaves one out."""

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
    known = CompressArguments.__optional_keys__
    for name in arguments:
        if name not in known:
            raise TypeError(f"no argument {name!r}: there are {', '.join(sorted(known))}")
    given: Mapping[str, Any] = arguments
    preset, coder = _text(given, "preset"), _text(given, "coder")
    verify = given.get("verify")
    if not (verify is None or isinstance(verify, bool)):
        raise TypeError(f"verify is True, False or None, not {type(verify).__name__}")
    return CompressOptions(
        "default" if preset is None else preset,
        _name(given, "model"),
        "arithmetic" if coder is None else coder,
        _number(given, "block_bytes"),
        _number(given, "threads") or 0,
        verify,
        search_path(given.get("model_path", ())),
        _number(given, "overlap"),
        _name(given, "dictionary"),
        _number(given, "window"),
    )


def decompress_options(
    threads: int = 0, model_path: ModelPath = (), max_output: int | None = None
) -> DecompressOptions:
    """Return the arguments of ``decompress`` as checked options; raises as the other does."""
    given = {"threads": threads, "max_output": max_output}
    return DecompressOptions(
        _number(given, "threads") or 0, search_path(model_path), _number(given, "max_output")
    )


def reading_options(arguments: Mapping[str, Any]) -> DecompressOptions:
    """Return the options of those arguments of a file that are for reading.

    Raises:
        UsageError: one is given that only writing has a use for.
    """
    for name in _WRITING_ONLY:
        if arguments.get(name) is not None:
            raise UsageError(
                f"{name} is for writing: a frame names what it was written with; models and "
                "dictionaries that are not installed are found with model_path"
            )
    known = {name: arguments[name] for name in ("threads", "model_path") if name in arguments}
    return decompress_options(**known)


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


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if not (value is None or isinstance(value, str)):
        raise TypeError(f"{name} is a str, not {type(value).__name__}")
    return value


def _name(given: Mapping[str, Any], name: str) -> str | None:
    """Return the name of a model or dictionary, which may be a path."""
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str | bytes | os.PathLike):
        raise TypeError(f"{name} is a name or a path, not {type(value).__name__}")
    return os.fsdecode(value)


def _number(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool):
        raise TypeError(f"{name} is a whole number, not bool")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {type(value).__name__}") from None
