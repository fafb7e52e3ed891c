"""Optional packages are optional: what works without any, and what says which it needs."""

from __future__ import annotations

import csv
import json
import os
import pickle
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from neurocomp import extras
from neurocomp.cli.group import cli
from neurocomp.errors import MissingPackageError
from neurocomp.pipeline.options import READY_PRESETS
from tests.blocking import BLOCKED
from tests.golden import cases

ROOT = Path(__file__).parent.parent
PROSE = b"The river of numbers runs through the winter, and the light is on the stone. " * 20
NEEDED = {"click", "constriction", "numpy", "platformdirs", "rich", "safetensors"}

NAMES = {"PIL": "pillow", "torch_fidelity": "torch-fidelity", "yaml": "pyyaml"}

Outcome = tuple[int, str, str]


def without_extras(folder: Path, *commands: list[str]) -> list[Outcome]:
    """Run commands in one fresh process that finds no optional package."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.blocking"],
        input=json.dumps(commands).encode(),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "NEUROCOMP_HOME": str(folder / "home")},
        timeout=120,
        check=True,
    )
    return [(code, out, err) for code, out, err in json.loads(done.stdout)]


def requirements(listed: list[str]) -> set[str]:
    return {one.partition(">=")[0] for one in listed}


def paths_of_commands(group: click.Group, *before: str) -> list[list[str]]:
    found = [[*before]]
    for name, command in group.commands.items():
        words = [*before, name]
        found += paths_of_commands(command, *words) if isinstance(command, click.Group) else [words]
    return found


def test_the_table_is_what_pyproject_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    assert requirements(project["dependencies"]) == NEEDED
    for extra, modules in extras.EXTRAS.items():
        assert requirements(optional[extra]) == {NAMES.get(module, module) for module in modules}
    together = [one for one in extras.EXTRAS if one not in extras.APART]
    assert optional["all"] == [f"neurocomp[{','.join(together)}]"]
    assert "neurocomp[all,docs]" in optional["dev"]


def test_presets_without_extras(tmp_path: Path) -> None:
    file = tmp_path / "prose.txt"
    file.write_bytes(PROSE)
    commands = []
    for preset in READY_PRESETS:
        frame, back = str(tmp_path / f"{preset}.ncmp"), str(tmp_path / f"{preset}.out")
        commands.append(["compress", "--preset", preset, str(file), "-o", frame])
        commands.append(["decompress", frame, "-o", back])
        commands.append(["info", frame])
    for code, _, err in without_extras(tmp_path, *commands):
        assert (code, err) == (0, "")
    for preset in READY_PRESETS:
        assert (tmp_path / f"{preset}.out").read_bytes() == PROSE


def test_help_lists_and_what_needs_no_extra(tmp_path: Path) -> None:
    file, model = tmp_path / "prose.txt", tmp_path / "ngram.safetensors"
    file.write_bytes(PROSE)
    helps = [[*words, "--help"] for words in paths_of_commands(cli)]
    others = [
        ["models", "list"],
        ["models", "show", "text-s"],
        ["bench", str(file)],
        ["train", "ngram", "-q", "--order", "2", str(file), "-o", str(model)],
        ["compress", "-m", str(model), str(file)],
    ]
    assert len(helps) > 25
    for words, (code, _, err) in zip(
        helps + others, without_extras(tmp_path, *helps, *others), strict=True
    ):
        assert (code, err) == (0, ""), words


def test_frames_of_every_model_decode_without_extras(tmp_path: Path) -> None:
    with cases.SIZES.open(newline="") as table:
        expected = {row["frame"]: row["content_sha256"] for row in csv.DictReader(table)}
    # One content for each kind of model is enough here; of the presets' there is a test above.
    kinds = ("captioned-images-prior", "few-tokens", "odd-tokens-tokens", "one-byte")
    files = [one for one in sorted(cases.VALID.glob("*.ncmp")) if one.name.startswith(kinds)]
    assert len(files) > 8
    words = ["decode", str(cases.BYTE_MODEL.parent), *map(str, files)]
    [(code, out, _)] = without_extras(tmp_path, words)
    assert code == 0
    assert out.split() == [expected[file.stem] for file in files]


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What commands say that need an extra, each by its words."""
    folder = tmp_path_factory.mktemp("refusals")
    (folder / "prose.txt").write_bytes(PROSE)
    (folder / "prose.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    commands = {line: [word.replace("@", f"{folder}/") for word in line.split()] for line in LINES}
    (folder / "src").mkdir()
    (folder / "src" / "prose.txt").write_bytes(PROSE)
    captions = str(cases.VALID / "captions-prior-arithmetic.ncmp")
    models = str(cases.BYTE_MODEL.parent)
    make = ["decompress", captions, "--model-path", models, "-o", str(folder / "captions.tokens")]
    prior = ["compress", "-m", f"{models}/prior.safetensors", str(folder / "captions.tokens")]
    made, *outcomes = without_extras(folder, make, *commands.values(), prior)
    assert made[0] == 0, made
    written = {path.name for path in folder.iterdir()} - {"home"}
    assert written == {"prose.txt", "prose.zst", "src", "captions.tokens"}
    return dict(zip([*commands, "prior"], outcomes, strict=True))


LINES = {
    "train text @prose.txt -o @run": "train text needs the package torch",
    "train gpt2 @prose.txt -o @run": "train gpt2 needs the package torch",
    "train neural-ngram @prose.txt -o @run": "train neural-ngram needs the package torch",
    "train recurrent @prose.txt -o @run": "train recurrent needs the package torch",
    "train average @a @b -o @c": "train average needs the package torch",
    "train ngram @prose.zst -o @n.safetensors": "reading .zst needs the package zstandard",
    "train dict @prose.zst -o @a.dict": "reading .zst needs the package zstandard",
    "models pull gpt2": "needs the package huggingface_hub",
    "compress -m hf:gpt2 @prose.txt": (
        "model 'hf:gpt2' needs the packages huggingface_hub, tokenizers, torch and transformers"
    ),
    "dalle make-rainbow @r.tar": "dalle make-rainbow needs the package pillow",
    "dalle train-vae @r.tar -o @run": "dalle train-vae needs the packages torch and pillow",
    "dalle tokenize @r.tar --vae @v -o @r.tokens": "dalle tokenize needs",
    "dalle train-prior @r.tokens -o @run": "dalle train-prior needs",
    "dalle generate circle -o @out": "dalle generate needs",
    "dalle render @r.tokens --vae @v -o @out": "dalle render needs",
    "dalle eval @r.tokens": "dalle eval needs",
    "bench article @prose.txt --tokenizer @t -o @out": "bench article needs the package matplotlib",
    "bulk test s3://b": "the set 's3://b' needs the package fsspec",
    "bulk compress @src @out -e dask": "the engine 'dask' needs the packages dask and distributed",
    "bulk compress @src @out -e ray": "the engine 'ray' needs the packages fsspec, pandas, pyarrow",
    "bulk compress @src @out --manifest parquet": "a manifest in Parquet needs the package pyarrow",
    "selftest --route int8": "route 'int8' of matrix products needs the package torch",
    "selftest --device cuda": "route 'int8' of matrix products needs the package torch",
    "prior": "turning text into byte pairs needs the package tokenizers",
}
EXTRA_OF = {"models": "hub", "compress": "hub", "dalle": "dalle", "bench": "plot", "prior": "hub"}
"""The extra that messages name, by the first word; others name ``train``."""

ASKING = {
    ".zst": "bench",
    "s3://": "integrations",
    "-e dask": "dask",
    "-e ray": "ray",
    "parquet": "ray",
}
"""The extra by something else in the line, which goes before that."""


@pytest.mark.parametrize("line", LINES)
def test_what_is_missing_is_named(line: str, refusals: dict[str, Outcome]) -> None:
    code, out, err = refusals[line]
    by_what_it_asks = (extra for words, extra in ASKING.items() if words in line)
    extra = next(by_what_it_asks, EXTRA_OF.get(line.split()[0], "train"))
    assert (code, out) == (2, "")
    assert LINES[line] in err
    assert err.endswith(f"not installed: pip install 'neurocomp[{extra}]'\n")
    assert err.count("\n") == 1


def test_a_frame_of_a_float_model_says_what_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurocomp.errors import ModelMismatchError
    from neurocomp.models.hub import environment

    monkeypatch.setattr(extras, "has", lambda name: name != "torch")
    with pytest.raises(ModelMismatchError, match=r"in float, which needs .* torch, .*\[hub\]'$"):
        environment.check(b"{}")


def test_selftest_takes_the_routes_that_are_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from neurocomp.cli.entry import run
    from neurocomp.models.bytenet import conformance as recurrent
    from neurocomp.models.dalle import conformance as priors
    from neurocomp.models.tokennets import conformance as neural
    from neurocomp.models.transformer import conformance as transformers

    asked: list[tuple[str, ...]] = []

    def remember(routes: tuple[str, ...], device: str) -> list[object]:
        asked.append(routes)
        return []

    for suite in (priors, neural, recurrent, transformers):
        monkeypatch.setattr(suite, "run_conformance", remember)
    monkeypatch.setattr(extras, "has", lambda name: False)
    assert run(["selftest"]) == 0
    assert set(asked) == {("compiled",)}
    assert "pip install 'neurocomp[train]'" in capsys.readouterr().err


def test_a_training_ends_well_without_a_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurocomp.training.plot import tell_plot

    monkeypatch.setattr(extras, "has", lambda name: False)
    told: list[str] = []
    tell_plot(tmp_path, told.append)
    assert told == ["a plot needs the package matplotlib, which is not installed: " + PLOT_COMMAND]


PLOT_COMMAND = "pip install 'neurocomp[plot]'"


def test_it_is_an_import_error_as_well() -> None:
    """Programs that use neurocomp expect one of a package that is not there."""
    with pytest.raises(ImportError) as caught:
        extras.require("it", "train", "no_such_module")
    assert isinstance(caught.value, MissingPackageError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (MissingPackageError, str(caught.value))
    assert extras.has("numpy")
    assert extras.optional("no_such_module") is None


@pytest.mark.parametrize("module", sorted(BLOCKED - {"triton", "joblib"}))
def test_an_import_that_nobody_asked_for_is_explained(module: str) -> None:
    error = extras.explained(ModuleNotFoundError(name=f"{module}.part"))
    assert error is not None
    assert "pip install 'neurocomp[" in str(error)
    assert extras.explained(ModuleNotFoundError(name="other")) is None


def test_the_program_explains_it_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from neurocomp.cli import entry

    def fail(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'torch.part'", name="torch.part")

    monkeypatch.setattr(cli, "make_context", fail)
    assert entry.run(["--help"]) == 2
    assert capsys.readouterr().err == (
        "neurocomp: this needs the package torch, which is not installed: "
        "pip install 'neurocomp[train]'\n"
    )
