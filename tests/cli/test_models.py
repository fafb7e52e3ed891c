"""train and models, from a text to a file that needs the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from neurocomp.registry.packaged import EMBEDDED
from neurocomp.store.origins import PULLED
from tests.cli.program import Outcome, Program

Call = Callable[..., Outcome]


def test_the_life_of_a_model(inside: Call, tmp_path: Path, text: bytes) -> None:
    program = Program(tmp_path, tmp_path / "home")
    (tmp_path / "a.txt").write_bytes(text)
    (tmp_path / "b.txt").write_bytes(text[:1000])

    trained = inside(
        *("train", "ngram", "--data", "a.txt", "b.txt", "-o", "m.safetensors"),
        *("--order", "3", "--min-count", "1,1,2", "--smoothing", "katz"),
    )
    assert trained.code == 0
    assert f"order 3, trained on {len(text) + 1000} symbols" in trained.err.splitlines()[-1]
    again = inside("train", "ngram", "a.txt", "-o", "m.safetensors")
    assert (again.code, again.err.count("give -f to overwrite it")) == (1, 1)

    added = inside("models", "add", "m.safetensors", "--name", "letters")
    assert added.code == 0
    name, sha256 = added.out.decode().split()
    assert (name, len(sha256)) == ("letters", 64)
    listed = inside("models", "list")
    assert [line.split()[0] for line in listed.out.decode().splitlines()[1:]] == [
        "mix",
        "adaptive",
        "text-s",
        "text-l",
        "dalle:rainbow",
        "letters",
    ]
    shown = json.loads(inside("models", "show", "letters", "--json").out)
    assert (shown["architecture"], shown["identity"]) == ("ngram", sha256)
    assert shown["config"]["order"] == 3
    assert inside("models", "verify", "letters").out == b"letters: sound\n"
    assert inside("models", "verify").out.splitlines() == [
        *(f"{name}: sound".encode() for name in (*EMBEDDED, "dalle:rainbow", "letters"))
    ]

    assert program("-m", "letters", "--coder", "huffman", "-c", "a.txt").code == 0  # may compile
    done = program("-m", "letters", "--coder", "huffman", "-c", "a.txt")
    assert (done.code, done.err) == (0, "")
    assert inside("models", "remove", "letters", "nobody").code == 1
    missing = program("-d", stdin=done.out)
    assert (missing.code, missing.out) == (1, b"")
    assert sha256 in missing.err
    assert "neurocomp models add" in missing.err
    back = program("-d", "--model-path", "m.safetensors", stdin=done.out)
    assert (back.code, back.out) == (0, text)


def test_wide_alphabets(inside: Call, tmp_path: Path) -> None:
    tokens = b"".join((k * k % 300).to_bytes(2, "little") for k in range(3000))
    (tmp_path / "t").write_bytes(tokens)
    trained = inside("train", "ngram", "t", "-o", "m.safetensors", "--alphabet", "uint16", "-q")
    assert (trained.code, trained.err) == (0, "")
    assert inside("-m", "m.safetensors", "t").code == 0
    assert (tmp_path / "t.ncmp").stat().st_size < len(tokens) // 4
    assert inside("-dc", "--model-path", "m.safetensors", "t.ncmp").out == tokens


def test_what_is_not_there_is_said(inside: Call, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    unknown = inside("-m", "nobody", "a")
    assert unknown.code == 1
    assert "no model named 'nobody' is installed" in unknown.err
    taken = inside("models", "add", "x.safetensors", "--name", "mix")
    assert (taken.code, "is a model of the package" in taken.err) == (2, True)
    absent = inside("models", "add", "x.safetensors")
    assert (absent.code, "x.safetensors" in absent.err) == (1, True)
    for arguments, message in (
        (("-o", "m.safetensors"), "no training data"),
        (("a", "-o", "m.bin"), "does not end in .safetensors"),
        (("a", "-o", "m.safetensors", "--min-count", "x"), "'x' is not a number"),
        (("a", "-o", "m.safetensors", "--alphabet-size", "300"), "goes with --alphabet uint16"),
    ):
        done = inside("train", "ngram", *arguments)
        assert (done.code, message in done.err) == (2, True)


def test_a_missing_file_is_named_as_users_name_files(inside: Call) -> None:
    done = inside("models", "add", "missing.safetensors")
    assert (done.code, done.err) == (
        1,
        "neurocomp: missing.safetensors: No such file or directory\n",
    )


def test_help_has_a_table_of_the_models_that_can_be_pulled(inside: Call) -> None:
    lines = inside("models", "pull", "--help").out.decode().splitlines()
    rows = [line.split() for line in lines]
    for name, known in PULLED.items():
        assert [name, str(known.megabytes), known.licence, known.repository] in rows
    start = rows.index(["name", "megabytes", "licence", "at", "the", "hub"])
    assert rows[start + 1 + len(PULLED)] == []
