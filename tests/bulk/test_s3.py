"""Sets in S3: what is promised of folders holds for an object store."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import neurocomp
from neurocomp import bulk, extras
from neurocomp.bulk import Settings
from neurocomp.cli.entry import run
from neurocomp.errors import MissingPackageError, UsageError
from tests.bulk.sets import contents, frames, make_set
from tests.bulk.test_engines import Killer
from tests.s3 import serve_s3

SERIAL = Settings(engine="serial")
NUM_FILES = 6

# What the libraries below warn of is theirs.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    yield from serve_s3()


@pytest.fixture
def s3(server: Any) -> Iterator[Any]:
    yield server
    server.rm("bucket", recursive=True)
    server.mkdir("bucket")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_set(tmp_path / "source", NUM_FILES)
    return tmp_path / "source"


def objects(s3: Any, folder: str) -> dict[str, bytes]:
    """Return all objects below a folder of the bucket, by their names in it."""
    s3.invalidate_cache()
    start = f"bucket/{folder}/"
    return {name.removeprefix(start): s3.cat_file(name) for name in s3.find(start)}


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_there_and_back(s3: Any, source: Path, tmp_path: Path, form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    originals = contents(source)
    line = f"bulk compress -1 -e serial --manifest {form} {source} s3://bucket/set"
    assert run(line.split()) == 0
    made = objects(s3, "set")
    assert set(made) == {
        *(f"{name}.ncmp" for name in originals),
        f"neurocomp-manifest.{form}",
        "neurocomp-bulk.json",
    }
    for name, content in originals.items():
        assert made[f"{name}.ncmp"] == neurocomp.compress(content, preset="fast")
    assert run(["bulk", "test", "-e", "serial", "s3://bucket/set"]) == 0
    assert run(["bulk", "restore", "-e", "serial", "s3://bucket/set", "s3://bucket/back"]) == 0
    assert objects(s3, "back") == originals
    assert run(["bulk", "restore", "-e", "serial", "s3://bucket/set", str(tmp_path / "b")]) == 0
    assert contents(tmp_path / "b") == originals


def test_what_is_there_is_not_written_again(s3: Any, source: Path, tmp_path: Path) -> None:
    """Objects that have changed are known by their tags."""
    s3.pipe({f"bucket/in/{name}": content for name, content in contents(source).items()})
    places = ("s3://bucket/in", "s3://bucket/set")
    assert bulk.compress(*places, SERIAL, preset="fast").num_new == NUM_FILES
    assert bulk.compress(*places, SERIAL, preset="fast").num_kept == NUM_FILES
    s3.pipe_file("bucket/in/0/file 0.txt", b"x" * s3.size("bucket/in/0/file 0.txt"))
    s3.rm_file("bucket/set/3/file 3.txt.ncmp")
    summary = bulk.compress(*places, SERIAL, preset="fast")
    assert (summary.num_new, summary.num_kept) == (2, NUM_FILES - 2)
    assert bulk.restore("s3://bucket/set", tmp_path / "back", SERIAL).num_new == NUM_FILES
    assert contents(tmp_path / "back") == objects(s3, "in")


def test_names_that_only_a_store_can_have(s3: Any) -> None:
    files = {"a": b"above", "a/b.txt": b"below", "c[1]*?.txt": b"magic", "empty": b""}
    s3.pipe({f"bucket/in/{name}": content for name, content in files.items()})
    s3.pipe_file("bucket/in/folder/", b"")  # how a console shows a folder
    s3.pipe_file("bucket/in/x//y", b"1")
    summary = bulk.compress("s3://bucket/in", "s3://bucket/set", SERIAL, preset="fast")
    assert summary.num_new == len(files)
    assert [(one.path, one.error) for one in summary.failed] == [
        ("x//y", "a set cannot have a file of that name: rename it")
    ]
    assert json.loads(s3.cat_file("bucket/set/neurocomp-bulk.json"))["state"] == "incomplete"
    assert bulk.restore("s3://bucket/set", "s3://bucket/back", SERIAL).num_new == len(files)
    assert objects(s3, "back") == files
    with pytest.raises(NotADirectoryError):
        bulk.compress("s3://bucket/in/empty", "s3://bucket/other", SERIAL)


def test_a_run_that_was_killed_goes_on(s3: Any, tmp_path: Path) -> None:
    """Whatever has a name has all of its content, and the next run keeps it."""
    source = tmp_path / "source"
    make_set(source, 30, 500)
    line = f"bulk compress -1 -e serial --shard-size 16KiB {source} s3://bucket/set"
    process = subprocess.Popen([sys.executable, "-m", "neurocomp", *line.split()])
    try:
        while not s3.find("bucket/set/.neurocomp-bulk") and process.poll() is None:
            time.sleep(0.01)
            s3.invalidate_cache()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    s3.pipe_file("bucket/set/0/.neurocomp-00.part", b"half")
    originals = contents(source)
    done = {name for name in objects(s3, "set") if name.endswith(".ncmp")}
    assert 0 < len(done) < 30
    for name in done:
        content = neurocomp.decompress(s3.cat_file(f"bucket/set/{name}"))
        assert content == originals[name.removesuffix(".ncmp")]
    summary = bulk.compress(source, "s3://bucket/set", SERIAL, preset="fast")
    assert (summary.num_new, summary.num_kept) == (30 - len(done), len(done))
    assert len(objects(s3, "set")) == 32
    assert bulk.test("s3://bucket/set", SERIAL).num_new == 30


def test_what_a_store_refuses_is_told(
    s3: Any, source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    s3.clear_instance_cache()
    line = ["bulk", "compress", "-1", "-e", "serial", str(source)]
    with monkeypatch.context() as patched:
        patched.delenv("AWS_ACCESS_KEY_ID")
        patched.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patched.setenv("AWS_CONFIG_FILE", os.devnull)
        assert run([*line, "s3://bucket/set"]) == 1
    assert "NoCredentialsError: Unable to locate credentials" in capsys.readouterr().err
    s3.clear_instance_cache()
    with monkeypatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        patched.setenv("AWS_MAX_ATTEMPTS", "1")
        assert run([*line, "s3://bucket/set"]) == 1
    told = capsys.readouterr().err
    assert "EndpointConnectionError: Could not connect" in told
    assert "internal error" not in told
    s3.clear_instance_cache()
    assert run(["bulk", "test", "-e", "serial", "s3://no-bucket/set"]) != 0
    assert "internal error" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_worker_of_dask_is_killed(s3: Any, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    from neurocomp.bulk.engines.dask import DaskEngine

    source = tmp_path / "source"
    make_set(source, 100)
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):

        def workers() -> list[int]:
            busy = [address for address, keys in client.processing().items() if keys]
            pids = client.run(os.getpid)
            return [pids[address] for address in busy]

        killer = Killer(DaskEngine(client), workers)
        settings = Settings(killer, shard_bytes=32 << 10)
        summary = bulk.compress(source, "s3://bucket/set", settings, preset="fast")
    assert len(killer.killed) == 1
    assert (summary.failed, summary.lost) == ([], {})
    bulk.compress(source, tmp_path / "alone", SERIAL, preset="fast")
    made = objects(s3, "set")
    assert {name: one for name, one in made.items() if name.endswith(".ncmp")} == frames(
        tmp_path / "alone"
    )
    assert made.keys() == contents(tmp_path / "alone").keys()
    assert (
        made["neurocomp-manifest.jsonl"]
        == (tmp_path / "alone" / "neurocomp-manifest.jsonl").read_bytes()
    )


@pytest.mark.skipif(not extras.has("fsspec"), reason="fsspec is not installed")
def test_a_file_system_that_is_not_there() -> None:
    from fsspec.registry import known_implementations

    with pytest.raises(UsageError, match="'nothing://a': Protocol not known: nothing"):
        bulk.test("nothing://a", SERIAL)
    known_implementations["nowhere"] = {"class": "no_such_package.Fs", "err": "Install nowhere"}
    try:
        with pytest.raises(MissingPackageError, match="'nowhere://a': Install nowhere"):
            bulk.test("nowhere://a", SERIAL)
    finally:
        del known_implementations["nowhere"]
