"""numcodecs: the codec ``neurocomp``, for arrays of Zarr's format 2 and other users of numcodecs.

    >>> zarr.create_array(..., zarr_format=2, compressors=Neurocomp(preset="fast"))
    >>> numcodecs.get_codec({"id": "neurocomp", "preset": "fast"})

numcodecs finds it by its entry point.
"""

from __future__ import annotations

from typing import Any

from numcodecs.abc import Codec as _Codec
from numcodecs.compat import ensure_contiguous_ndarray_like, ndarray_copy

from neurocomp.library.codec import Codec


class Neurocomp(_Codec):  # type: ignore[misc]
    """Lossless compression by predictive models; each chunk is a frame.

    What is stored beside an array is the options that are not defaults; to decode, a frame needs
    none of them.

    Args:
        preset: "fast", "default", "best" or "max".
        model: name or hash prefix of a model, instead of the preset's, or its file.
        dictionary: name or file of a dictionary that is read before each chunk.

    Raises:
        UsageError: there is no such preset.
    """

    codec_id = "neurocomp"

    def __init__(
        self, preset: str = "default", model: str | None = None, dictionary: str | None = None
    ) -> None:
        self.preset = preset
        self.model = model
        self.dictionary = dictionary
        self._codec = Codec(preset=preset, model=model, dictionary=dictionary)

    def encode(self, buf: Any) -> bytes:
        """Return the bytes of ``buf`` as a frame."""
        return self._codec.compress(ensure_contiguous_ndarray_like(buf))

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Return the content of the frame ``buf``, in ``out`` where that is given."""
        content = self._codec.decompress(ensure_contiguous_ndarray_like(buf))
        return ndarray_copy(content, out)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of an equal codec."""
        given = {"preset": self.preset, "model": self.model, "dictionary": self.dictionary}
        return {"id": self.codec_id} | {k: v for k, v in given.items() if v is not None}
