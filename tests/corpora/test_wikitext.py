"""Encyclopedia text in WikiText's form."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpora.wikitext import convert, main, most_frequent, parse, render, words_of

ARTICLE = """GREAT TIT (_Parus major_) is a bird that lives in woods and parks, nests in holes.[1]
It weighs 18.5 grams, and there may be some 1,200 well-fed pairs in one forest near here.[2]


Range

The bird is found from Ireland to the Amur, and in the south as far as the hills of Morocco, say.

Winter

-   Item one of a list that is as long as a paragraph but is none, and is therefore left out of it

Food

| a table | of numbers | that is not prose | and is left out | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 |


References

[1] Somebody, A. (1999). A book about birds that is long enough to look like a paragraph. A press.
"""

PARSED = [
    (1, "GREAT TIT"),
    (
        0,
        "GREAT TIT (Parus major) is a bird that lives in woods and parks, nests in holes.",
    ),
    (
        0,
        "It weighs 18.5 grams, and there may be some 1,200 well-fed pairs in one forest near here.",
    ),
    (2, "Range"),
    (
        0,
        "The bird is found from Ireland to the Amur, and in the south as far as the hills of "
        "Morocco, say.",
    ),
]


def test_prose_and_its_headings_are_kept() -> None:
    parsed = parse(ARTICLE)
    assert [level for level, _ in parsed] == [1, 0, 0, 2, 0]
    assert [text.casefold() for _, text in parsed] == [text.casefold() for _, text in PARSED]
    assert parsed[0][1].endswith("Tit") or parsed[0][1] == "Great TIT"


def test_an_article_of_lists_is_left_out() -> None:
    assert parse("APL may refer to:\n\n\nPlaces\n\n-   Aden\n-   Baden\n") == []
    assert parse("") == []


def test_text_is_that_of_wikitext(tmp_path: Path) -> None:
    pytest.importorskip("sacremoses")
    lines = list(convert([ARTICLE]))
    vocabulary = most_frequent(lines, 10_000) - {"Amur"}
    text = render(lines, vocabulary)
    assert text.startswith(" \n = ")
    assert " It weighs 18 @.@ 5 grams , and there may be some 1 @,@ 200 well @-@ fed pairs" in text
    assert " \n = = Range = = \n \n The bird is found from Ireland to the <unk> , and" in text
    assert text.endswith(" say . \n")


def test_marks_inside_words_and_numbers() -> None:
    from corpora.wikitext import make_tokenizer

    pytest.importorskip("sacremoses")
    tokenizer = make_tokenizer()
    assert words_of('He said "no" (twice), didn\'t he?', tokenizer) == [
        *("He", "said", '"', "no", '"', "(", "twice", ")", ",", "didn", "'t", "he", "?")
    ]
    assert words_of("0.5-1.25 mm, 10,000 well-known Anglo-Saxons.", tokenizer) == [
        *("0", "@.@", "5", "@-@", "1", "@.@", "25", "mm", ",", "10", "@,@", "000"),
        *("well", "@-@", "known", "Anglo", "@-@", "Saxons", "."),
    ]


def test_the_command(tmp_path: Path) -> None:
    pytest.importorskip("sacremoses")
    (tmp_path / "in.txt.xz").write_bytes(lzma.compress(f"{ARTICLE}\x1e{ARTICLE}".encode()))
    arguments = [str(tmp_path / "in.txt.xz"), "-o", str(tmp_path / "out.txt"), "--vocabulary", "9"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "out.txt").read_text()
    words = {word for word in text.split() if set(word) != {"="}}
    assert len(words) == 10
    assert "<unk>" in words
    assert result.output.startswith("2 documents, ")
