"""Material of the tests of the command line."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import neurocomp
from neurocomp.cli.entry import run
from neurocomp.models.ngram.training import train_ngram
from tests.cli.program import Outcome, Program

BLOCK_BYTES = 8192
NUM_BLOCKS = 5


@pytest.fixture(scope="session")
def text() -> bytes:
    """English-like text of five blocks, always the same."""
    chooser = random.Random(1)
    words = ["the", "river", "table", "of", "numbers", "and", "light", "stone", "in", "winter"]
    letters = " ".join(chooser.choice(words) for _ in range(20_000)).encode()
    return letters[: BLOCK_BYTES * NUM_BLOCKS - 100]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    """Have everything compiled, so that no test meets the note on it unprepared."""
    symbols = np.frombuffer(text[:1000], np.uint8)
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    train_ngram(symbols, 256, 2, "katz").to_stored().save(path)
    train_ngram(symbols, 256, 2).to_stored()
    for model, coder in (("adaptive", "arithmetic"), (str(path), "huffman")):
        frame = neurocomp.compress(text[:1000], model=model, coder=coder)
        neurocomp.open(io.BytesIO(frame), model_path=(path,)).read()


@pytest.fixture
def program(tmp_path: Path, home: Path) -> Program:
    """The program in an empty folder."""
    return Program(tmp_path, home)


@pytest.fixture
def inside(
    program: Program, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Outcome]:
    """The program in this process, where it need not start each time: for tests of many steps."""
    monkeypatch.chdir(program.folder)
    monkeypatch.setenv("NEUROCOMP_HOME", str(program.folder / "home"))
    monkeypatch.delenv("NEUROCOMP_OPT", raising=False)

    def call(*arguments: str) -> Outcome:
        capfdbinary.readouterr()
        code = run(arguments)
        out, err = capfdbinary.readouterr()
        return Outcome(code, out, err.decode())

    return call


@pytest.fixture(scope="session")
def compressed(tmp_path_factory: pytest.TempPathFactory, home: Path, text: bytes) -> bytes:
    """The text as a frame of five blocks."""
    program = Program(tmp_path_factory.mktemp("compressed"), home)
    done = program("-m", "adaptive", "--block-size", f"{BLOCK_BYTES}", stdin=text)
    assert (done.code, done.err) == (0, "")
    return done.out
