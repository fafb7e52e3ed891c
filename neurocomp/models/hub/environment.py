"""The fingerprint of a machine's floating-point arithmetic.

Another processor, library or number of threads adds numbers in another order; a float model then
predicts a little differently, which is enough to make a file unreadable.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter

from neurocomp import extras
from neurocomp.errors import FormatError, MissingPackageError, ModelMismatchError


def environment() -> dict[str, str]:
    """Return the parts of the environment that float results depend on."""
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
        recorded: environment that the frame records.
        without_torch: whether to compare only what is known before torch is imported.

    Raises:
        ModelMismatchError: they differ, or the packages are not installed; the message says in
            what, and which.
        FormatError: what is recorded is not an environment.
    """
    try:
        values = json.loads(recorded)
        wanted = {str(key): str(value) for key, value in values.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise FormatError(f"the frame's numeric environment is damaged: {error}") from None
    try:
        extras.require("which", "hub", *extras.FLOAT_MODELS)
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


WARM_STEPS, MEASURED_STEPS = 2, 8

_listener: Callable[[str], None] | None = None
_told: tuple[str, int, int] | None = None
"""The last message: a block is predicted again to verify it, and most have the same size."""


def listen(listener: Callable[[str], None] | None) -> None:
    """Report to ``listener`` how long blocks take, once for each size; None to stop."""
    global _listener, _told
    _listener, _told = listener, None


class StepTimer:
    """Counts the steps of a predictor, and tells the listener after the first ones.

    Args:
        shown: name of the model in the message.
        num_lanes: number of symbols of a step.
        num_symbols: number of symbols of the block; 0 if it is not known.
    """

    def __init__(self, shown: str, num_lanes: int, num_symbols: int) -> None:
        self._shown, self._num_lanes, self._num_symbols = shown, num_lanes, num_symbols
        self._num_steps = 0
        self._start = 0.0

    def step(self) -> None:
        """Count a step that begins now."""
        self._num_steps += 1
        if self._num_steps == WARM_STEPS + 1:
            self._start = perf_counter()
        elif self._num_steps == WARM_STEPS + MEASURED_STEPS + 1:
            self._tell((perf_counter() - self._start) / MEASURED_STEPS)

    def _tell(self, seconds: float) -> None:
        global _told
        block = self._shown, self._num_lanes, self._num_symbols
        if _listener is not None and block != _told:
            _told = block
            _listener(self._message(seconds))

    def _message(self, seconds: float) -> str:
        rate = self._num_lanes / max(seconds, 1e-9)
        text = f"{self._shown} predicts about {rate:.0f} tokens a second here"
        if self._num_symbols:
            total = -(-self._num_symbols // self._num_lanes) * seconds
            text += (
                f": a block of {self._num_symbols} tokens takes about {_duration(total)}, and "
                "another as long to verify"
            )
        return text


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
