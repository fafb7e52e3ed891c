"""smart_open: files whose names end in ``.ncmp`` are compressed and decompressed as they go."""

from __future__ import annotations

from typing import Any, Unpack

from smart_open import compression

from neurocomp.integrations import SUFFIX
from neurocomp.integrations.owned_file import OwnedFile
from neurocomp.library.arguments import CompressArguments, compress_options

_arguments: CompressArguments = {}
_is_registered = False


def register(**arguments: Unpack[CompressArguments]) -> None:
    """Register ``.ncmp`` with ``smart_open.open``, for reading and writing.

    A second call replaces the arguments of the first.

    Args:
        arguments: those of ``neurocomp.compress``; ``compression_kwargs`` of ``smart_open.open``,
            where it has these, go before them.

    Raises:
        TypeError, UsageError: as ``neurocomp.compress``.
    """
    global _arguments, _is_registered
    compress_options(**arguments)
    _arguments = arguments
    if not _is_registered:
        compression.register_compressor(SUFFIX, _opened)
        _is_registered = True


def _opened(file: Any, mode: str, **others: Any) -> Any:
    """Return the content of ``file``, as smart_open asks a compressor for it.

    smart_open puts the text on top itself, whatever letters its mode has.
    """
    action = mode.translate({ord("t"): None, ord("b"): None})
    arguments: Any = {**_arguments, **others}
    if action == "r":
        names = ("threads", "model_path")
        arguments = {name: arguments[name] for name in names if name in arguments}
    return OwnedFile(file, action + "b", **arguments)
