"""By what frames name models: equal integers, equal frames."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import neurocomp
from neurocomp.errors import FormatError, ModelMismatchError, UnsupportedError
from neurocomp.frame import constants
from neurocomp.frame.header import FrameHeader
from neurocomp.models.bytenet.conformance import sample
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.header_checks import check_header
from neurocomp.pipeline.options import CompressOptions
from neurocomp.registry import packaged
from neurocomp.registry.packaged import EMBEDDED, find_packaged
from neurocomp.store.folder import ModelStore
from neurocomp.store.shipped import packaged_priors
from tests.golden.cases import BYTE_MODEL, TEXT, noise

NETWORKS = ("text-s", "text-l")


def coder_of(model: str) -> BlockCoder:
    return BlockCoder.for_options(CompressOptions(model=model, threads=1))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("content", [TEXT * 2, noise(5000), b""])
def test_a_stored_copy_of_a_packaged_network_gives_equal_frames(
    name: str, content: bytes, tmp_path: Path
) -> None:
    file = EMBEDDED[name].file
    assert file is not None
    copy = tmp_path / "copy.safetensors"
    shutil.copyfile(file, copy)
    frame = neurocomp.compress(content, model=name)
    assert neurocomp.compress(content, model=str(copy)) == frame
    assert neurocomp.decompress(frame) == content
    assert coder_of(str(copy)).entry == coder_of(name).entry


@pytest.mark.parametrize("name", packaged_priors())
def test_priors_of_the_package_are_named_by_a_short_hash(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.safetensors"
    shutil.copyfile(packaged_priors()[name], copy)
    entry = coder_of(name).entry
    assert coder_of(str(copy)).entry == entry
    assert not entry.is_long
    assert FrameHeader((entry,)).to_bytes()[-3:] == entry.hash


def test_hashes_of_what_is_part_of_the_software() -> None:
    primer = Path(packaged.__file__).parents[1] / "models" / "mix" / "primer.txt"
    assert coder_of("mix").entry.hash == hashlib.sha256(primer.read_bytes()).digest()[:3]
    assert coder_of("adaptive").entry.hash == hashlib.sha256(b"").digest()[:3]


def test_short_hashes_of_a_family_differ() -> None:
    for family in constants.FAMILY_NAMES:
        found = [one.sha256()[:3] for one in packaged.packaged_models(family)]
        assert len(set(found)) == len(found)


def test_a_model_that_became_part_of_the_package_is_still_read_by_its_whole_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Frames of a neurocomp that did not ship it yet."""
    path = tmp_path / "mine.safetensors"
    stored = sample()
    stored.save(path)
    frame = neurocomp.compress(b"\x01\x80" * 40, model=str(path))
    ours = replace(EMBEDDED["text-s"], sha256=lambda: stored.sha256, file=path)
    monkeypatch.setitem(packaged.EMBEDDED, "text-s", replace(ours, load=None))
    assert find_packaged(constants.FAMILY_BYTENET, stored.sha256) is not None
    assert neurocomp.decompress(frame) == b"\x01\x80" * 40


def test_networks_of_one_s_own_have_whole_hashes(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    sample().save(path)
    ModelStore().add(path, "mine")
    entry = coder_of("mine").entry
    assert (entry.family, entry.hash) == (constants.FAMILY_BYTENET, sample().sha256)


def test_unused_entries_are_checked_too() -> None:
    """What a reader knows of them without opening a model."""
    mix, ngram = coder_of("mix").entry, coder_of(str(BYTE_MODEL)).entry
    check_header(FrameHeader((mix, ngram)))  # which need not be there
    for entry, error in (
        (replace(mix, family=2000), UnsupportedError),
        (replace(mix, revision=9), ModelMismatchError),
        (replace(mix, coder_id=1), FormatError),
        (replace(ngram, hash=ngram.hash[:3]), ModelMismatchError),
        (replace(ngram, dictionary=bytes(8)), FormatError),
    ):
        with pytest.raises(error):
            check_header(FrameHeader((mix, entry)))
