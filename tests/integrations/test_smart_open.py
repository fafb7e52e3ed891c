"""smart_open with files of the suffix."""

from __future__ import annotations

from pathlib import Path

import pytest

import neurocomp
from tests.conftest import make_text

smart_open = pytest.importorskip("smart_open")
compression = pytest.importorskip("smart_open.compression")

TEXT = make_text(5_000)


@pytest.fixture(autouse=True)
def registered() -> None:
    from neurocomp.integrations.smart_open import register

    register(preset="fast")


def test_bytes_and_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.ncmp"
    with smart_open.open(path, "wb") as file:
        file.write(TEXT)
    assert neurocomp.decompress(path.read_bytes()) == TEXT
    assert neurocomp.info(path)[0].models[0].family == "mix"
    with smart_open.open(path, "rb") as file:
        assert file.read(100) == TEXT[:100]
        file.seek(0)
        assert file.read() == TEXT
    with smart_open.open(path, "w", encoding="utf-8") as file:
        file.write("Fürth\n")
    with smart_open.open(path, encoding="utf-8") as file:
        assert list(file) == ["Fürth\n"]
    with smart_open.open(path, "ab") as file:
        file.write(b"more")
    assert neurocomp.decompress(path.read_bytes()) == b"F\xc3\xbcrth\nmore"


def test_other_files_stay_as_they_are(tmp_path: Path) -> None:
    with smart_open.open(tmp_path / "a.txt", "wb") as file:
        file.write(TEXT)
    assert (tmp_path / "a.txt").read_bytes() == TEXT
    with smart_open.open(tmp_path / "a.ncmp", "wb", compression="disable") as file:
        file.write(TEXT)
    assert (tmp_path / "a.ncmp").read_bytes() == TEXT


def test_arguments_of_one_call(tmp_path: Path) -> None:
    path = tmp_path / "a.ncmp"
    try:
        file = smart_open.open(path, "wb", compression_kwargs={"model": "adaptive"})
    except TypeError:
        pytest.skip("this smart_open has no compression_kwargs")
    with file:
        file.write(TEXT)
    assert neurocomp.info(path)[0].models[0].family == "adaptive"


def test_registering_again_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    from neurocomp.integrations import register

    assert "smart_open" in register()
    assert ".ncmp" in compression.get_supported_extensions()
    assert not caplog.records
