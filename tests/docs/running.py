"""Runs the commands of a page in one folder, one after the other, as a reader would type them."""

from __future__ import annotations

import glob
import itertools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from neurocomp import extras
from neurocomp.cli.entry import run
from tests.docs import reference
from tests.docs.material import (
    write_files,
    write_gguf_of_llama,
    write_images,
    write_published,
    write_texts,
    write_tokenizer,
    write_tokens_of_rainbow,
)
from tests.docs.pages import ROOT

FOR_A_SHELL = re.compile(r"[|&<>$~]|(^| )-c |^[A-Z_]+=")
OF_THE_CHECKOUT = ("make ", "cmake ")
"""Programs that are run in the checkout, as the docs tell."""
IMAGES = ("vae", "prior")
SHORT: Mapping[str, Mapping[str, Any]] = {
    "run": {"steps": 2, "micro_batch": 2, "log_every": 1, "validate_every": 2},
    "data": {"batch": 4},
}
SHORT_TEXT: Mapping[str, Mapping[str, Any]] = {
    "data": {
        "batch": 4,
        "window": 64,
        "validation_share": 0.1,
        "validation_pieces": 1,
        "validation_length": 64,
    }
}
SMALL: Mapping[str, Mapping[str, Any]] = {
    "text": {"width": 32, "num_blocks": 1, "hashed": {}},
    "gpt2": {"width": 32, "num_heads": 2, "num_blocks": 1},
    "vae": {"width": 8},
    "prior": {"width": 32, "num_heads": 2, "num_blocks": 2},
}
"""Sizes of networks, by the kind of training."""
NEEDED = {
    "--tensorboard": "tensorboard",
    "--engine ray": "ray",
    "-w 8": "distributed",
    "train text": "torch",
    "dalle ": "torch",
    "dalle:": "torch",
    "import-vae": "yaml",
    "run/checkpoints/": "torch",
    "--full": "torch",
    ".gguf": "gguf",
    "train mixers": "torch",
    "train gpt2": "tokenizers",
    "train neural-ngram": "tokenizers",
    "train recurrent": "tokenizers",
}
"""Packages without which a command is left out."""
NEEDED_BY_PAGES = {
    "training.md": ("torch", "tokenizers"),
    "dalle.md": ("torch", "PIL", "yaml"),
    "explain.md": ("torch", "PIL"),
    "models.md": ("torch", "gguf"),
}

Page = Callable[[Path], None]


def _files_of_training(folder: Path) -> None:
    write_texts(folder)
    write_tokenizer(folder / "TOKENIZER")


def _files_of_images(folder: Path) -> None:
    write_images(folder)
    write_published(folder)


MATERIAL: Mapping[str, Page] = {
    "cli.md": reference.write_material,
    "training.md": _files_of_training,
    "dalle.md": _files_of_images,
    "explain.md": lambda folder: write_tokens_of_rainbow(folder / "x.tokens"),
    "models.md": lambda folder: write_gguf_of_llama(folder / "FILE.gguf"),
}
"""What a page has besides `write_files`."""

MATERIAL_OF_MINUTES: Mapping[str, Page] = {"cli.md": reference.write_material_of_minutes}
"""What it has for the commands that take minutes."""

BEFORE: Mapping[tuple[str, str], str] = {
    **{("cli.md", start): lines for start, lines in reference.BEFORE.items()},
    ("", "neurocomp decompress report.txt.ncmp"): "rm report.txt",
    ("", "neurocomp compress --dict letters.dict note.txt"): "rm -f note.txt.ncmp",
    ("", "tar c src"): "rm -f src.tar.ncmp",
    ("", "tar -I neurocomp -cf"): "rm -f src.tar.ncmp",
    ("benchmarks.md", "neurocomp bench run mine.toml"): (
        "printf '%s\\n' 'contenders = [\"gzip\"]' '[[files]]' 'path = \"*.txt\"' > mine.toml"
    ),
    ("benchmarks.md", "neurocomp bench new"): "rm mine.toml",
    ("clusters.md", "neurocomp bulk compress letters archive"): "rm -rf archive",
    ("dalle.md", "neurocomp dalle eval rainbow.tar"): "rm -r vae && cp -r of-rainbow vae",
    ("dalle.md", "neurocomp dalle tokenize photos"): "rm -r vae && cp -r mine vae",
    ("dalle.md", "neurocomp dalle train-prior x.tokens --config rainbow"): (
        "cp training.tokens x.tokens; cp held-out.tokens y.tokens; cp mine-prior.toml mine.toml"
    ),
    ("dalle.md", "neurocomp decompress x.tokens"): "rm x.tokens",
    ("dalle.md", "neurocomp dalle eval held-out.tokens --model run --training"): (
        "cp training.tokens train.tokens"
    ),
    ("explain.md", "neurocomp explain report.txt.ncmp"): "neurocomp -1 report.txt",
    ("integrations.md", "file -m"): "neurocomp -1 report.txt",
    ("integrations.md", "update-mime-database"): (
        'mkdir -p ~/.local/share && cp -r "$PREFIX/share/mime" ~/.local/share/mime'
    ),
    ("training.md", "neurocomp train average"): (
        "mv run/checkpoints/step-00000002 run/checkpoints/step-00002500"
    ),
    ("training.md", "neurocomp models import run/checkpoints/step-00004000"): (
        "mv run/checkpoints/step-00000002 run/checkpoints/step-00004000"
    ),
    ("decoder.md", "ncmp-decode report.txt.ncmp"): (
        "neurocomp -1 report.txt && rm report.txt; mkdir weights; "
    ),
    ("decoder.md", "ncmp-decode --models"): "rm book.txt",
}
"""What a reader has done before a command that begins so."""

