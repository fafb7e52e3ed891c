"""Codecs of numcodecs and of Zarr, in its formats 2 and 3."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import neurocomp
from neurocomp.errors import FormatError, UsageError

numcodecs = pytest.importorskip("numcodecs")
zarr = pytest.importorskip("zarr")

DATA = (np.arange(60 * 50, dtype=np.int32).reshape(60, 50) // 7) ** 2
FAST = {"id": "neurocomp", "preset": "fast"}


def test_numcodecs_finds_the_codec_by_its_entry_point() -> None:
    codec = numcodecs.get_codec(FAST)
    assert type(codec).__module__ == "neurocomp.integrations.numcodecs"
    assert codec.get_config() == FAST
    assert numcodecs.get_codec(codec.get_config()) == codec
    with pytest.raises(UsageError, match="no preset"):
        numcodecs.get_codec({"id": "neurocomp", "preset": "no"})


def test_a_codec_of_numcodecs_codes_buffers() -> None:
    codec = numcodecs.get_codec(FAST)
    frame = codec.encode(DATA)
    assert neurocomp.decompress(frame) == DATA.tobytes()
    assert bytes(codec.decode(frame)) == DATA.tobytes()
    out = np.empty_like(DATA)
    codec.decode(frame, out)
    assert np.array_equal(out, DATA)
    for empty_or_odd in (b"", np.asfortranarray(DATA), DATA[:, :1].copy(), bytearray(b"abc" * 9)):
        assert bytes(codec.decode(codec.encode(empty_or_odd))) == (
            empty_or_odd.tobytes(order="A")
            if isinstance(empty_or_odd, np.ndarray)
            else bytes(empty_or_odd)
        )
    with pytest.raises(FormatError):
        codec.decode(frame[:-1])


def test_an_array_of_format_2(tmp_path: Path) -> None:
    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=DATA.shape,
        chunks=(20, 50),
        dtype=DATA.dtype,
        zarr_format=2,
        compressors=numcodecs.get_codec(FAST),
    )
    array[:] = DATA
    stored = json.loads((tmp_path / "a.zarr" / ".zarray").read_text())
    assert stored["compressor"] == FAST
    assert neurocomp.info(tmp_path / "a.zarr" / "0.0")[0].content_bytes == 20 * 50 * 4
    assert np.array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], DATA)


@pytest.mark.parametrize("shards", [None, (40, 50)])
def test_an_array_of_format_3(tmp_path: Path, shards: tuple[int, int] | None) -> None:
    from neurocomp.integrations.zarr import NeurocompCodec

    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=DATA.shape,
        chunks=(20, 50),
        shards=shards,
        dtype=DATA.dtype,
        compressors=NeurocompCodec(preset="fast"),
    )
    array[:] = DATA
    stored = (tmp_path / "a.zarr" / "zarr.json").read_text()
    assert '"name": "neurocomp"' in stored
    assert '"preset": "fast"' in stored
    again = zarr.open_array(tmp_path / "a.zarr", mode="r")
    assert np.array_equal(again[:], DATA)
    assert again.nbytes_stored() < DATA.nbytes / 4
    if shards is None:
        chunk = tmp_path / "a.zarr" / "c" / "1" / "0"
        assert neurocomp.decompress(chunk.read_bytes()) == DATA[20:40].tobytes()


def test_zarr_finds_the_codec_by_its_entry_point() -> None:
    from neurocomp.integrations.zarr import NeurocompCodec

    assert zarr.registry.get_codec_class("neurocomp") is NeurocompCodec
    codec = NeurocompCodec(model="adaptive")
    assert NeurocompCodec.from_dict(codec.to_dict()) == codec
    assert NeurocompCodec.from_dict({"name": "neurocomp"}) == NeurocompCodec()
    with pytest.raises(ValueError, match="not 'neurocomp'"):
        NeurocompCodec.from_dict({"name": "gzip", "configuration": {}})
    with pytest.raises(TypeError, match="level"):
        NeurocompCodec.from_dict({"name": "neurocomp", "configuration": {"level": 5}})
    with pytest.raises(UsageError, match="no preset"):
        NeurocompCodec(preset="no")
