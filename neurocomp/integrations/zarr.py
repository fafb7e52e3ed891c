"""Zarr: the codec ``neurocomp`` of format 3, bytes to bytes.

    >>> zarr.create_array(..., compressors=NeurocompCodec(preset="fast"))

Zarr finds it by its entry point when an array names it.  For arrays of format 2 there is
``neurocomp.integrations.numcodecs``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from zarr.abc.codec import BytesBytesCodec

from neurocomp.library.codec import Codec

CODEC_NAME = "neurocomp"


@dataclass(frozen=True)
class NeurocompCodec(BytesBytesCodec):  # type: ignore[misc]
    """Lossless compression by predictive models; each chunk, or inner chunk of a shard, is a frame.

    Attributes:
        preset: "fast", "default", "best" or "max".
        model: name or hash prefix of a model, instead of the preset's, or its file.
        dictionary: name or file of a dictionary that is read before each chunk.
    """

    is_fixed_size = False

    preset: str = "default"
    model: str | None = None
    dictionary: str | None = None

    def __post_init__(self) -> None:
        """Raise UsageError where there is no such preset."""
        self._codec()

    def _codec(self) -> Codec:
        return Codec(preset=self.preset, model=self.model, dictionary=self.dictionary)

    @classmethod
    def from_dict(cls, data: Any) -> NeurocompCodec:
        """Return the codec that an array's metadata describes.

        Raises:
            ValueError: it is another codec's description.
            TypeError: there is no such option.
        """
        if data.get("name") != CODEC_NAME:
            raise ValueError(f"the codec is {data.get('name')!r}, not {CODEC_NAME!r}")
        return cls(**data.get("configuration", {}))

    def to_dict(self) -> Any:
        """Return the description for an array's metadata."""
        given = {"preset": self.preset, "model": self.model, "dictionary": self.dictionary}
        configuration = {name: value for name, value in given.items() if value is not None}
        return {"name": CODEC_NAME, "configuration": configuration}

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: Any) -> int:
        """Raise NotImplementedError: it depends on the content."""
        raise NotImplementedError

    def _encode_sync(self, chunk: Any, chunk_spec: Any) -> Any:
        frame = self._codec().compress(chunk.as_numpy_array())
        return chunk_spec.prototype.buffer.from_bytes(frame)

    def _decode_sync(self, chunk: Any, chunk_spec: Any) -> Any:
        content = self._codec().decompress(chunk.as_numpy_array())
        return chunk_spec.prototype.buffer.from_bytes(content)

    async def _encode_single(self, chunk: Any, chunk_spec: Any) -> Any:
        return await asyncio.to_thread(self._encode_sync, chunk, chunk_spec)

    async def _decode_single(self, chunk: Any, chunk_spec: Any) -> Any:
        return await asyncio.to_thread(self._decode_sync, chunk, chunk_spec)
