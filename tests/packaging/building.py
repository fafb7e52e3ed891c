"""Source archives, wheels and environments, made as a packager makes them and without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
COMPILED = {".so", ".pyd", ".pyc"}
TOOLS = ("scikit_build_core", "nanobind", "cmake", "ninja")
"""What a build without an environment of its own needs installed."""

_SDIST = """
import sys
sys.path.insert(0, "core")
import build_backend
build_backend.build_sdist(sys.argv[1])
"""


def run(*command: object, folder: Path, env: dict[str, str] | None = None) -> str:
    """Run a program to its end; return what it wrote; fail with its messages where it does."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without what would lead Python or CMake to this checkout."""
    ours = {"PYTHONPATH", "CMAKE_ARGS", "SKBUILD_CMAKE_ARGS", "NEUROCOMP_CPU", "NEUROCOMP_OPT"}
    return {name: value for name, value in os.environ.items() if name not in ours} | more


def build_sdist(folder: Path, root: Path = ROOT) -> Path:
    """Write a source archive of a checkout, this one unless another is named, into a folder."""
    run(sys.executable, "-c", _SDIST, folder, folder=root, env=clean_environment())
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def build_wheel(sdist: Path, folder: Path, env: dict[str, str] | None = None) -> Path:
    """Write a wheel, compiled from a source archive with the tools of this environment."""
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder)
    run(
        *(sys.executable, "-m", "pip", "wheel", *options, sdist),
        folder=folder,
        env=env or clean_environment(),
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


class Installation:
    """A fresh environment with a wheel in it; what the wheel needs is this environment's."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        run(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder.parent)
        variables = {"base": str(folder), "platbase": str(folder)}
        self.scripts = Path(sysconfig.get_path("scripts", "venv", variables))
        self.packages = Path(sysconfig.get_path("purelib", "venv", variables))
        python = self.scripts / "python"
        pip = (sys.executable, "-m", "pip", "--python", python, "install")
        run(*pip, "--no-deps", "--no-index", wheel, folder=folder, env=clean_environment())
        # A path added in this way has no .pth files of its own read: no editable installation.
        here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (self.packages / "dependencies.pth").write_text("\n".join(sorted(here)) + "\n")

    def run(self, *command: object, folder: Path) -> str:
        """Run one of its programs from a folder."""
        program = self.scripts / str(command[0])
        home = str(self.folder / "home")
        env = clean_environment(NEUROCOMP_HOME=home, OMP_NUM_THREADS="1")
        return run(program, *command[1:], folder=folder, env=env)


def try_it(installed: Installation, folder: Path) -> None:
    """Have it compress, decompress and decode what other machines wrote, from another folder."""
    where = installed.run(
        "python", "-c", "import neurocomp; print(neurocomp.__file__)", folder=folder
    )
    assert Path(where.strip()).is_relative_to(installed.packages)
    print(installed.run("python", ROOT / "tests" / "packaging" / "installed.py", folder=folder))
    (folder / "text").write_bytes((ROOT / "README.md").read_bytes())
    installed.run("neurocomp", "compress", "text", folder=folder)
    installed.run("neurocomp", "decompress", "text.ncmp", "--output", "back", folder=folder)
    assert (folder / "back").read_bytes() == (folder / "text").read_bytes()
    assert "text-s" in installed.run("neurocomp", "models", "list", folder=folder)
