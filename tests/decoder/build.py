"""Builds the decoder once for all tests of it: beside the module, or as `make decoder` does.

Where ``NEUROCOMP_DECODER`` names a folder, what was built there is tested: `make sanitize`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
BESIDE = ROOT / "build" / "core"
"""Where `make` compiles the module; most of the decoder has been compiled for it."""
FOLDER = ROOT / "build" / "decoder"
NETWORKS = ROOT / "neurocomp" / "models" / "bytenet" / "weights"
STORED = ROOT / "tests" / "golden" / "models"
PRIOR = ROOT / "neurocomp" / "models" / "dalle" / "weights" / "rainbow"
MODELS = (NETWORKS, STORED, PRIOR)
GIVEN = os.environ.get("NEUROCOMP_DECODER")


@dataclass(frozen=True)
class Built:
    """What the build made.

    Attributes:
        program: ncmp-decode.
        shared: the shared library.
        static: the archive.
    """

    program: Path
    shared: Path
    static: Path


def find_tool(name: str) -> str | None:
    """Return a program, that of this Python's environment first."""
    beside = Path(sysconfig.get_path("scripts")) / name
    return str(beside) if beside.exists() else shutil.which(name)


def why_not() -> str | None:
    """Return why the decoder cannot be built here, None where it can, or need not."""
    if GIVEN is not None:
        return None
    if find_tool("cmake") is None:
        return "there is no CMake"
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        return "there is no C++ compiler"
    if sys.platform == "win32":
        return "ncmp-decode is a program for POSIX systems"
    return None


def parallel() -> list[str]:
    """Return CMake's option for as many compilers as there are processors."""
    return ["--parallel", os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 1))]


def run_quietly(command: list[str]) -> None:
    """Run a command; what it says comes with its failure."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@contextmanager
def alone() -> Iterator[None]:
    """Keep other processes of the tests from building at the same time."""
    import fcntl

    FOLDER.parent.mkdir(exist_ok=True)
    with (FOLDER.parent / "decoder.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build() -> Built:
    """Compile what has changed, where no folder is given."""
    if GIVEN is not None:
        return _made(Path(GIVEN).resolve())
    with alone():
        return _made((_build_beside() if _is_beside() else _build()) / "decoder")


def _made(folder: Path) -> Built:
    suffix = "dylib" if sys.platform == "darwin" else "so"
    return Built(
        folder / "ncmp-decode", folder / f"libneurocomp.{suffix}", folder / "libneurocomp.a"
    )


def _is_beside() -> bool:
    cache = BESIDE / "CMakeCache.txt"
    return cache.exists() and "\nNEUROCOMP_DECODER:BOOL=ON\n" in cache.read_text("utf-8")


def _build_beside() -> Path:
    cmake = find_tool("cmake")
    assert cmake is not None
    run_quietly([cmake, "--build", str(BESIDE), "--target", "decoder_all", *parallel()])
    return BESIDE


def _build() -> Path:
    cmake, ninja = find_tool("cmake"), find_tool("ninja")
    assert cmake is not None
    configure = [cmake, "-S", "core", "-B", str(FOLDER)]
    configure += ["-DNEUROCOMP_PYTHON=OFF", "-DNEUROCOMP_DECODER=ON"]
    if ninja is not None and not (FOLDER / "Makefile").exists():
        configure += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    run_quietly(configure)
    run_quietly([cmake, "--build", str(FOLDER), *parallel()])
    return FOLDER
