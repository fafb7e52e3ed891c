"""The committed hashes come out in every setting; a float model's don't."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from neurocomp.exact.conformance import digest_of
from neurocomp.models.hub.float_model import FloatPredictor
from neurocomp.models.transformer.conformance import run_conformance
from tests.models.transformer.checkpoints import CONTEXT, float_model
from tests.symbols.vocabulary import END

SETTINGS = {
    "vectors of 256 bits in torch": {"ATEN_CPU_CAPABILITY": "avx2"},
    "no vectors in torch": {"ATEN_CPU_CAPABILITY": "default"},
    "oneDNN with AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "oneDNN with SSE4.1": {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    "MKL compatible": {"MKL_CBWR": "COMPATIBLE"},
    "numpy without vectors": {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX"},
    "one thread": {"OMP_NUM_THREADS": "1"},
    "two threads": {"OMP_NUM_THREADS": "2"},
}


def run_selftest(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "neurocomp", "selftest", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_compiled_route_conforms() -> None:
    checks = list(run_conformance(("compiled",), "cpu"))
    assert len(checks) == 28
    assert [check.name for check in checks if not check.is_expected] == []


@pytest.mark.slow
@pytest.mark.parametrize("route", ["int8", "float32", "float64"])
def test_other_routes_conform(route: str) -> None:
    assert all(check.is_expected for check in run_conformance((route,), "cpu"))


@pytest.mark.slow
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_conforms() -> None:
    assert all(check.is_expected for check in run_conformance(("int8", "float32"), "cuda"))


@pytest.mark.slow
@pytest.mark.parametrize("setting", sorted(SETTINGS))
def test_settings_of_libraries_change_nothing(setting: str) -> None:
    assert "all as expected" in run_selftest(SETTINGS[setting])


@pytest.mark.slow
def test_another_processor_changes_nothing() -> None:
    environment = {"NEUROCOMP_CPU": "baseline"}
    assert "all as expected" in run_selftest(environment, "--route", "compiled")


def test_a_float_model_fails(checkpoint: Path) -> None:
    network = float_model(checkpoint)
    rows = np.random.default_rng(5).integers(0, END, (8, 24)).astype(np.int32)

    def tables(num_lanes: int) -> str:
        found = []
        for group in rows.reshape(-1, num_lanes, rows.shape[1]):
            predictor = FloatPredictor(network, num_lanes, CONTEXT, END)
            steps = [predictor.frequencies()]
            for column in group.T:
                predictor.update(column)
                steps.append(predictor.frequencies())
            found.append(np.stack(steps, 1))
        return digest_of(np.concatenate(found))

    assert len({tables(num_lanes) for num_lanes in (1, 2, 8)}) > 1
