"""The program for other machines, built with zig and run under QEMU on the golden frames."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from neurocomp.frame.index import read_index
from tests.decoder import build, frames, subset

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
    """Return the command that runs programs of a machine, none for this one; None without any."""
    if os.uname().machine == machine:
        return []
    for name in (f"qemu-{machine}", f"qemu-{machine}-static"):
        if (program := shutil.which(name)) is not None:
            # QEMU's RISC-V has no processor of that name before version 8; its default will do.
            return [program] if machine == "riscv64" else [program, "-cpu", "max"]
    return None


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
    build.run_quietly([cmake, "--build", str(folder), "--target", "ncmp-decode", *build.parallel()])
    return folder / "decoder" / "ncmp-decode"


def by_model(path: Path) -> tuple[bytes, str]:
    """Order frames so that a model is opened once, which takes long under an emulator."""
    header = next(iter(read_index(io.BytesIO(path.read_bytes())))).header
    return header.models[0].hash, path.stem


def decoded(is_emulated: bool) -> list[Path]:
    """Return the golden frames that a machine decodes: all, or those of `subset.chosen`."""
    is_all = not is_emulated or os.environ.get("NEUROCOMP_ANYWHERE") == "all"
    return frames.DECODABLE if is_all else subset.chosen(frames.DECODABLE)


def test_an_emulated_machine_decodes_every_model() -> None:
    paths = decoded(is_emulated=True)
    families = {entry.family for path in paths for entry, _ in subset.heads_of(path)}
    assert families == frames.DECODED_FAMILIES
    models = {one for path in frames.DECODABLE for one in subset.traits(path)}
    assert models == {one for path in paths for one in subset.traits(path)}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_golden_frames_decode(way: str, tmp_path: Path) -> None:
    machine, environment = WAYS[way]
    command = zig()
    if command is None:
        pytest.skip("there is no zig: pip install ziglang, or set ZIG")
    runner = emulator(machine)
    if runner is None:
        pytest.skip(f"there is no qemu-{machine}: install qemu-user")
    program = build_for(machine, command, build.ROOT / "build" / "anywhere" / machine)
    options = [f"--models={folder}" for folder in build.MODELS]
    files = []
    for path in sorted(decoded(is_emulated=bool(runner)), key=by_model):
        files.append(tmp_path / path.name)
        files[-1].write_bytes(path.read_bytes())
    start = [*runner, str(program)]
    variables = {**os.environ, **environment}
    done = subprocess.run([*start, "-T2", *options, *files], capture_output=True, env=variables)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    for path in files:
        content = path.with_suffix("").read_bytes()
        assert hashlib.sha256(content).hexdigest() == CONTENTS[path.stem], path.stem
    done = subprocess.run(
        [*start, "-t", *options, *frames.REFUSED], capture_output=True, env=variables
    )
    assert (done.returncode, done.stdout) == (1, b"")
    refusals = done.stderr.decode().splitlines()
    for path in frames.REFUSED:
        assert any(line.startswith(f"ncmp-decode: {path}: ") for line in refusals), path.stem