AFTER: Mapping[tuple[str, str], str] = {
    ("", "neurocomp dalle make-rainbow"): (
        "mkdir few; tar -tf rainbow.tar | head -n 240 > names; tar -xf rainbow.tar -C few -T names;"
        " tar -cf rainbow.tar -C few -T names"
    ),
    ("dalle.md", "neurocomp dalle render"): "mv vae of-rainbow",
    ("dalle.md", "neurocomp dalle train-vae images"): "cp -r vae mine",
}
"""What is done after one: only a few of many images are kept, and results for later examples."""


class Reader:
    """Somebody who types what a page says.

    Args:
        page: its name, as "training.md".
        folder: where; it is empty.
        monkeypatch: for the working folder, the environment, and sizes of trainings.
        has_time: whether networks have the sizes that recipes give them.
    """

    def __init__(
        self, page: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *, has_time: bool
    ) -> None:
        for package in NEEDED_BY_PAGES.get(page, ()):
            pytest.importorskip(package)
        self._page = page
        self._folder = folder
        write_files(folder)
        if page in MATERIAL:
            MATERIAL[page](folder)
        if has_time and page in MATERIAL_OF_MINUTES:
            MATERIAL_OF_MINUTES[page](folder)
        built = ROOT / "build" / "decoder" / "decoder"
        path = os.pathsep.join([str(folder / "bin"), str(built), os.environ["PATH"]])
        monkeypatch.chdir(folder)
        monkeypatch.delenv("NEUROCOMP_OPT", raising=False)
        for name, value in {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder / "home"),
            "NEUROCOMP_HOME": str(folder / "home" / "neurocomp"),
            "XDG_CACHE_HOME": str(folder / "home" / "cache"),
            "PREFIX": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        (folder / "home").mkdir()
        self._has_time = has_time
        _make_trainings_short(monkeypatch, networks_too=not has_time)
        if not has_time:  # Dask's workers and plots take seconds each
            monkeypatch.setattr("neurocomp.bulk.engines.num_cores", lambda: 1)
            monkeypatch.setattr("neurocomp.training.run.tell_plot", lambda folder, tell: None)

    def type(self, line: str) -> None:
        """Run a command, and what belongs before and after it; it must end as it should."""
        words = shlex.split(line, comments=True)
        if missing := _missing(line, words[0]):
            print(f"left out, as {missing} is missing: {line}")
            return
        self._prepare(self._find(BEFORE, line))
        if "--resume" not in words:
            self._remove_old_output(words)
        starts_processes = self._has_time and " bulk " in line
        if words[0] == "neurocomp" and not (FOR_A_SHELL.search(line) or starts_processes):
            arguments = list(_expanded(words[1:]))
            assert run(arguments) == reference.code(line), line
        else:
            at_home = line.startswith(OF_THE_CHECKOUT)
            self._shell(line, ROOT if at_home else self._folder)
        self._shell(self._find(AFTER, line))

    def _prepare(self, lines: str) -> None:
        """Run lines with "; " between them, those of the program in this process."""
        for line in filter(None, lines.split("; ")):
            if line.startswith("neurocomp ") and not FOR_A_SHELL.search(line):
                assert run(shlex.split(line)[1:]) == 0, line
            else:
                self._shell(line)

    def _find(self, table: Mapping[tuple[str, str], str], line: str) -> str:
        found = [
            value
            for (page, start), value in table.items()
            if page in ("", self._page) and line.startswith(start)
        ]
        return found[-1] if found else ""

    def _remove_old_output(self, words: list[str]) -> None:
        """Remove what an example has written to the same place before."""
        for option, value in itertools.pairwise(words):
            path = self._folder / value
            if option != "-o" or not path.exists():
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _shell(self, line: str, folder: Path | None = None) -> None:
        if not line:
            return
        command = ["bash", "-o", "pipefail", "-c", line]
        done = subprocess.run(command, cwd=folder or self._folder, capture_output=True)
        assert done.returncode == 0, f"{line}: {done.stderr.decode()}"


def _missing(line: str, program: str) -> str:
    """Return the name of a package or program that a command needs and this machine lacks."""
    for word, package in NEEDED.items():
        if word in line and not extras.has(package):
            return package
    is_known = program in ("neurocomp", "export") or "=" in program
    return "" if is_known or shutil.which(program) else program


def _expanded(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        yield from sorted(glob.glob(word)) if "*" in word else [word]


def _make_trainings_short(monkeypatch: pytest.MonkeyPatch, *, networks_too: bool) -> None:
    """Make every configuration that is read one of two steps on little data."""
    from neurocomp.training import recipes

    whole = recipes.read_configuration

    def short(name: str, kind: str) -> Any:
        tables = whole(name, kind)
        if name == "paper":  # of which only a plan is made
            return tables
        changes: list[Mapping[str, Mapping[str, Any]]] = [SHORT]
        if kind not in IMAGES:
            changes.append(SHORT_TEXT)
        if networks_too:
            changes.append({"model": SMALL.get(kind, {})})
        for change in changes:
            for table, fields in change.items():
                tables[table] = {**tables.get(table, {}), **fields}
        return tables

    monkeypatch.setattr(recipes, "read_configuration", short)
