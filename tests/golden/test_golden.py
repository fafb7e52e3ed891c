"""Golden files decode, or fail, as recorded: what was written once is read for ever."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from neurocomp import _core, errors
from neurocomp.frame import constants
from neurocomp.frame.block import Block, Method, TransformUse
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.reader import FrameBlock, FrameEnd, read_frames
from neurocomp.pipeline.options import DecompressOptions
from neurocomp.pipeline.streams import decompress_stream
from neurocomp.store.stored import StoredModel
from tests.golden import cases, invalid, payloads
from tests.golden.frame_reader import Malformed, read_file


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file)


SIZES = {row["frame"]: row for row in rows(cases.SIZES)}
ERRORS = {row["file"]: row["error"] for row in rows(cases.INVALID / "errors.csv")}
VALID = sorted(cases.VALID.glob("*.ncmp"))
INVALID = sorted(cases.INVALID.glob("*.ncmp"))

BY_KIND = {
    "language": [path for path in VALID if "-language-" in path.stem],
    "others": [path for path in VALID if "-language-" not in path.stem],
}


def marked(found: Sequence[Any]) -> list[Any]:
    """Return paths or cases as parameters, those that take long marked as slow."""
    return [
        pytest.param(one, marks=pytest.mark.slow)
        if getattr(one, "stem", getattr(one, "name", "")) in cases.SLOW
        else one
        for one in found
    ]


def decompress(data: bytes) -> bytes:
    sink = io.BytesIO()
    options = DecompressOptions(model_path=(cases.BYTE_MODEL.parent,))
    decompress_stream(io.BytesIO(data), sink, options)
    return sink.getvalue()


def test_every_file_is_recorded() -> None:
    assert {path.stem for path in VALID} == set(SIZES) == {case.name for case in cases.CASES}
    assert {path.stem for path in INVALID} == set(ERRORS) == set(invalid.invalid_files())


@pytest.mark.parametrize("path", marked(VALID), ids=lambda path: path.stem)
def test_valid_files_decode(path: Path) -> None:
    content = decompress(path.read_bytes())
    row = SIZES[path.stem]
    assert len(content) == int(row["content_bytes"])
    assert hashlib.sha256(content).hexdigest() == row["content_sha256"]


@pytest.mark.parametrize("processor", _core.processors())
@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(BY_KIND["language"], id="language"),
        pytest.param(BY_KIND["others"], id="others", marks=pytest.mark.slow),
    ],
)
def test_valid_files_decode_on_every_path(frames: list[Path], processor: str) -> None:
    """A process chooses its path once; what it decodes is compared with the frames' checksums."""
    models = str(cases.BYTE_MODEL.parent)
    done = subprocess.run(
        [sys.executable, "-m", "neurocomp", "test", "-v", "--model-path", models, *frames],
        env={**os.environ, "NEUROCOMP_CPU": processor},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(path.name in done.stderr for path in frames)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_files_fail_as_recorded(path: Path) -> None:
    error = getattr(errors, ERRORS[path.stem])
    with pytest.raises(error) as caught:
        decompress(path.read_bytes())
    assert type(caught.value) is error


@cache
def made_again(case: cases.AnyCase) -> bytes:
    return case.compress()


@pytest.mark.parametrize("case", marked(cases.CASES), ids=lambda case: case.name)
def test_the_encoder_s_sizes_are_those_of_the_table(case: cases.AnyCase) -> None:
    """A change of size is fine, but seen: run `make golden` and review sizes.csv."""
    assert len(made_again(case)) == int(SIZES[case.name]["frame_bytes"])


PAYLOADS = payloads.read_table()


@pytest.mark.parametrize("case", marked(cases.CASES), ids=lambda case: case.name)
def test_payloads_change_with_the_revision_of_their_family(
    case: cases.AnyCase,
) -> None:
    """See tests/golden/payloads.py: an unsaid change would leave frames that nobody can read."""
    found = payloads.payloads_of(case.name, made_again(case))
    assert payloads.changes_unsaid(PAYLOADS, found) == ""
    assert found == [one for one in PAYLOADS if one.frame == case.name], "run `make golden`"


def test_the_table_of_payloads_is_that_of_the_files() -> None:
    found = [one for path in VALID for one in payloads.payloads_of(path.stem, path.read_bytes())]
    assert sorted(found, key=repr) == sorted(PAYLOADS, key=repr)


def test_an_unsaid_change_of_arithmetic_is_told_with_what_to_do() -> None:
    one = next(one for one in PAYLOADS if one.family == "recurrent-tokens")
    changed = dataclasses.replace(one, sha256="0" * 24)
    message = payloads.changes_unsaid(PAYLOADS, [changed])
    assert one.frame in message
    assert "raise REVISIONS of FAMILY_RECURRENT_TOKENS" in message
    said = dataclasses.replace(changed, revision=one.revision + 1)
    other_content = dataclasses.replace(changed, of="0" * 24)
    assert payloads.changes_unsaid(PAYLOADS, [said, other_content]) == ""


def test_every_family_of_the_format_has_golden_payloads() -> None:
    """But models in floats: their frames decode on one machine only."""
    families = set(constants.FAMILY_NAMES.values()) - {"hf"}
    assert {one.family for one in PAYLOADS} == families


@pytest.mark.parametrize("path", marked(VALID), ids=lambda path: path.stem)
def test_the_specification_reads_them(path: Path) -> None:
    """The reader that was written from docs/format.md sees what ours sees."""
    data = path.read_bytes()
    events = list(read_frames(io.BytesIO(data)))
    theirs = read_file(data)
    assert [event.header.models for event in events if isinstance(event, FrameBlock)] == [
        tuple(
            ModelEntry(
                *(entry[key] for key in ("family", "revision", "hash", "symbols", "coder")),
                *(entry["properties"].get(number, b"") for number in (1, 2, 3)),
            )
            for entry in frame["models"]
        )
        for frame in theirs
        for _ in frame["blocks"]
    ]
    assert [event.block for event in events if isinstance(event, FrameBlock)] == [
        Block(
            Method(block["method"]),
            block["variant"],
            block["decoded_size"],
            block["content_crc"],
            block["symbols"],
            block["lanes"],
            block["payload"],
            block["model"],
            tuple(TransformUse(*one) for one in block["transforms"]),
        )
        for frame in theirs
        for block in frame["blocks"]
    ]
    trailers = [event.trailer for event in events if isinstance(event, FrameEnd)]
    checksums = [trailer and trailer.content_checksum for trailer in trailers]
    assert checksums == [frame["content_crc"] for frame in theirs]
    assert set(checksums) <= {None, zlib.crc32(decompress(data))}


STRUCTURAL = [path for path in INVALID if not path.stem.startswith(("payload-", "no-payload"))]
ONLY_A_DECODER_SEES = {
    *("wrong-content-checksum", "wrong-variant", "many-lanes", "line-ends-size", "line-ends-half"),
    *("segment-line-ends-size", "segment-line-ends-twice", "segment-symbols-records"),
    *("segment-no-payload", "segment-wrong-variant"),
}
ABOUT_MODELS = {
    *("unknown-family", "largest-family", "former-family", "missing-model", "other-family"),
    *("other-machine", "unknown-symbols", "other-symbols", "unknown-coder", "binary-coder"),
    *("coder-of-mix", "short-hash-of-stored", "short-hash-of-floats", "long-hash-of-mix"),
    *("dictionary-missing", "dictionary-no-dictionary", "dictionary-of-adaptive"),
    *("parameters-of-mix", "environment-of-mix", "language-of-another"),
    *(name for name in ERRORS if name.startswith(("wrong-revision", "wrong-hash"))),
}


@pytest.mark.parametrize("path", STRUCTURAL, ids=lambda path: path.stem)
def test_the_specification_refuses_what_is_malformed(path: Path) -> None:
    if path.stem in ONLY_A_DECODER_SEES | ABOUT_MODELS:
        assert read_file(path.read_bytes())
    else:
        with pytest.raises(Malformed):
            read_file(path.read_bytes())


def test_a_missing_model_is_named() -> None:
    frame = (cases.VALID / "text-bytes-arithmetic.ncmp").read_bytes()
    sha256 = StoredModel.load(cases.BYTE_MODEL).sha256.hex()
    with pytest.raises(neurocomp.ModelNotFoundError, match=sha256):
        neurocomp.decompress(frame)
