"""A damaged checkpoint is passed over, and said so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from neurocomp.errors import FormatError, UsageError
from neurocomp.training.soundness import newest_sound, verify
from tests.training.runs import go_on, steps_of

Damage = Callable[[Path], object]


def write(name: str, content: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(content)


def change(name: str, edit: Callable[[bytes], bytes]) -> Damage:
    return lambda folder: (folder / name).write_bytes(edit((folder / name).read_bytes()))


def remove(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def flip(content: bytes) -> bytes:
    place = len(content) - 9
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGE: dict[str, tuple[str, Damage]] = {
    "state: no keys": ("state.json", write("state.json", b"{}")),
    "state: a list": ("state.json", write("state.json", b"[1]")),
    "state: garbage": ("state.json", write("state.json", b"\xff\0garbage")),
    "state: nested": ("state.json", write("state.json", b"[" * 100_000)),
    "state: cut short": ("state.json", change("state.json", lambda old: old[:40])),
    "state: empty": ("state.json", write("state.json", b"")),
    "state: missing": ("state.json", remove("state.json")),
    "weights: cut short": ("model", change("model.safetensors", lambda old: old[:-8])),
    "weights: a bit": ("model", change("model.safetensors", flip)),
    "weights: empty": ("model", write("model.safetensors", b"")),
    "weights: missing": ("model", remove("model.safetensors")),
    "momenta: a bit": ("optimizer", change("optimizer.safetensors", flip)),
    "momenta: missing": ("optimizer", remove("optimizer.safetensors")),
    "shape: another": ("config.json", write("config.json", b"{}")),
    "hashes: garbage": ("SHA256SUMS", write("SHA256SUMS", b"\xff\n")),
    "hashes: too few": ("SHA256SUMS", write("SHA256SUMS", b"")),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found(four: Path, kind: str) -> None:
    file, damage = DAMAGE[kind]
    newest, older = (four / "checkpoints" / f"step-0000000{step}" for step in (4, 2))
    assert verify(newest)["step"] == 4
    damage(newest)
    said: list[str] = []
    stored = newest_sound(four, said.append)
    assert stored is not None
    assert (stored.path, stored.step, stored.passed_over) == (older, 2, frozenset({newest}))
    [text] = said
    assert f"{newest} is skipped" in text
    assert file in text


def test_the_run_goes_on_from_the_one_before(four: Path) -> None:
    before = steps_of(four)
    newest = four / "checkpoints" / "step-00000004"
    damaged = (newest / "model.safetensors").read_bytes()[:-1]
    (newest / "model.safetensors").write_bytes(damaged)
    result, said = go_on(four, 4)
    assert result.finished
    assert any("step-00000004/model.safetensors is damaged" in one for one in said)
    assert "resuming at step 2" in said
    assert steps_of(four) == before
    # What was damaged is still there, under a name that is not a checkpoint's.
    names = sorted(path.name for path in newest.parent.iterdir())
    assert names == ["step-00000002", "step-00000004", "step-00000004.old-1"]
    assert (newest.with_name(names[2]) / "model.safetensors").read_bytes() == damaged


def test_where_none_is_sound_nothing_is_trained(four: Path) -> None:
    for folder in (four / "checkpoints").iterdir():
        (folder / "state.json").write_text("{}")
    with pytest.raises(FormatError, match=r"has no sound checkpoint.*step-00000004.*step-00000002"):
        go_on(four)
    assert [step for step, _, _ in steps_of(four)] == [1, 2, 3, 4]


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_no_checkpoint(four: Path, name: str, value: float) -> None:
    """Such as versions without hashes have left."""
    newest = four / "checkpoints" / "step-00000004"
    (newest / "SHA256SUMS").unlink()
    assert verify(newest)["step"] == 4
    tensors = {key: one.clone() for key, one in load_file(newest / name).items()}
    next(iter(tensors.values())).view(-1)[0] = value
    save_file(tensors, newest / name)
    with pytest.raises(FormatError, match=r"holds values that are not finite, in "):
        verify(newest)


def test_checkpoints_of_earlier_versions_are_read(four: Path) -> None:
    """They have neither hashes nor a record."""
    for folder in (four / "checkpoints").iterdir():
        (folder / "SHA256SUMS").unlink()
        state = json.loads((folder / "state.json").read_text())
        del state["record"]
        (folder / "state.json").write_text(json.dumps(state))
    result, said = go_on(four, 6)
    assert result.finished
    assert any("doesn't record its training" in one for one in said)
    assert not (four / "checkpoints" / "step-00000002").exists()


def test_positions_that_are_none(four: Path) -> None:
    newest = four / "checkpoints" / "step-00000004"
    (newest / "SHA256SUMS").unlink()
    state = json.loads((newest / "state.json").read_text())
    for position in ({}, {"prose": -1, "records": 3}, {"prose": "x", "records": None}):
        (newest / "state.json").write_text(json.dumps({**state, "position": position}))
        with pytest.raises((FormatError, UsageError), match=r"trained on|counts of windows"):
            go_on(four)


def test_tensors_are_looked_at_whole() -> None:
    from neurocomp.training.soundness import first_not_finite

    sound = {"a": torch.ones(3), "n": torch.ones(2, dtype=torch.int64), "e": torch.ones(0)}
    assert first_not_finite(sound) is None
    assert first_not_finite({**sound, "b": torch.tensor([1.0, -float("inf")])}) == "b"
    assert first_not_finite({}) is None
