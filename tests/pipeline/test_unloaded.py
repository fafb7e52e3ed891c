"""Networks of the package are loaded by the first block that is coded, and not before."""

from __future__ import annotations

import dataclasses
import io
from threading import Thread
from typing import NoReturn

import pytest

import neurocomp
from neurocomp.errors import ModelMismatchError
from neurocomp.frame.constants import FAMILY_BYTENET, FAMILY_NGRAM
from neurocomp.models.mix.codec import BitCodec
from neurocomp.pipeline import unloaded
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions
from neurocomp.pipeline.unloaded import DeferredCodec
from neurocomp.registry import packaged
from neurocomp.registry.catalogue import BY_ID
from neurocomp.registry.opening import open_model
from neurocomp.store.folder import ModelStore
from tests.conftest import make_text
from tests.golden.cases import noise

NETWORKS = ("text-s", "text-l")


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no network of the package load."""

    def fail() -> NoReturn:
        raise AssertionError("the network was loaded")

    without = {
        name: dataclasses.replace(one, load=fail) if one.file is not None else one
        for name, one in packaged.EMBEDDED.items()
    }
    monkeypatch.setattr(packaged, "EMBEDDED", without)
    monkeypatch.setattr(unloaded, "EMBEDDED", without)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_frame_says_is_known_before(name: str) -> None:
    opened = unloaded.find_unloaded(name)
    assert opened is not None
    model = open_model(name, ModelStore()).model
    assert opened.model.identity == model.identity
    assert getattr(opened.model, "prefers_line_feeds", None) is True
    for attribute in ("prefers_line_feeds", "parameters", "environment", "uses_all_cores"):
        here, there = (getattr(one, attribute, None) for one in (opened.model, model))
        assert here == there


def test_others_are_loaded_at_once() -> None:
    assert unloaded.find_unloaded("mix") is None
    assert unloaded.find_unloaded("no such model") is None
    assert unloaded.find_frame_unloaded(BY_ID[FAMILY_NGRAM], bytes(32)) is None
    assert unloaded.find_frame_unloaded(BY_ID[FAMILY_BYTENET], bytes(32)) is None
    with pytest.raises(ModelMismatchError):
        unloaded.find_frame_unloaded(BY_ID[FAMILY_BYTENET], bytes(3))


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_stored_loads_nothing(name: str, unreadable: None) -> None:
    for content in (noise(5000), b""):
        frame = neurocomp.compress(content, model=name)
        assert neurocomp.decompress(frame) == content
        assert neurocomp.open(io.BytesIO(frame)).read() == content
    coder = BlockCoder.for_options(CompressOptions(model=name))
    with pytest.raises(AssertionError, match="was loaded"):
        coder.encode(make_text(5000), lambda _: None)


def test_the_codec_is_made_once() -> None:
    made = []

    def make() -> BitCodec:
        made.append(BitCodec())
        return made[-1]

    codec = DeferredCodec(make)
    assert not made
    content = make_text(300)
    blocks = []
    threads = [
        Thread(target=lambda: blocks.append(codec.encode(content, lambda _: None)))
        for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 1
    assert len(blocks) == 4
    assert blocks[0] is not None
    assert codec.decode(blocks[0], lambda _: None) == content
