"""Tiny trainings that tests make."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neurocomp.models.bytenet.glr import GLRConfig
from neurocomp.models.text.config import DataConfig, TextConfig
from neurocomp.models.text.train import ByteTraining, TextFiles
from neurocomp.training.config import OptimizerConfig, RunConfig
from neurocomp.training.log import read_log
from neurocomp.training.loop import Result
from neurocomp.training.record import RunPlace
from neurocomp.training.run import run_training
from tests.conftest import make_text


def write_data(folder: Path) -> list[Path]:
    """Write documents of two kinds; return the files."""
    folder.mkdir(exist_ok=True)
    digits = np.random.default_rng(0).integers(0, 10, 20_000)
    records = re.sub(r"\d{8}", r"\g<0>\n", "".join(map(str, digits)))
    contents = {
        "prose-1.txt": make_text(30_000),
        "prose-2.txt": make_text(20_000, seed=1),
        "records.txt": records.encode(),
    }
    paths = []
    for name, content in contents.items():
        documents = [content[start : start + 2000] for start in range(0, len(content), 2000)]
        path = folder / name
        path.write_bytes(b"\x1e".join(documents))
        paths.append(path)
    return paths


def tiny_config(steps: int = 8, optimizer: str = "muon", **run: Any) -> TextConfig:
    return TextConfig(
        run=RunConfig(**{"steps": steps, "micro_batch": 4, "log_every": 1, **run}),
        model=GLRConfig(width=32, num_blocks=1, context=3),
        data=DataConfig(
            window=64,
            batch=8,
            validation_share=0.1,
            validation_pieces=3,
            validation_length=256,
        ),
        optimizer=OptimizerConfig(name=optimizer, rate=0.01),
    )


def train(config: TextConfig, data: list[Path], output: Path, **place: Any) -> Result:
    files = TextFiles(data, cache=output.parent / "cache")
    where = RunPlace(output, device="cpu", **place)
    return run_training(ByteTraining(config, files), where, report=lambda message: None)


def go_on(run: Path, steps: int = 6, **place: Any) -> tuple[Result, list[str]]:
    """Go on with the run of the fixture ``four``; return its result and what was said."""
    said: list[str] = []
    files = TextFiles(sorted((run.parent / "data").iterdir()), cache=run.parent / "cache")
    where = RunPlace(run, device="cpu", resume=True, **place)
    training = ByteTraining(tiny_config(steps, checkpoint_every=2), files)
    result = run_training(training, where, said.append)
    return result, said


def run_in_two_processes(command: Sequence[str]) -> None:
    """Run a command in two processes that torchrun starts."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    process = subprocess.run(
        [sys.executable, *launcher, "-m", "neurocomp", *command],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert process.returncode == 0, process.stderr


def logged(folder: Path) -> Iterator[tuple[int, float, float]]:
    """Yield step, loss and gradient norm of every step."""
    for event in read_log(folder):
        if event["event"] == "step":
            yield event["step"], event["loss"], event["gradient_norm"]


def steps_of(folder: Path, first: int = 1) -> list[tuple[int, float, float]]:
    return list(itertools.dropwhile(lambda one: one[0] < first, logged(folder)))
