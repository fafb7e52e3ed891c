"""bench run, list, new and compare, as users call them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neurocomp.bench.corpora import paths
from neurocomp.cli.commands.article import article
from tests.bench.suite.programs import PYTHON, ZLIB
from tests.cli.program import Outcome, Program

Inside = Callable[..., Outcome]
RESULTS = {"journal.jsonl", "results.json", "results.csv", "results.md", "report.html"}


@pytest.fixture
def zlib(tmp_path: Path) -> str:
    """A program of the user."""
    (tmp_path / "my.py").write_text(ZLIB)
    return f"zlib: {PYTHON} my.py c {{in}} {{out}} ; {PYTHON} my.py d {{in}} {{out}}"


def test_files_by_any_program(inside: Inside, tmp_path: Path, zlib: str, text: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(text[:4000])
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.txt").write_bytes(text[:3000])
    words = ("bench", "run", "--files", "a.txt", "-r", "folder", "-c", "store", "--command", zlib)
    done = inside(*words)
    assert done.code == 0, done.err
    assert done.err.splitlines()[0].startswith("neurocomp: 1/4 a.txt: store: 4000 bytes, 8.000 bpb")
    table = done.out.decode().splitlines()
    assert table[0].split()[:4] == ["contender", "files", "failed", "bytes"]
    assert table[1].split()[:3] == ["store", "2", "7000"]
    folder = tmp_path / "bench-results" / "files"
    assert {path.name for path in folder.iterdir()} >= RESULTS
    found = json.loads((folder / "results.json").read_text())
    assert [(row["file"], row["contender"], row["state"]) for row in found["rows"]] == [
        (file, name, "ok") for file in ("a.txt", "b.txt") for name in ("store", "zlib")
    ]
    assert found["machine"]
    again = inside(*words)
    assert again.err.count("(from before)") == 4


def test_a_row_that_fails_is_told(inside: Inside, tmp_path: Path, zlib: str, text: bytes) -> None:
    (tmp_path / "a").write_bytes(text[:500])
    wrong = f"wrong: {PYTHON} my.py c {{in}} {{out}} ; {PYTHON} my.py c {{in}} {{out}}"
    done = inside("bench", "run", "--files", "a", "-c", "store", "--command", wrong)
    assert done.code == 1
    assert "neurocomp: a: wrong: wrong: decoded to" in done.err
    slow = f"slow: {PYTHON} -c 'import time;time.sleep(60)' {{in}} {{out}} ; cat {{in}} > {{out}}"
    late = ("bench", "run", "--files", "a", "-c", "store", "--command", slow, "--timeout", "0.4")
    done = inside(*late, "--no-peers")
    assert done.code == 1
    assert "slow: timeout: compressing took more than 0.4 s" in done.err


def test_a_suite_of_ones_own(inside: Inside, tmp_path: Path) -> None:
    assert inside("bench", "new", "mine").code == 2
    assert inside("bench", "new", "mine.toml").code == 0
    assert inside("bench", "new", "mine.toml").code == 1
    assert inside("bench", "new", "-f", "mine.toml").code == 0
    done = inside("bench", "run", "mine.toml", "-c", "store", "-o", "out", "--limit", "100", "-q")
    assert (done.code, done.err) == (0, "")
    [row] = json.loads((tmp_path / "out/mine/results.json").read_text())["rows"]
    assert (row["file"], row["content_bytes"]) == ("mine.toml[0:100]", 100)


def test_nothing_of_a_suite_is_here(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.VARIABLE, str(tmp_path))
    monkeypatch.setattr(paths, "cache_folder", lambda: tmp_path / "no-cache")
    done = inside("bench", "run", "speed", "-c", "store")
    assert done.code == 1
    assert "left out, enwik8-first-4000000: corpus file" in done.err
    assert "neurocomp: speed: none of its files is on this machine" in done.err
    assert not (tmp_path / "bench-results").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("no-suite",), "no suite 'no-suite': choose one of"),
        (("small", "-c", "no-program"), "no contender 'no-program'"),
        (("small", "--command", "x"), "write 'name: compress"),
        (("small", "-T", "two"), "--threads two: write numbers"),
        (("--files", "a", "-c", "neurocomp -c"), "has no option '-c'"),
        (("article",), "the suite article counts bits per token of GPT-2"),
        (("article", "-T", "2"), "--threads does not apply to the suite article"),
        (("article", "-c", "xz"), "--contender does not apply to the suite article"),
        (("article", "--no-peers"), "--peers does not apply to the suite article"),
        (("small", "--train", "a"), "--train is for the suite article"),
        (("--files", "a", "--tokenizer", "gpt2"), "--tokenizer is for the suite article"),
        (("--files", "-"), "a suite reads its files several times"),
    ],
)
def test_what_is_wrong_is_refused(
    inside: Inside,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    message: str,
) -> None:
    (tmp_path / "a").write_bytes(b"1")
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setenv(paths.VARIABLE, str(copies))
    monkeypatch.setattr("neurocomp.bench.suite.contents.is_right", lambda path, file: True)
    (copies / "enwik6").write_bytes(bytes(600_000))
    done = inside("bench", "run", *words)
    assert done.code == 2
    assert message in done.err


def test_the_article_has_models_of_its_own_and_takes_a_text_to_train_on(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.VARIABLE, str(tmp_path))
    (tmp_path / "wikitext2-valid.txt").write_bytes(b"a text")
    called: list[dict[str, object]] = []
    monkeypatch.setattr(article, "callback", lambda **values: called.append(values))
    words = ("bench", "run", "article", "--tokenizer", "gpt2")
    assert inside(*words).code == 0
    assert inside(*words, "--train", "a.xz", "--train", "b.xz", "-m", "mine", "-o", "out").code == 0
    usual, more = called
    assert usual["text"] == tmp_path / "wikitext2-valid.txt"
    assert (usual["models"], usual["corpus"]) == (("mix", "text-s", "text-l"), ())
    assert (more["models"], more["corpus"]) == (("mine",), (Path("a.xz"), Path("b.xz")))
    assert more["output"] == Path("out/article")


def test_list_has_suites_and_compressors(inside: Inside) -> None:
    done = inside("bench", "list")
    lines = done.out.decode().splitlines()
    assert any(line.startswith("silesia ") and " of 12 " in line for line in lines)
    assert any(line.startswith("paq8px ") for line in lines)
    found = json.loads(inside("bench", "list", "--json").out)
    assert {one["name"] for one in found["suites"]} >= {"text", "small", "pictures"}
    by_name = {one["name"]: one for one in found["peers"]}
    assert bool(by_name["xz"]["missing"]) == (shutil.which("xz") is None)


def test_compare_says_what_grew(inside: Inside, tmp_path: Path, zlib: str, text: bytes) -> None:
    (tmp_path / "a").write_bytes(text[:4000])
    run = ("bench", "run", "--files", "a", "-c", "store", "--command", zlib, "-q")
    assert inside(*run, "-o", "old").code == 0
    (tmp_path / "my.py").write_text(ZLIB.replace("compress(content)", "compress(content, 1)", 1))
    assert inside(*run, "-o", "new").code == 0
    noise = ("--noise", "1000")  # sizes alone: the machine may be busy
    same = inside("bench", "compare", "old/files", "old/files/results.json", "--check", *noise)
    assert (same.code, b"compared: 8 same" in same.out) == (0, True)
    grown = inside("bench", "compare", "old/files", "new/files", "--check", *noise)
    assert grown.code == 1
    [line] = [line for line in grown.out.decode().splitlines() if line.startswith("a ")]
    assert line.split()[1:3] == ["zlib", "size"]
    assert line.endswith("worse")
    assert inside("bench", "compare", "new/files", "old/files", "--check", *noise).code == 0
    assert inside("bench", "compare", "a", "old/files").code == 1


def test_a_file_named_like_a_command(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"content")
    done = inside("bench", "./run", "-m", "adaptive", "--no-peers")
    assert done.code == 0
    assert b"neurocomp adaptive" in done.out


def test_a_live_table_on_a_terminal(program: Program, tmp_path: Path, zlib: str) -> None:
    if sys.platform == "win32":
        pytest.skip("needs a pseudo-terminal")
    (tmp_path / "a").write_bytes(b"a" * 1000)
    slow = ZLIB + "import time; time.sleep(1)\n"
    (tmp_path / "my.py").write_text(slow)
    words = ("bench", "run", "--files", "a", "-c", "store", "--command", zlib)
    code, shown = program.on_terminal(*words, streams=("stderr",))
    assert code == 0
    assert "rows done" in shown
    assert "1/2 a: store" not in shown
