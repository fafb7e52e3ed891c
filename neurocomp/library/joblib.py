"""neurocomp as a compressor of joblib's ``dump`` and ``load``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from neurocomp.frame import constants
from neurocomp.library.arguments import CompressArguments, ModelPath, compress_options
from neurocomp.library.file_object import NeurocompFile

if TYPE_CHECKING:
    from neurocomp.library.streams import Stream

EXTENSION = ".ncmp"


def register_joblib(
    name: str = "neurocomp", *, force: bool = False, **arguments: Unpack[CompressArguments]
) -> None:
    """Let ``joblib.dump(value, path, compress=name)`` write frames, and ``joblib.load`` read them.

    A path that ends in ".ncmp" needs no ``compress``.  joblib's levels change nothing: choose a
    preset here.  Each process that loads such files calls this once, before.

    Args:
        name: what to call it in ``compress``.
        force: replace a compressor of that name.
        arguments: those of ``neurocomp.compress``.

    Raises:
        ImportError: joblib is not installed.
        TypeError, UsageError: as ``neurocomp.compress``.
    """
    import joblib
    from joblib.compressor import CompressorWrapper

    compress_options(**arguments)
    model_path: ModelPath = arguments.get("model_path", ())

    class Wrapper(CompressorWrapper):  # type: ignore[misc]
        """Makes file objects, as joblib asks for them."""

        def __init__(self) -> None:
            super().__init__(obj=NeurocompFile, prefix=constants.MAGIC, extension=EXTENSION)

        def compressor_file(self, fileobj: Stream, compresslevel: int | None = None) -> Any:
            """Return a file object that writes to ``fileobj``."""
            return NeurocompFile(fileobj, "wb", **arguments)

        def decompressor_file(self, fileobj: Stream) -> Any:
            """Return a file object that reads from ``fileobj``."""
            return NeurocompFile(fileobj, "rb", model_path=model_path)

    joblib.register_compressor(name, Wrapper(), force=force)
