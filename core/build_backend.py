"""The build backend: scikit-build-core, with zig as the compiler where there is no other.

Named by pyproject.toml, run by pip and build.  Two things are done here:

- Where no C++ compiler is found, the ``ziglang`` wheel is asked for, and its ``zig c++`` is used.
- An editable installation has the module built beside the package's sources and a path to them, so
  that what is imported is what is edited, whichever checkout comes first on the path.  The sources'
  bytecode is written as well, as pip does for other installations: where Python is told not to
  write any, each start would compile all over again.
"""

from __future__ import annotations

import base64
import compileall
import hashlib
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scikit_build_core import build as backend

ROOT = Path(__file__).resolve().parent.parent
MODULE_DIR = ROOT / "neurocomp"
BUILD_DIR = ROOT / "build" / "core"
ZIG_DIR = ROOT / "build" / "zig"

_COMPILERS = ("c++", "g++", "cl", "icpx", "clang++")

Settings = dict[str, Any] | None


def has_compiler() -> bool:
    """Tell whether CMake will find a C++ compiler by itself."""
    is_named = bool(
        os.environ.get("CXX") or os.environ.get("CMAKE_TOOLCHAIN_FILE")
    ) or "CMAKE_CXX_COMPILER=" in os.environ.get("CMAKE_ARGS", "")
    return is_named or any(map(_is_there, _COMPILERS)) or _has_visual_studio()


def _is_there(compiler: str) -> bool:
    path = shutil.which(compiler)
    if path is None or sys.platform != "darwin" or not path.startswith("/usr/bin/"):
        return path is not None
    # On macOS these only ask for the developer tools where they are not installed.
    tools = ["xcode-select", "--print-path"]
    return subprocess.run(tools, capture_output=True, check=False).returncode == 0


