"""Golden files decode, or fail, as recorded: what was written once is read for ever."""

from __future__ import annotations

import csv
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurocomp
from neurocomp import errors
from neurocomp.frame.reader import FrameBlock, FrameEnd, read_frames
from neurocomp.models.stored import StoredModel
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.streams import decompress_stream
from tests.golden import cases
from tests.golden.frame_reader import Malformed, read_file


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file)


SIZES = {row["frame"]: row for row in rows(cases.SIZES)}
ERRORS = {row["file"]: row["error"] for row in rows(cases.INVALID / "errors.csv")}
VALID = sorted(cases.VALID.glob("*.ncmp"))
INVALID = sorted(cases.INVALID.glob("*.ncmp"))


def decompress(data: bytes) -> bytes:
    sink = io.BytesIO()
    options = DecompressOptions(model_path=(cases.BYTE_MODEL.parent,))
    decompress_stream(io.BytesIO(data), sink, options)
    return sink.getvalue()


def test_every_file_is_recorded() -> None:
    assert {path.stem for path in VALID} == set(SIZES) == {case.name for case in cases.CASES}
    assert {path.stem for path in INVALID} == set(ERRORS) == set(cases.invalid_files())


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_files_decode(path: Path) -> None:
    content = decompress(path.read_bytes())
    row = SIZES[path.stem]
    assert len(content) == int(row["content_bytes"])
    assert hashlib.sha256(content).hexdigest() == row["content_sha256"]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_files_fail_as_recorded(path: Path) -> None:
    error = getattr(errors, ERRORS[path.stem])
    with pytest.raises(error) as caught:
        decompress(path.read_bytes())
    assert type(caught.value) is error


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.name)
def test_the_encoder_s_sizes_are_those_of_the_table(case: cases.Case) -> None:
    """A change of size is fine, but seen: run `make golden` and review sizes.csv."""
    assert len(case.compress()) == int(SIZES[case.name]["frame_bytes"])


BLOCK_KEYS = (
    *("method", "variant", "decoded_size", "symbols", "lanes"),
    *("payload", "content_crc", "line_ends"),
)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_the_specification_reads_them(path: Path) -> None:
    """The reader that was written from docs/format.md sees what ours sees."""
    data = path.read_bytes()
    events = list(read_frames(io.BytesIO(data)))
    ours = [
        (
            event.header.symbols_id,
            event.header.coder_id,
            event.header.model_id,
            event.header.identity,
            event.block.method,
            event.block.variant,
            event.block.decoded_bytes,
            event.block.num_symbols,
            event.block.num_lanes,
            event.block.payload,
            event.block.decoded_checksum,
            event.block.line_ends,
        )
        for event in events
        if isinstance(event, FrameBlock)
    ]
    theirs = [
        tuple(frame[key] for key in ("symbols", "coder", "model", "identity"))
        + tuple(block[key] for key in BLOCK_KEYS)
        for frame in read_file(data)
        for block in frame["blocks"]
    ]
    assert ours == theirs
    trailers = [event.trailer for event in events if isinstance(event, FrameEnd)]
    checksums = [trailer and trailer.content_checksum for trailer in trailers]
    assert checksums == [frame["content_crc"] for frame in read_file(data)]
    assert set(checksums) <= {None, zlib.crc32(decompress(data))}


STRUCTURAL = [path for path in INVALID if not path.stem.startswith(("payload-", "no-payload"))]
ONLY_A_DECODER_SEES = {"wrong-content-checksum", "wrong-variant", "many-lanes"}
ONLY_A_DECODER_SEES |= {"line-ends-size", "line-ends-half"}
IDS = {"unknown-model", "unknown-coder", "wrong-model", "dictionary-missing"}
IDS |= {"dictionary-no-dictionary", "dictionary-of-adaptive"}


@pytest.mark.parametrize("path", STRUCTURAL, ids=lambda path: path.stem)
def test_the_specification_refuses_what_is_malformed(path: Path) -> None:
    if path.stem in ONLY_A_DECODER_SEES | IDS:
        assert read_file(path.read_bytes())
    else:
        with pytest.raises(Malformed):
            read_file(path.read_bytes())


def test_a_missing_model_is_named() -> None:
    frame = (cases.VALID / "text-bytes-arithmetic.ncmp").read_bytes()
    sha256 = StoredModel.load(cases.BYTE_MODEL).sha256.hex()
    with pytest.raises(neurocomp.ModelNotFoundError, match=sha256):
        neurocomp.decompress(frame)
