"""Names from files, as messages show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurocomp.names import MAX_SHOWN, printable, quoted


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report.txt", "report.txt"),
        ("Übersicht 日本 (1).txt", "Übersicht 日本 (1).txt"),
        ("a\x1b[31mred", r"a\x1b[31mred"),
        ("two\nlines\r", r"two\nlines\r"),
        ("nul\x00 bell\x07", r"nul\x00 bell\x07"),
        ("exe\u202etxt.", r"exe\u202etxt."),
        ("c1\x9b31m", r"c1\x9b31m"),
        ("half \ud800", r"half \ud800"),
        (b"latin-\xe9", r"latin-\xe9"),
        (Path("folder/tab\t"), r"folder/tab\t"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_act_upon_is_escaped(name: str | bytes | Path, shown: str) -> None:
    assert printable(name) == shown
    assert printable(name).isprintable()


def test_long_texts_are_shortened() -> None:
    assert printable("a" * 30, 10) == "a" * 10 + "…"
    assert printable("a" * 10, 10) == "a" * 10
    assert quoted("b" * 10_000) == "'" + "b" * MAX_SHOWN + "…'"
    assert quoted("c\n") == r"'c\n'"
