"""train dict and compress --dict, from samples to files that need the dictionary."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.program import Outcome
from tests.conftest import make_text

Call = Callable[..., Outcome]


def test_the_life_of_a_dictionary(inside: Call, tmp_path: Path) -> None:
    (tmp_path / "samples" / "deep").mkdir(parents=True)
    for i in range(30):
        folder = tmp_path / "samples" / ("deep" if i % 2 else "")
        (folder / f"{i}.txt").write_bytes(make_text(500, i))
    train = ("train", "dict", "-r", "samples", "-o", "my.dict", "--size", "4K")
    trained = inside(*train)
    assert trained.code == 0
    assert trained.err.startswith("neurocomp: my.dict: 4096 bytes of 15000 in 30 samples, SHA-256 ")
    again = inside(*train)
    assert (again.code, again.err.count("give -f to overwrite it")) == (1, 1)
    assert inside(*train, "-fq").err == ""

    content = make_text(800, 99)
    (tmp_path / "new.txt").write_bytes(content)
    assert inside("compress", "--dict", "my.dict", "new.txt").code == 0
    assert inside("compress", "new.txt", "-o", "without.ncmp").code == 0
    assert (tmp_path / "new.txt.ncmp").stat().st_size < (tmp_path / "without.ncmp").stat().st_size

    missing = inside("decompress", "-c", "new.txt.ncmp")
    assert (missing.code, missing.out) == (1, b"")
    sha256 = trained.err.split()[-1]
    assert f"no dictionary with SHA-256 {sha256[:16]}… is installed" in missing.err
    assert inside("decompress", "-c", "--model-path", "my.dict", "new.txt.ncmp").out == content

    assert inside("models", "add", "my.dict").out.decode().split() == ["my", sha256]
    assert inside("decompress", "-c", "new.txt.ncmp").out == content
    assert (
        inside("compress", "-c", "--dict", "my", "new.txt").out
        == (tmp_path / "new.txt.ncmp").read_bytes()
    )
    shown = json.loads(inside("models", "show", "my", "--json").out)
    assert shown["architecture"] == "dictionary"
    assert f"dictionary {sha256[:16]}\n" in inside("info", "-v", "new.txt.ncmp").out.decode()


def test_mistakes(inside: Call, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a line\n" * 100)
    assert inside("train", "dict", "nowhere", "-o", "my.dict").code == 2
    assert inside("train", "dict", "log", "-o", "my.dict", "--size", "2M").code == 2
    assert inside("train", "dict", "log", "-o", "my.dict", "--lines", "5").code == 0
    wrong = inside("compress", "-c", "-m", "adaptive", "--dict", "my.dict", "log")
    assert (wrong.code, "takes no dictionary" in wrong.err) == (2, True)
    absent = inside("compress", "-c", "--dict", "absent", "log")
    assert (absent.code, "no dictionary 'absent'" in absent.err) == (1, True)
