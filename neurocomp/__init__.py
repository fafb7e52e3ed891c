"""neurocomp: lossless compression with predictive models, exact on every machine.

    >>> import neurocomp
    >>> frame = neurocomp.compress(b"any bytes at all")
    >>> neurocomp.decompress(frame)
    b'any bytes at all'

The functions load what they need when they are first used, so that importing is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neurocomp.errors import (
    ChecksumError,
    FormatError,
    ModelError,
    ModelMismatchError,
    ModelNotFoundError,
    NeurocompError,
    TruncatedError,
    UnsupportedError,
    UsageError,
)

if TYPE_CHECKING:
    from neurocomp.library.compressor import Compressor
    from neurocomp.library.decompressor import Decompressor
    from neurocomp.library.file_object import NeurocompFile
    from neurocomp.library.functions import compress, decompress
    from neurocomp.library.opening import open_compressed as open

__all__ = [
    "ChecksumError",
    "Compressor",
    "Decompressor",
    "FormatError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NeurocompError",
    "NeurocompFile",
    "TruncatedError",
    "UnsupportedError",
    "UsageError",
    "compress",
    "decompress",
    "open",
]

_LAZY = {
    "Compressor": "compressor",
    "Decompressor": "decompressor",
    "NeurocompFile": "file_object",
    "compress": "functions",
    "decompress": "functions",
    "open": "opening",
}
"""The module of ``neurocomp.library`` that has what is loaded when it is first used."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("neurocomp")
    if name not in _LAZY:
        raise AttributeError(f"module 'neurocomp' has no attribute {name!r}")
    module = import_module(f"neurocomp.library.{_LAZY[name]}")
    found = getattr(module, "open_compressed" if name == "open" else name)
    # Kept, so that this is asked once for each name.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
