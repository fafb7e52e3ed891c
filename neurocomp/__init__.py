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
    from neurocomp.pipeline.api import compress, decompress
    from neurocomp.pipeline.file_object import open_compressed as open

__all__ = [
    "ChecksumError",
    "FormatError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NeurocompError",
    "TruncatedError",
    "UnsupportedError",
    "UsageError",
    "compress",
    "decompress",
    "open",
]

_LAZY = {
    "compress": ("neurocomp.pipeline.api", "compress"),
    "decompress": ("neurocomp.pipeline.api", "decompress"),
    "open": ("neurocomp.pipeline.file_object", "open_compressed"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("neurocomp")
    if name not in _LAZY:
        raise AttributeError(f"module 'neurocomp' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    return getattr(import_module(module), attribute)
