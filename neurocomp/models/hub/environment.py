"""The fingerprint of a machine's floating-point arithmetic.

Another processor, library or number of threads adds numbers in another order; a float model then
predicts a little differently, which is enough to make a file unreadable.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version

from neurocomp import extras
from neurocomp.errors import FormatError, MissingPackageError, ModelMismatchError


def environment() -> dict[str, str]:
    """Return what the results of float operations depend on here."""
    import torch
    import transformers

    return {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "machine": platform.machine(),
        "processor": _processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
        "precision": torch.get_float32_matmul_precision(),
    }


def to_bytes(values: dict[str, str]) -> bytes:
    """Return an environment as a frame records it: JSON with its keys in order."""
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def known_without_torch() -> dict[str, str]:
    """Return that part of `environment` which is known before torch is imported, in seconds."""
    versions = {}
    for name in ("torch", "transformers"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "none"
    return {**versions, "machine": platform.machine(), "processor": _processor()}


def check(recorded: bytes, *, without_torch: bool = False) -> None:
    """Compare the environment that a frame records with the one here.

    Args:
        recorded: in the frame.
        without_torch: compare only what is known before torch is imported.

    Raises:
        ModelMismatchError: they differ, or the packages are not installed; the message says in
            what, and which.
        FormatError: what is recorded is no environment.
    """
    try:
        values = json.loads(recorded)
        wanted = {str(key): str(value) for key, value in values.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise FormatError(f"the frame's numeric environment is damaged: {error}") from None
    try:
        extras.require("which", "hub")
    except MissingPackageError as error:
        # Of one file among others, so no error of usage.
        raise ModelMismatchError(f"the frame was written by a model in float, {error}") from None
    here = known_without_torch() if without_torch else environment()
    if without_torch:
        wanted = {key: value for key, value in wanted.items() if key in here}
    differences = [
        f"{key} {wanted.get(key, 'unknown')!r} there and {here.get(key, 'unknown')!r} here"
        for key in sorted(wanted.keys() | here.keys())
        if wanted.get(key) != here.get(key)
    ]
    if differences:
        raise ModelMismatchError(
            "the frame was written by a model in float, whose predictions are the same only on a "
            f"machine like the one that wrote it: {', '.join(differences)}; decompress it there"
        )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
