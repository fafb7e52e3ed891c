"""Rewritten line ends: every byte back, shorter or not at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurocomp.errors import FormatError
from neurocomp.transforms import LINE_ENDS
from neurocomp.transforms.line_ends import count, rewrite, rewritten_bytes, shorten

line_ends = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\r\r\n", b"\0"])).map(b"".join)
mostly_crlf = st.builds(
    lambda lines, head, tail: head + lines * b"some line\r\n" + tail,
    st.integers(3, 60),
    line_ends,
    line_ends,
)


@given(line_ends | st.binary())
def test_rewriting_is_its_own_inverse(data: bytes) -> None:
    assert rewrite(rewrite(data)) == data


@given(line_ends | mostly_crlf | st.binary())
def test_what_is_shortened_is_restored(data: bytes) -> None:
    shortened = shorten(data)
    if shortened is not None:
        assert len(data) / 2 <= len(shortened) < len(data)
        assert LINE_ENDS.undo(shortened, b"", len(data)) == data


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"\n\r\n", b"\r\n\n"),
        (b"\r\r\n", b"\r\r\n"),
        (b"\r\r\r\n\r\n", b"\r\r\r\n\n"),
        (b"\r", b"\r"),
        (b"", b""),
        (b"\n\r", b"\r\n\r"),
        (b"\n\n", b"\r\n\r\n"),
    ],
)
def test_examples(before: bytes, after: bytes) -> None:
    assert rewrite(before) == after
    assert rewrite(after) == before


def test_it_is_used_where_it_pays() -> None:
    assert shorten(b"line\r\n" * 3) == b"line\n" * 3
    assert shorten(b"line\r\n" * 2) is None
    assert shorten(b"line\n" * 100) is None
    assert shorten(b"line\r" * 100) is None
    assert shorten(b"line\r\n" * 80 + b"line\n" * 10) == b"line\n" * 80 + b"line\r\n" * 10
    assert shorten(b"line\r\n" * 80 + b"line\n" * 11) is None


def test_more_than_the_limit_is_refused() -> None:
    assert LINE_ENDS.undo(b"\n" * 10, b"", 20) == b"\r\n" * 10
    assert LINE_ENDS.undo(b"\n" * 10, b"", 1 << 40) == b"\r\n" * 10
    for size in (0, 10, 19):
        with pytest.raises(FormatError, match="line ends"):
            LINE_ENDS.undo(b"\n" * 10, b"", size)


def test_what_was_not_made_shorter_is_refused() -> None:
    for rewritten in (b"", b"text", b"a\r\nb\n", b"\r\n"):
        with pytest.raises(FormatError, match="line ends"):
            LINE_ENDS.undo(rewritten, b"", 1 << 20)


@given(line_ends)
def test_what_is_exchanged_is_what_the_words_say(data: bytes) -> None:
    """LF after exactly one CR loses it, LF after none is given one, all others stay."""
    expected = re.sub(
        rb"\r*\n", lambda found: {b"\r\n": b"\n", b"\n": b"\r\n"}.get(found[0], found[0]), data
    )
    assert rewrite(data) == expected
    single = len(re.findall(rb"(?<!\r)\r\n", data))
    assert count(data) == (single, len(re.findall(rb"(?<!\r)\n", data)))
    assert rewritten_bytes(data) == len(expected)
