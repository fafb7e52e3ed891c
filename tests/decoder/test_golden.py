"""Golden frames, through the library and through the program."""

from __future__ import annotations

import csv
import hashlib
import random
from pathlib import Path

import pytest

import neurocomp
from neurocomp.frame import constants
from neurocomp.frame.entry import ModelEntry
from neurocomp.frame.header import FrameHeader
from tests import forging, fuzz
from tests.decoder import build, frames, subset
from tests.decoder.conftest import Run
from tests.decoder.library import Failed, Library, Models, Status
from tests.golden import cases

CONTENTS = frames.contents()

with (cases.INVALID / "errors.csv").open(newline="") as file:
    ERRORS = {row["file"]: row["error"] for row in csv.DictReader(file)}

ALSO: dict[str, set[Status]] = {
    "FormatError": {Status.FORMAT},
    "TruncatedError": {Status.TRUNCATED},
    "ChecksumError": {Status.CHECKSUM},
    "UnsupportedError": {Status.UNSUPPORTED},
    "ModelNotFoundError": {Status.MODEL_NOT_FOUND},
    "ModelMismatchError": {Status.MODEL_MISMATCH, Status.MODEL_NOT_FOUND},
}
"""What the library says where neurocomp raises an error: it finds no model of the package."""


def test_all_golden_frames_are_decodable() -> None:
    assert frames.DECODABLE == frames.VALID
    assert len(frames.DECODABLE) > 30


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.slow if path.stem in cases.SLOW else ())
        for path in frames.DECODABLE
    ],
    ids=frames.name_of,
)
def test_valid_frames_decode(path: Path, library: Library, models: Models) -> None:
    data = path.read_bytes()
    whole = library.decoder(models).decode(data)
    assert hashlib.sha256(whole).hexdigest() == CONTENTS[path.stem]
    assert library.content_size(data) == len(whole)
    assert library.decompress(data, models, len(whole)) == whole


@pytest.mark.parametrize("path", frames.DECODABLE[::5], ids=frames.name_of)
def test_it_does_not_matter_how_frames_come(path: Path, library: Library, models: Models) -> None:
    data = path.read_bytes()
    for step, room in ((1, 1), (7, 3), (1000, 70000)):
        content = library.decoder(models).decode(data, step, room)
        assert hashlib.sha256(content).hexdigest() == CONTENTS[path.stem]


def test_frames_of_floats_are_refused_by_name(library: Library, models: Models) -> None:
    parts = forging.take_apart((cases.VALID / "text-bytes-arithmetic.ncmp").read_bytes())
    entry = ModelEntry(
        constants.FAMILY_HF,
        constants.REVISIONS[constants.FAMILY_HF],
        bytes(32),
        coder_id=constants.CODER_ARITHMETIC,
        parameters=b"a model",
        environment=b"{}",
    )
    header = FrameHeader((entry,)).to_bytes()
    frame = header + forging.under(header, parts.blocks[0])
    with pytest.raises(Failed, match="family hf, which this decoder does not have") as caught:
        library.decoder(models).decode(frame)
    assert caught.value.status is Status.UNSUPPORTED


@pytest.mark.parametrize("path", frames.REFUSED, ids=frames.name_of)
def test_invalid_files_are_refused(path: Path, library: Library, models: Models) -> None:
    with pytest.raises(Failed) as caught:
        library.decoder(models).decode(path.read_bytes())
    expected = ALSO[ERRORS[path.stem]] | {Status.UNSUPPORTED}
    assert caught.value.status in expected


def test_the_program_decodes_them_as_well(run: Run, tmp_path: Path) -> None:
    """A sixth of them: the library decodes all.  A program that checks itself has more to do."""
    options = [f"--models={folder}" for folder in build.MODELS]
    for path in subset.chosen(frames.DECODABLE) if build.GIVEN else frames.DECODABLE[::6]:
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        done = run(*options, copy)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        content = (tmp_path / path.stem).read_bytes()
        assert hashlib.sha256(content).hexdigest() == CONTENTS[path.stem]


def test_the_program_refuses_all_invalid_files(run: Run, tmp_path: Path) -> None:
    options = [f"--models={folder}" for folder in build.MODELS]
    before = sorted(tmp_path.iterdir())
    for path in frames.REFUSED:
        done = run(*options, path, "-o", tmp_path / "out")
        assert done.returncode == 1, path.stem
        assert done.stderr.startswith(b"ncmp-decode: "), path.stem
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("path", frames.DECODABLE[::4], ids=frames.name_of)
def test_damage_is_never_content(path: Path, library: Library, models: Models) -> None:
    data = path.read_bytes()
    rng = random.Random(path.stem)
    decoder = library.decoder(models)
    for number in range(60 if library.content_size(data) < 10_000 else 20):
        at = rng.randrange(len(data))
        damaged = bytearray(data)
        if number % 3 == 0:
            damaged = damaged[:at]
        else:
            damaged[at] ^= 1 << rng.randrange(8)
        decoder.reset()
        with pytest.raises(Failed) as caught:
            decoder.decode(bytes(damaged), step=4096)
        assert caught.value.status not in (Status.USAGE, Status.MEMORY, Status.INTERNAL)


def test_it_agrees_with_neurocomp_about_hostile_files(library: Library) -> None:
    rng = random.Random(5)
    seeds = [path.read_bytes() for path in frames.DECODABLE if "-mix-" in path.stem]
    decoder = library.decoder()
    num_decoded, faults = 0, set[Status]()
    for _ in range(300):
        data = fuzz.make_input(rng, seeds)
        decoder.reset()
        try:
            content: bytes | None = decoder.decode(data)
        except Failed as failed:
            faults.add(failed.status)
            content = None
        try:
            expected: bytes | None = neurocomp.decompress(data)
        except neurocomp.NeurocompError:
            expected = None
        assert content == expected, data.hex()
        num_decoded += content is not None
    assert num_decoded > 5
    assert not faults & {Status.USAGE, Status.MEMORY, Status.INTERNAL}
