"""Offsets, kinds, places and comparisons of what was explained."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import neurocomp
from neurocomp.codec.trace import Asked
from neurocomp.errors import UsageError
from neurocomp.explain import Explanation, explain
from neurocomp.explain.cells import cells_of
from neurocomp.explain.comparison import bits_of_bytes, compare
from neurocomp.explain.kinds import KIND_NAMES, kinds_of_bytes
from neurocomp.explain.summary import by_kind, curve_of, dearest
from neurocomp.models.dalle import DalleModel
from neurocomp.pipeline.options import CompressOptions
from neurocomp.store.stored import StoredModel
from tests.conftest import make_text
from tests.golden.cases import PRIOR, token_set

MIX, ADAPTIVE = CompressOptions(model="mix", threads=1), CompressOptions(model="adaptive")


def explained(content: bytes, options: CompressOptions = MIX, **more: Any) -> Explanation:
    return explain("a file", content, options, **more)


def test_a_content_and_its_frame_are_told_of_alike() -> None:
    content = make_text(5000)
    one = explained(content)
    frame = neurocomp.compress(content, model="mix")
    other = explained(frame)
    assert one.frame_bytes == other.frame_bytes == len(frame)
    assert one.content == other.content == content
    assert np.array_equal(one.entries.bits, other.entries.bits)
    assert (one.model, other.model) == ("mix", "mix")
    assert one.coder == other.coder == "arithmetic (binary)"


def test_line_ends_are_told_of_where_they_are() -> None:
    content = make_text(2000).replace(b"\n", b"\r\n") + b"a lone\nend"
    one = explained(content)
    labels = [one.label(number) for number in range(len(one.entries))]
    assert b"".join(one for one in labels if isinstance(one, bytes)) == content
    assert b"\r\n" in labels
    assert one.has_offsets


def test_all_bits_are_in_the_curve_the_kinds_and_the_bytes() -> None:
    one = explained(make_text(3000) + "déjà — «vu»".encode())
    assert sum(kind.bits for kind in by_kind(one)) == pytest.approx(one.total_bits)
    curve = curve_of(one, 37)
    assert curve.unit == "byte"
    assert float((curve.costs * np.diff(curve.edges)).sum()) == pytest.approx(one.total_bits)
    assert bits_of_bytes(one).sum() == pytest.approx(one.total_bits)


def test_kinds_of_bytes() -> None:
    text = b'Ab 1,\n\x00\xe9<a href="x">&amp;</a>[[w]]\n== h ==\n'
    kinds = [KIND_NAMES[kind] for kind in kinds_of_bytes(text + b"plain letters" * 5)]
    assert kinds[:8] == [
        *("letters", "letters", "spaces", "digits", "punctuation", "line ends"),
        *("control bytes", "bytes beyond ASCII"),
    ]
    for markup in (b'<a href="x">', b"&amp;", b"</a>", b"[[", b"]]", b"=="):
        first = text.index(markup)
        assert set(kinds[first : first + len(markup)]) == {"markup"}
    assert kinds[text.index(b"w")] == "letters"


def test_data_has_no_markup() -> None:
    assert KIND_NAMES.index("markup") not in kinds_of_bytes(b"\0<a>\1" * 30)


def test_the_most_expensive_places_come_first_and_apart() -> None:
    content = make_text(3000) + b"QXZ#%&~@!^+=?<>|" + make_text(1000, seed=2)
    places = dearest(explained(content), 5)
    assert b"QXZ#%&~@!" in places[0].before[-16:] + places[0].text
    costs = [place.bits for place in places]
    assert costs == sorted(costs, reverse=True)
    offsets = sorted(place.offset for place in places)
    assert all(b - a >= 16 for a, b in pairwise(offsets))
    one = places[0]
    assert content[one.offset :].startswith(one.text + one.after)
    assert one.line == content[: one.offset].count(b"\n") + 1


def test_a_range_has_the_costs_of_the_whole() -> None:
    whole = explained(make_text(3000), asked=Asked(100, 1000))
    part = whole.cut((1000, 1500))
    assert np.array_equal(part.entries.bits, whole.entries.bits[1000:1500])
    assert part.shown_bytes == 500
    assert [bool(part.likely(number)) for number in (0, 99, 100)] == [True, True, False]
    assert [place.offset for place in dearest(part, 3)] >= [1000]
    assert part.cut((1400, 9000)).shown_range == (1400, 3000)
    with pytest.raises(UsageError, match="has 3000 bytes"):
        whole.cut((3000, 4000))


def test_two_models_are_compared_symbol_by_symbol() -> None:
    content = make_text(3000)
    one, other = explained(content), explained(content, ADAPTIVE)
    comparison = compare(one, other)
    assert comparison.bits is not None
    assert np.allclose(comparison.bits, other.entries.bits)
    assert comparison.difference is not None
    assert float(comparison.difference.sum()) == pytest.approx(other.total_bits - one.total_bits)


def test_models_without_common_symbols_are_compared_by_size() -> None:
    content = token_set(20, captions=True, images=True)
    prior = CompressOptions(model=str(PRIOR))
    other = CompressOptions(model=str(PRIOR), coder="huffman")
    one = explained(content, prior, falls_back=False)
    assert compare(one, explained(content)).bits is None
    assert compare(one, explained(content, other, falls_back=False)).bits is not None


def test_the_model_that_was_asked_for_gives_way_unless_it_may_not() -> None:
    content = token_set(20, captions=True, images=True)
    prior = CompressOptions(model=str(PRIOR))
    one = explained(content, prior)
    assert one.coded_with == {"contexts": 1}
    assert one.note.startswith("coded with mix")
    other = explained(content, prior, falls_back=False)
    assert (other.coded_with, other.note) == ({"dalle": 1}, "")


@pytest.mark.parametrize(("captions", "images"), [(True, True), (False, True), (True, False)])
def test_the_symbols_of_a_token_set_are_images_and_captions(captions: bool, images: bool) -> None:
    symbol_map = DalleModel.from_stored(StoredModel.load(PRIOR)).symbol_map
    symbols = symbol_map.encode(token_set(40, captions=captions, images=images), 0)
    told = symbol_map.describe(symbols)
    assert told.kinds is not None
    parts = []
    if images:
        assert told.images is not None
        numbers = np.arange(40 * 16) % 144
        expected = [f"code {one * one // 5 % 40}" for one in numbers.tolist()]
        parts.append(told.images.reshape(-1))
        assert [symbol_map.name_of(int(symbols[one])) for one in parts[0]] == expected
    else:
        assert told.images is None
    assert len(told.captions) == (40 if captions else 0)
    for number, caption in enumerate(told.captions):
        names = [symbol_map.name_of(int(symbols[one])) for one in caption]
        assert names.pop() == "end of caption"
        text = b"".join(one for one in names if isinstance(one, bytes)).decode()
        assert text == "a red one, a réd other "[: 3 * (number % 7)]
    places = np.concatenate([*parts, *told.captions])
    assert len(set(places.tolist())) == places.size
    kinds = {told.kind_names[kind] for kind in told.kinds[places]}
    wanted = {"codes"} if images else set()
    assert kinds == wanted | ({"captions", "ends of captions"} if captions else set())


def test_a_token_set_is_told_of_by_images_and_captions() -> None:
    content = token_set(40, captions=True, images=True)
    one = explained(content, CompressOptions(model=str(PRIOR)), falls_back=False)
    assert not one.has_offsets
    assert one.images is not None
    assert one.images.shape == (40, 4, 4)
    costs = {kind.name: kind.bits for kind in by_kind(one)}
    assert costs["codes"] == pytest.approx(one.entries.bits[one.images].sum())
    assert curve_of(one, 10).unit == "symbol"
    assert {place.title.split()[0] for place in dearest(one, 80)} == {"image", "caption"}
    with pytest.raises(UsageError, match="do not map to bytes"):
        one.cut((0, 10))


def test_cells_are_whole_characters() -> None:
    content = "naïve — 日本 x".encode() + b"\xff\xc3" + "é".encode() + make_text(300)
    one = explained(content)
    cells = list(cells_of(one, len(content)))
    texts = [cell.text for cell in cells]
    assert texts[:15] == [*"naïve — 日本 x", "\\xff", "\\xc3", "é"]
    assert [cell.first for cell in cells][1:] == [cell.last for cell in cells][:-1]
    assert cells[-1].last == len(one.entries)


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 2])
def test_any_content_can_be_told_of(content: bytes) -> None:
    one = explained(content)
    assert one.content == content
    assert one.coded_bits <= 8 * one.payload_bytes
    assert curve_of(one, 10).costs.size >= 1
    assert len(dearest(one, 3)) <= 3
