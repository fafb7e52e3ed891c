"""The program for other machines, built with zig and run under QEMU on the golden frames."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.decoder import build, frames

pytestmark = pytest.mark.slow

CONTENTS = frames.contents()
WAYS = {
    "x86_64": ("x86_64", {"NEUROCOMP_CPU": "baseline"}),
    "aarch64": ("aarch64", {"NEUROCOMP_CPU": "baseline"}),
    "aarch64-dotprod": ("aarch64", {"NEUROCOMP_CPU": "dotprod"}),
    "riscv64": ("riscv64", {}),
    "s390x": ("s390x", {}),
}
"""Processors, and what is asked of them; s390x is big-endian."""


def zig() -> list[str] | None:
    """Return the command of zig: $ZIG, a program, or the package of that name."""
    if "ZIG" in os.environ:
        return shlex.split(os.environ["ZIG"])
    if (program := shutil.which("zig")) is not None:
        return [program]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang"]
    return None


def emulator(machine: str) -> list[str] | None:
    """Return the command that runs programs of another machine."""
    for name in (f"qemu-{machine}", f"qemu-{machine}-static"):
        if (program := shutil.which(name)) is not None:
            return [program, "-cpu", "max"]
    return [] if os.uname().machine == machine else None


def build_for(machine: str, command: list[str], folder: Path) -> Path:
    """Build a static program; return it."""
    tools = folder / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    for name in ("c++", "ar", "ranlib"):
        target = ["-target", f"{machine}-linux-musl"] if name == "c++" else []
        script = tools / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join([*command, name, *target])} "$@"\n')
        script.chmod(0o755)
    cmake, ninja = build.find_tool("cmake"), build.find_tool("ninja")
    assert cmake is not None
    configure = [cmake, "-S", "core", "-B", str(folder), "-DNEUROCOMP_PYTHON=OFF"]
    configure += ["-DNEUROCOMP_DECODER=ON", "-DNEUROCOMP_STATIC_PROGRAM=ON"]
    configure += ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_SYSTEM_PROCESSOR={machine}"]
    configure += [f"-DCMAKE_CXX_COMPILER={tools / 'c++'}"]
    configure += [f"-DCMAKE_{name.upper()}={tools / name}" for name in ("ar", "ranlib")]
    if ninja is not None:
        configure += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    build.run_quietly(configure)
    build.run_quietly([cmake, "--build", str(folder), "--target", "ncmp-decode", "--parallel"])
    return folder / "decoder" / "ncmp-decode"


@pytest.mark.parametrize("way", WAYS)
def test_golden_frames_decode(way: str) -> None:
    machine, environment = WAYS[way]
    command = zig()
    if command is None:
        pytest.skip("there is no zig: pip install ziglang, or set ZIG")
    runner = emulator(machine)
    if runner is None:
        pytest.skip(f"there is no qemu-{machine}: install qemu-user")
    program = build_for(machine, command, build.ROOT / "build" / "anywhere" / machine)
    options = [f"--models={folder}" for folder in build.MODELS]
    for path in frames.DECODABLE:
        done = subprocess.run(
            [*runner, program, *options, "-c", path],
            capture_output=True,
            env={**os.environ, **environment},
        )
        assert done.returncode == 0, (path.stem, done.stderr)
        assert hashlib.sha256(done.stdout).hexdigest() == CONTENTS[path.stem], path.stem
    for path in frames.INVALID[::7]:
        done = subprocess.run([*runner, program, *options, "-t", path], capture_output=True)
        assert done.returncode in (0, 1), path.stem