def _has_visual_studio() -> bool:
    """Tell whether Windows has Microsoft's compiler, which CMake finds without a path to it."""
    programs = os.environ.get("PROGRAMFILES(X86)")
    if sys.platform != "win32" or programs is None:
        return False
    finder = Path(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe")
    if not finder.exists():
        return False
    tools = [f"Microsoft.VisualStudio.Component.VC.Tools.{kind}" for kind in ("x86.x64", "ARM64")]
    asked = [finder, "-products", "*", "-requires", *tools, "-requiresAny"]
    asked += ["-property", "installationPath"]
    found = subprocess.run(asked, capture_output=True, check=False)
    return bool(found.stdout.strip())


def use_zig(folder: Path) -> None:
    """Have CMake use ``python -m ziglang`` as compiler and archiver, by scripts in ``folder``."""
    if find_spec("ziglang") is None:
        raise SystemExit(
            "the core needs a C++ compiler, and none is found: install one (g++, clang, Visual "
            "Studio), or the one that comes as a wheel: pip install ziglang"
        )
    folder.mkdir(parents=True, exist_ok=True)
    # Without a word about the processor, zig compiles for the one it runs on and no other.
    commands = {"CC": "cc -mcpu=baseline", "CXX": "c++ -mcpu=baseline"}
    commands |= {"AR": "ar", "RANLIB": "ranlib"}
    for variable, command in commands.items():
        is_windows = sys.platform == "win32"
        name = f"zig-{command.split()[0]}{'.bat' if is_windows else ''}"
        call = f'"{sys.executable}" -m ziglang {command}'
        script = folder / name
        script.write_text(f"@{call} %*\n" if is_windows else f'#!/bin/sh\nexec {call} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        os.environ[variable] = str(script)
    if not os.access(Path.home(), os.W_OK):  # where zig would keep what it has compiled
        os.environ.setdefault("ZIG_GLOBAL_CACHE_DIR", str(folder / "cache"))


def get_requires_for_build_wheel(settings: Settings = None) -> list[str]:
    """Return what a wheel's build needs beside pyproject's ``requires``."""
    needed: list[str] = list(backend.get_requires_for_build_wheel(settings))
    return needed if has_compiler() else [*needed, "ziglang"]


def get_requires_for_build_editable(settings: Settings = None) -> list[str]:
    """Return the same for an editable installation."""
    return get_requires_for_build_wheel(settings)


def get_requires_for_build_sdist(settings: Settings = None) -> list[str]:
    """Return the same for a source archive, which compiles nothing."""
    return list(backend.get_requires_for_build_sdist(settings))


def build_sdist(folder: str, settings: Settings = None) -> str:
    """Write a source archive; return its name."""
    return str(backend.build_sdist(folder, settings))


def build_wheel(folder: str, settings: Settings = None, metadata: str | None = None) -> str:
    """Write a wheel; return its name."""
    if has_compiler():
        return str(backend.build_wheel(folder, settings, metadata))
    with tempfile.TemporaryDirectory() as scripts:
        use_zig(Path(scripts))
        return str(backend.build_wheel(folder, _with_archiver(settings), metadata))


def _with_archiver(settings: Settings) -> dict[str, Any]:
    """Return settings by which CMake, which asks the environment for compilers only, has zig's."""
    settings = dict(settings or {})
    given = settings.get("cmake.args", [])
    arguments = given.split(";") if isinstance(given, str) else list(given)
    arguments += [f"-DCMAKE_{name}={os.environ[name]}" for name in ("AR", "RANLIB")]
    return {**settings, "cmake.args": ";".join(filter(None, arguments))}


def prepare_metadata_for_build_wheel(folder: str, settings: Settings = None) -> str:
    """Write a wheel's metadata; return the folder's name."""
    return str(backend.prepare_metadata_for_build_wheel(folder, settings))


def prepare_metadata_for_build_editable(folder: str, settings: Settings = None) -> str:
    """Write the same metadata."""
    return prepare_metadata_for_build_wheel(folder, settings)


def build_editable(folder: str, settings: Settings = None, metadata: str | None = None) -> str:
    """Build the module in place; write a wheel with a path to the sources; return its name."""
    del metadata
    if not has_compiler():
        use_zig(ZIG_DIR)
    build_in_place()
    compileall.compile_dir(MODULE_DIR, quiet=2)
    info = prepare_metadata_for_build_editable(folder, settings)
    files = {
        f"{info}/{path.name}" if path.parent.name == info else f"{info}/licenses/{path.name}": path
        for path in sorted((Path(folder) / info).rglob("*"))
        if path.is_file() and path.name not in {"RECORD", "WHEEL"}
    }
    contents = {name: path.read_bytes() for name, path in files.items()}
    contents["__editable__.neurocomp.pth"] = f"{ROOT}\n".encode()
    contents[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: neurocomp\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    wheel = f"{info.removesuffix('.dist-info')}-0.editable-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder) / wheel, "w") as archive:
        record = []
        for name, content in contents.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record.append(f"{name},sha256={digest.decode()},{len(content)}")
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
    return wheel


def build_in_place() -> None:
    """Compile what has changed, and put the module beside the package's sources.

    CMake gets the options in ``CMAKE_ARGS``, as scikit-build-core has it.
    """
    scripts = Path(sys.executable).parent
    search = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])
    cmake = shutil.which("cmake", path=search)
    if cmake is None:
        raise SystemExit("the core needs CMake 3.18 or newer: pip install cmake")
    configure = [cmake, "-S", str(ROOT / "core"), "-B", str(BUILD_DIR)]
    configure += [f"-DNEUROCOMP_MODULE_DIR={MODULE_DIR}", f"-DPython_EXECUTABLE={sys.executable}"]
    configure += shlex.split(os.environ.get("CMAKE_ARGS", ""))
    if "AR" in os.environ:
        configure += [f"-DCMAKE_{name}={os.environ[name]}" for name in ("AR", "RANLIB")]
    if ninja := shutil.which("ninja", path=search):
        configure += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 1))
    subprocess.run([cmake, "--build", str(BUILD_DIR), "--parallel", jobs], check=True)


if __name__ == "__main__":
    if not has_compiler():
        use_zig(ZIG_DIR)
    build_in_place()
