"""A codec that can be pickled and keeps its models open in each process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Unpack

from neurocomp.frame import constants
from neurocomp.library.arguments import CompressArguments, ModelPath, compress_options
from neurocomp.library.file_object import NeurocompFile
from neurocomp.library.records import compress_many, decode_frames, decompress_many, encode_frame
from neurocomp.library.streams import Buffer
from neurocomp.library.warm import coder_of, frame_coders_of

if TYPE_CHECKING:
    from neurocomp.library.streams import Stream

_ONE_THREAD: CompressArguments = {"threads": 1}


class Codec:
    """Compresses and decompresses any number of times with the same options.

    A pickled codec holds only its options.  Model and dictionary are opened at first use, once in
    each process, whatever the number of equal codecs.  This suits the workers of Dask, Ray, Spark,
    joblib or multiprocessing::

        codec = neurocomp.Codec(preset="fast")
        frames = pool.map(codec.compress, records)

    Threads may share a codec.  ``threads`` is the number of sections of a block that are coded at
    once, 1 by default because there are many workers.

    Args:
        arguments: those of ``neurocomp.compress``.

    Raises:
        TypeError, UsageError: as ``neurocomp.compress``; missing models are reported at first use.
    """

    def __init__(self, **arguments: Unpack[CompressArguments]) -> None:
        self._options = compress_options(**_ONE_THREAD | arguments)

    def compress(self, data: Buffer) -> bytes:
        """Return ``data`` as one frame, the one that ``neurocomp.compress`` makes."""
        return encode_frame(coder_of(self._options), self._options, data)

    def decompress(self, data: Buffer, *, max_output: int | None = None) -> bytes:
        """Return the content of the frames in ``data``, as ``neurocomp.decompress``."""
        coders = frame_coders_of(self._options.model_path, self._options.threads)
        return decode_frames(coders, data, max_output)

    def compress_many(self, records: Iterable[Buffer], *, threads: int = 0) -> Iterator[bytes]:
        """Return the frames of ``records``, as ``neurocomp.compress_many``."""
        arguments = self._arguments()
        arguments["threads"] = threads
        return compress_many(records, **arguments)

    def decompress_many(self, frames: Iterable[Buffer], *, threads: int = 0) -> Iterator[bytes]:
        """Return the contents of ``frames``, as ``neurocomp.decompress_many``."""
        return decompress_many(frames, threads=threads, model_path=self._options.model_path)

    def __eq__(self, other: object) -> bool:
        return self._options == other._options if isinstance(other, Codec) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._options)

    def __repr__(self) -> str:
        usual = Codec()._arguments()
        given = [f"{k}={v!r}" for k, v in self._arguments().items() if v != usual[k]]  # type: ignore[literal-required]
        return f"neurocomp.Codec({', '.join(given)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self._arguments(),)

    def _arguments(self) -> CompressArguments:
        """Return the arguments that make an equal codec."""
        options = self._options
        return {
            "preset": options.preset,
            "model": options.model,
            "coder": options.coder,
            "block_bytes": options.block_bytes,
            "threads": options.threads,
            "verify": options.verify,
            "model_path": tuple(os.fspath(path) for path in options.model_path),
            "overlap": options.overlap,
            "dictionary": options.dictionary,
            "window": options.window,
        }


def _made(arguments: CompressArguments) -> Codec:
    return Codec(**arguments)


EXTENSION = ".ncmp"


def register_joblib(
    name: str = "neurocomp", *, force: bool = False, **arguments: Unpack[CompressArguments]
) -> None:
    """Let ``joblib.dump(value, path, compress=name)`` write frames, and ``joblib.load`` read them.

    A path that ends in ".ncmp" needs no ``compress``.  joblib's levels change nothing: choose a
    preset here.  Each process that loads such files calls this once, before.

    Args:
        name: the name for ``compress``.
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
