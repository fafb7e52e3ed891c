"""The folder of a run, and which of its files the program has written.

Only a folder whose name is exactly one that the program gives is a checkpoint: ``step-`` and the
number of the step in eight digits or more.  Copies that people make beside them (``step-best``,
``step-00000004.bak``, a link) are theirs: they are neither taken for the newest one nor removed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neurocomp.errors import FormatError
from neurocomp.store.files import make_folder, sync_folder


def write_file(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` and wait until it is on the disk.

    Raises:
        OSError: it can't be; the error names ``path``, also where the disk is full.
    """
    with naming(path), path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say ``path`` in errors of the system that name no file, as "No space left on device"."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = os.fspath(path)
        raise


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that is named ``target`` when all went well, and is removed otherwise.

    Its files must have been written by `write_file`.  What the system refuses is said of
    ``target``, the name that people know.

    Raises:
        OSError: a file can't be written, or ``target`` is there.
    """
    temporary = temporary_name(target)
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed
    try:
        make_folder(temporary)
        yield temporary
        sync_folder(temporary)
        os.rename(temporary, target)
        sync_folder(target.parent)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, OSError) and isinstance(error.filename, str):
            error.filename = error.filename.replace(os.fspath(temporary), os.fspath(target), 1)
        raise


def temporary_name(target: Path) -> Path:
    """Return the name that ``target`` has while it is written."""
    return target.with_name(f".{target.name}.tmp")


CHECKPOINTS = "checkpoints"
MODEL_NAME, OPTIMIZER_NAME, STATE_NAME = "model.safetensors", "optimizer.safetensors", "state.json"
SUMS_NAME = "SHA256SUMS"
"""Hashes of a checkpoint's other files, as ``sha256sum --check`` reads them."""

_NAME = re.compile(r"step-([0-9]{8,})")
_TEMPORARY_NAME = re.compile(r"\.step-[0-9]{8,}\.tmp")
_EARLIER_FILES = {
    *(MODEL_NAME, OPTIMIZER_NAME, STATE_NAME),
    *("config.json", "tokenizer.json", "vocab.json", "merges.txt"),
}
"""Files of checkpoints without `SUMS_NAME`, from earlier versions."""


def checkpoint_folder(run: Path, step: int) -> Path:
    """Return the folder of the checkpoint after ``step`` updates."""
    return run / CHECKPOINTS / f"step-{step:08d}"


def step_of(path: Path) -> int | None:
    """Return the step in the name of a checkpoint's folder; None if it is not such a name."""
    match = _NAME.fullmatch(path.name)
    if match is None or path.name != f"step-{int(match[1]):08d}":
        return None
    return int(match[1])


def checkpoints_of(run: Path) -> list[Path]:
    """Return the checkpoints' folders of a run by their numbers, the newest last."""
    try:
        found = list((run / CHECKPOINTS).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    steps = {path: step_of(path) for path in found if path.is_dir() and not path.is_symlink()}
    numbered = {path: step for path, step in steps.items() if step is not None}
    return sorted(numbered, key=lambda path: numbered[path])


def read_state(path: Path) -> dict[str, Any]:
    """Return the state in a checkpoint's folder.

    Raises:
        FormatError: it is damaged, or of another step than the folder's name says.
    """
    file = path / STATE_NAME
    try:
        state: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(f"{file} is damaged: {error}") from None
    if not isinstance(state, dict) or not isinstance(state.get("position"), dict):
        raise FormatError(f"{file} is damaged: it is not the state of a training")
    if type(state.get("step")) is not int or state["step"] != step_of(path):
        raise FormatError(
            f"{file} is of step {state.get('step')!r}, which is not the one of its folder"
        )
    return state


def read_sums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of a checkpoint's files by name; nothing where it has no such list.

    Raises:
        FormatError: the list is damaged.
    """
    file = path / SUMS_NAME
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FormatError(f"{file} is damaged: {error}") from None
    sums = {}
    for line in lines:
        digest, separator, name = line.partition("  ")
        is_name = name and name == Path(name).name
        if not separator or not is_name or not re.fullmatch("[0-9a-f]{64}", digest):
            raise FormatError(f"{file} is damaged: {line!r} is not a hash and a name")
        sums[name] = digest
    if missing := {MODEL_NAME, OPTIMIZER_NAME, STATE_NAME} - set(sums):
        raise FormatError(f"{file} is damaged: it lacks {', '.join(sorted(missing))}")
    return sums


def is_own(path: Path) -> bool:
    """Return whether the program wrote all that is in a checkpoint's folder."""
    try:
        read_state(path)
        known = {SUMS_NAME, *(read_sums(path) or _EARLIER_FILES)}
    except FormatError:
        return False
    return all(one.name in known and one.is_file() for one in path.iterdir())


def discard(path: Path) -> None:
    """Remove a checkpoint's folder; a process that is killed meanwhile leaves no half of it."""
    temporary = temporary_name(path)
    shutil.rmtree(temporary, ignore_errors=True)
    path.rename(temporary)
    shutil.rmtree(temporary, ignore_errors=True)


def put_aside(path: Path) -> Path:
    """Give a folder that is in the way a name that is not a checkpoint's; return it."""
    number = 1
    while (other := path.with_name(f"{path.name}.old-{number}")).exists():
        number += 1
    path.rename(other)
    return other


def remove_unfinished(run: Path) -> None:
    """Remove checkpoints that a process was writing when it was killed."""
    folder = run / CHECKPOINTS
    for path in folder.iterdir() if folder.is_dir() else ():
        if _TEMPORARY_NAME.fullmatch(path.name) and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
