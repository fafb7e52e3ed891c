"""A checkpoint, installed from a folder, compresses and is needed again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.program import Outcome
from tests.models.transformer.checkpoints import write_checkpoint

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


def test_a_folder_without_a_checkpoint_is_an_error(inside: Call, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    failed = inside("models", "import", "folder", "--name", "tiny")
    assert failed.code == 1
    assert "config.json" in failed.err
