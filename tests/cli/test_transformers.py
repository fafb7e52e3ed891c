"""A checkpoint, installed from a folder, compresses and is needed again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import Outcome
from tests.golden.cases import LANGUAGE, VALID
from tests.models.transformer.checkpoints import write_checkpoint
from tests.models.transformer.gguf_files import write_gguf
from tests.models.transformer.llamas import write_llama

Call = Callable[..., Outcome]


def test_an_imported_checkpoint_compresses(inside: Call, tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "folder")
    imported = inside("models", "import", "folder", "--name", "tiny")
    assert imported.code == 0, imported.err
    assert imported.out.decode().split()[0] == "tiny"
    content = b"the inner band <|endoftext|>\r\n\xff"
    (tmp_path / "a").write_bytes(content)
    packed = inside("compress", "-m", "tiny", "--overlap", "3", "a")
    assert packed.code == 0, packed.err
    assert inside("decompress", "-c", "a.ncmp").out == content


def test_a_gguf_file_is_imported_under_its_name(inside: Call, tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="the package gguf is not installed")
    write_gguf(tmp_path / "Tiny-1.gguf", write_llama(tmp_path / "folder", "tied"), "Q8_0")
    refused = inside("models", "add", "Tiny-1.gguf")
    assert refused.code == 2
    assert "models import Tiny-1.gguf" in refused.err
    imported = inside("models", "import", "Tiny-1.gguf")
    assert imported.code == 0, imported.err
    assert imported.out.decode().split()[0] == "tiny-1"
    content = b"the inner band <|endoftext|> 123\r\n\xff"
    (tmp_path / "a").write_bytes(content)
    packed = inside("compress", "-m", "tiny-1", "a")
    assert packed.code == 0, packed.err
    assert inside("decompress", "-c", "a.ncmp").out == content
    wrong = inside("compress", "-m", "tiny-1", "--overlap", "3", "-o", "b.ncmp", "-k", "a")
    assert (wrong.code, "slides" in wrong.err) == (2, True)


def test_info_shows_window_and_lanes_of_a_language_model(inside: Call) -> None:
    frames = [str(VALID / f"text-language-{one}.ncmp") for one in ("arithmetic", "2-3")]
    told = inside("info", "--model-path", str(LANGUAGE), *frames).out.decode()
    one_lane, three_lanes, _ = told.splitlines()[1:]
    for row in (one_lane, three_lanes):
        assert "language (window 24)" in row
    assert "language + network (1 lane)" in one_lane
    assert "language + network (3 lanes)" in three_lanes


def test_a_file_of_another_kind_is_not_imported(inside: Call, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    failed = inside("models", "import", "a.bin")
    assert failed.code == 2
    assert "models add" in failed.err


def test_a_folder_without_a_checkpoint_is_an_error(inside: Call, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    failed = inside("models", "import", "folder", "--name", "tiny")
    assert failed.code == 1
    assert "config.json" in failed.err
