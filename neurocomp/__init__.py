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
    MissingPackageError,
    ModelError,
    ModelMismatchError,
    ModelNotFoundError,
    NeurocompError,
    SizeLimitError,
    TruncatedError,
    UnsupportedError,
    UsageError,
)

if TYPE_CHECKING:
    from neurocomp.library.codec import Codec, register_joblib
    from neurocomp.library.file_object import NeurocompFile
    from neurocomp.library.functions import check as test
    from neurocomp.library.functions import compress, decompress, info, read_range, recover
    from neurocomp.library.incremental import Compressor, Decompressor
    from neurocomp.library.opening import open_compressed as open
    from neurocomp.library.records import compress_many, decompress_many

__all__ = [
    "ChecksumError",
    "Codec",
    "Compressor",
    "Decompressor",
    "FormatError",
    "MissingPackageError",
    "ModelError",
    "ModelMismatchError",
    "ModelNotFoundError",
    "NeurocompError",
    "NeurocompFile",
    "SizeLimitError",
    "TruncatedError",
    "UnsupportedError",
    "UsageError",
    "compress",
    "compress_many",
    "decompress",
    "decompress_many",
    "info",
    "open",
    "read_range",
    "recover",
    "register_joblib",
    "test",
]

_LAZY = {
    "Codec": "codec.Codec",
    "Compressor": "incremental.Compressor",
    "Decompressor": "incremental.Decompressor",
    "NeurocompFile": "file_object.NeurocompFile",
    "compress": "functions.compress",
    "compress_many": "records.compress_many",
    "decompress": "functions.decompress",
    "decompress_many": "records.decompress_many",
    "info": "functions.info",
    "open": "opening.open_compressed",
    "read_range": "functions.read_range",
    "recover": "functions.recover",
    "register_joblib": "codec.register_joblib",
    "test": "functions.check",
}
"""Names that are loaded at first use, by their module in ``neurocomp.library``."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("neurocomp")
    if name not in _LAZY:
        raise AttributeError(f"module 'neurocomp' has no attribute {name!r}")
    module, attribute = _LAZY[name].split(".")
    found = getattr(import_module(f"neurocomp.library.{module}"), attribute)
    # Kept, so that this is asked once for each name.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
