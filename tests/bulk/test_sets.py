"""A set is compressed, tested and restored; runs go on where others ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurocomp
from neurocomp import bulk
from neurocomp.bulk import Settings
from neurocomp.errors import FormatError, ModelMismatchError, NeurocompError, UsageError
from neurocomp.library.arguments import compress_options
from neurocomp.library.warm import coder_of
from tests.bulk.sets import Recorder, contents, frames, make_set

SERIAL = Settings(engine="serial")
NUM_FILES = 6


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_set(tmp_path / "source", NUM_FILES)
    return tmp_path / "source"


@pytest.fixture
def target(tmp_path: Path, source: Path) -> Path:
    summary = bulk.compress(source, tmp_path / "target", SERIAL, preset="fast")
    assert (summary.num_new, summary.num_kept, summary.is_complete) == (NUM_FILES, 0, True)
    return tmp_path / "target"


def rows(target: Path) -> dict[str, dict[str, object]]:
    lines = (target / "neurocomp-manifest.jsonl").read_text().splitlines()
    return {row["path"]: row for row in map(json.loads, lines)}


def test_a_set_and_its_manifest(tmp_path: Path, source: Path, target: Path) -> None:
    originals = contents(source)
    assert frames(target) == {
        f"{name}.ncmp": neurocomp.compress(data, preset="fast") for name, data in originals.items()
    }
    names = {"neurocomp-manifest.jsonl", "neurocomp-bulk.json"}
    assert set(contents(target)) == {*(f"{name}.ncmp" for name in originals), *names}
    row = rows(target)["3/file 3.txt"]
    frame = target / "3" / "file 3.txt.ncmp"
    assert row["bytes"] == len(originals["3/file 3.txt"])
    assert row["frame"] == "3/file 3.txt.ncmp"
    assert row["frame_bytes"] == frame.stat().st_size
    assert row["mode"] == 0o640 == frame.stat().st_mode & 0o777
    assert row["state"] == "done"
    [model] = row["models"]  # type: ignore[misc]
    assert model["name"] == model["family"] == "mix"  # type: ignore[has-type]
    run = json.loads((target / "neurocomp-bulk.json").read_text())
    assert (run["state"], run["files"]) == ("complete", NUM_FILES)
    summary = bulk.test(target, SERIAL)
    assert (summary.num_new, summary.is_complete, summary.unlisted) == (NUM_FILES, True, [])
    back = tmp_path / "back"
    assert bulk.restore(target, back, SERIAL).num_new == NUM_FILES
    assert contents(back) == originals
    for name in originals:
        one, other = (source / name).stat(), (back / name).stat()
        assert (one.st_mtime_ns, one.st_mode) == (other.st_mtime_ns, other.st_mode)
    summary = bulk.restore(target, back, SERIAL)
    assert (summary.num_new, summary.num_kept) == (0, NUM_FILES)


def test_what_is_there_is_not_written_again(source: Path, target: Path) -> None:
    before = {path: (target / path).stat().st_ino for path in frames(target)}
    engine = Recorder()
    summary = bulk.compress(source, target, Settings(engine), preset="fast")
    assert (summary.num_new, summary.num_kept, engine.paths) == (0, NUM_FILES, [])
    assert summary.content_bytes == sum(map(len, contents(source).values()))
    # What changed, what is new, and frames that are gone; what left the source stays in the set.
    (source / "0" / "file 0.txt").write_bytes(b"changed")
    (source / "new").write_bytes(b"new")
    (source / "4" / "file 4.txt").unlink()
    (target / "3" / "file 3.txt.ncmp").unlink()
    summary = bulk.compress(source, target, Settings(engine), preset="fast")
    assert engine.paths == ["0/file 0.txt", "3/file 3.txt", "new"]
    assert (summary.num_new, summary.num_kept) == (3, NUM_FILES - 3)
    after = {path: (target / path).stat().st_ino for path in frames(target)}
    # A new file may get the number of one that was removed.
    again = {"0/file 0.txt.ncmp", "3/file 3.txt.ncmp"}
    assert all(after[path] == inode for path, inode in before.items() if path not in again)
    assert neurocomp.decompress((target / "0/file 0.txt.ncmp").read_bytes()) == b"changed"
    assert rows(target).keys() == {*contents(source), "4/file 4.txt"}
    assert bulk.test(target, SERIAL).is_complete


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_shard_is_told_and_done_by_the_next_run(
    tmp_path: Path, source: Path, after: bool
) -> None:
    target = tmp_path / "target"
    engine = Recorder(lost=[0], after=after)
    summary = bulk.compress(source, target, Settings(engine), preset="fast")
    lost = {item.path for item in engine.shards[0].items}
    if after:  # the worker was lost when it had done everything
        assert summary.is_complete
    else:
        assert summary.lost == dict.fromkeys(lost, "OSError: the worker is gone")
        assert set(rows(target)) == contents(source).keys() - lost
        assert json.loads((target / "neurocomp-bulk.json").read_text())["state"] == "incomplete"
    engine = Recorder()
    summary = bulk.compress(source, target, Settings(engine), preset="fast")
    assert summary.is_complete
    assert set(engine.paths) == (set() if after else lost)
    assert set(rows(target)) == set(contents(source))


def test_frames_of_a_worker_that_was_killed_are_kept(source: Path, target: Path) -> None:
    """They are there without a record, as where a worker ends in the midst of a shard."""
    inodes = {path: (target / path).stat().st_ino for path in frames(target)}
    (target / "neurocomp-manifest.jsonl").unlink()
    (target / "1" / ".neurocomp-00.part").write_bytes(b"half")
    (target / "2" / "file 2.txt.ncmp").unlink()
    summary = bulk.compress(source, target, SERIAL, preset="fast")
    assert (summary.num_new, summary.num_kept) == (1, NUM_FILES - 1)
    inodes.pop("2/file 2.txt.ncmp")
    assert inodes == {path: (target / path).stat().st_ino for path in inodes}
    assert not list(target.rglob("*.part"))
    assert bulk.test(target, SERIAL).is_complete


def test_frames_of_what_a_language_model_leaves_to_another_are_kept(tmp_path: Path) -> None:
    """Where the manifest is lost, a frame that names the second best model alone is ours too."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    (source / "a.txt").write_bytes(bytes(range(256)) * 4)
    model = str(Path(__file__).parents[1] / "golden" / "models" / "language.safetensors")
    assert bulk.compress(source, target, SERIAL, model=model).num_new == 1
    (target / "neurocomp-manifest.jsonl").unlink()
    summary = bulk.compress(source, target, SERIAL, model=model)
    assert (summary.num_new, summary.num_kept) == (0, 1)


@pytest.mark.parametrize("damage", ["other", "cut", "no frame", "other model"])
def test_foreign_files_are_not_overwritten(source: Path, target: Path, damage: str) -> None:
    name = "0/file 0.txt"
    path = target / f"{name}.ncmp"
    frame = path.read_bytes()
    foreign = {
        "other": neurocomp.compress(b"other content", preset="fast"),
        "cut": frame[:-3],
        "no frame": b"mine",
        "other model": neurocomp.compress(contents(source)[name], model="adaptive"),
    }[damage]
    path.write_bytes(foreign)
    (target / "neurocomp-manifest.jsonl").unlink()
    summary = bulk.compress(source, target, SERIAL, preset="fast")
    [failed] = summary.failed
    assert (failed.path, failed.state) == (name, "failed")
    assert "already exists with other content: give --force" in str(failed.error)
    assert path.read_bytes() == foreign
    assert rows(target)[name]["state"] == "failed"
    assert [one.path for one in bulk.test(target, SERIAL).failed] == [name]
    summary = bulk.compress(source, target, Settings("serial", force=True), preset="fast")
    assert (summary.num_new, summary.num_kept, summary.failed) == (1, NUM_FILES - 1, [])
    assert path.read_bytes() == frame


def test_other_options_need_force(source: Path, target: Path) -> None:
    with pytest.raises(UsageError, match="made with the model 'mix' in blocks of 16777216 bytes"):
        bulk.compress(source, target, SERIAL, model="adaptive")
    with pytest.raises(UsageError, match="not with 'mix' in blocks of 4096: give the same"):
        bulk.compress(source, target, SERIAL, preset="fast", block_bytes=4096)
    forced = Settings("serial", force=True)
    assert bulk.compress(source, target, forced, model="adaptive").num_new == NUM_FILES
    models = {model["name"] for row in rows(target).values() for model in row["models"]}  # type: ignore[attr-defined]
    assert models == {"adaptive"}


def test_a_file_that_cannot_be_read_fails_alone(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def refused(path: Path, *args: object, **others: object) -> object:
        if path.name == "file 4.txt" and path.is_relative_to(source):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **others)  # type: ignore[call-overload]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refused)
        summary = bulk.compress(source, tmp_path / "target", SERIAL, preset="fast")
    [failed] = summary.failed
    assert (failed.path, failed.error) == ("4/file 4.txt", "Permission denied")
    assert not (tmp_path / "target" / "4" / "file 4.txt.ncmp").exists()
    assert bulk.compress(source, tmp_path / "target", SERIAL, preset="fast").num_new == 1


@pytest.mark.parametrize("quick", [False, True])
def test_damage_is_found(source: Path, target: Path, tmp_path: Path, quick: bool) -> None:
    names = sorted(frames(target))
    damaged = bytearray((target / names[0]).read_bytes())
    damaged[-1] ^= 1
    (target / names[0]).write_bytes(damaged)
    (target / names[1]).unlink()
    (target / names[2]).write_bytes(neurocomp.compress(b"another", preset="fast"))
    (target / "foreign").write_bytes(b"")
    summary = bulk.test(target, SERIAL, quick=quick)
    assert {f"{one.path}.ncmp" for one in summary.failed} == set(names[:3])
    assert (summary.num_new, summary.unlisted) == (NUM_FILES - 3, ["foreign"])
    summary = bulk.restore(target, tmp_path / "back", SERIAL)
    assert len(summary.failed) == 3
    originals = contents(source)
    back = contents(tmp_path / "back")
    assert len(back) == NUM_FILES - 3
    assert all(originals[name] == content for name, content in back.items())


def test_what_is_in_the_way_of_restoring(source: Path, target: Path, tmp_path: Path) -> None:
    back = tmp_path / "back"
    back.mkdir()
    (back / "0").mkdir()
    (back / "0" / "file 0.txt").write_bytes(b"mine")
    summary = bulk.restore(target, back, SERIAL)
    assert [one.path for one in summary.failed] == ["0/file 0.txt"]
    assert (back / "0" / "file 0.txt").read_bytes() == b"mine"
    summary = bulk.restore(target, back, Settings("serial", force=True))
    assert (summary.num_new, summary.num_kept) == (1, NUM_FILES - 1)
    assert contents(back) == contents(source)


def test_a_hostile_manifest_writes_nothing_elsewhere(target: Path, tmp_path: Path) -> None:
    path = target / "neurocomp-manifest.jsonl"
    text = path.read_text()
    for name in ("../out", "/out"):
        path.write_text(text.replace('"path": "0/file 0.txt"', f'"path": "{name}"'))
        with pytest.raises(FormatError, match="leads elsewhere"):
            bulk.restore(target, tmp_path / "back", SERIAL)
    path.write_text(text.replace('"bytes": ', '"bytes": "x", "b": '))
    with pytest.raises(FormatError, match="the manifest has 'x' as 'bytes'"):
        bulk.test(target, SERIAL)
    first = json.loads(text.splitlines()[0])
    for field, value in (("models", 5), ("models", ["x"]), ("modified_ns", "x"), ("mode", "x")):
        path.write_text(json.dumps({**first, field: value}) + "\n")
        with pytest.raises(FormatError, match="the manifest has"):
            bulk.restore(target, tmp_path / "back", SERIAL)
    path.write_text(text + "no JSON\n")
    with pytest.raises(FormatError, match=f"line {NUM_FILES + 1} is not a record"):
        bulk.test(target, SERIAL)
    (target / "neurocomp-bulk.json").write_text("{}")
    with pytest.raises(FormatError, match="is damaged"):
        bulk.test(target, SERIAL)
    assert not (tmp_path / "back").exists()
    assert not (tmp_path / "out").exists()


def test_parts_of_a_job_array(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    engines = [Recorder() for _ in range(3)]
    for number in (2, 0, 1):
        settings = Settings(engines[number], part=(number, 3))
        assert bulk.compress(source, target, settings, preset="fast").is_complete
    paths = [path for engine in engines for path in engine.paths]
    assert sorted(paths) == sorted(contents(source))
    assert all(engine.shards for engine in engines)
    # One that is run again does nothing, and the last run writes the manifest.
    again = Recorder()
    bulk.compress(source, target, Settings(again, part=(0, 3)), preset="fast")
    assert not again.paths
    assert not rows(target)
    assert bulk.compress(source, target, Settings(again), preset="fast").num_kept == NUM_FILES
    assert not again.paths
    assert set(rows(target)) == set(contents(source))
    assert not (target / ".neurocomp-bulk").exists()
    assert bulk.test(target, SERIAL).is_complete


@pytest.fixture
def memory() -> Iterator[None]:
    fsspec = pytest.importorskip("fsspec")
    filesystem = fsspec.filesystem("memory")
    yield
    filesystem.store.clear()
    filesystem.pseudo_dirs[:] = [""]


@pytest.mark.usefixtures("memory")
def test_parts_of_an_array_report_an_impossible_name_once() -> None:
    """The run that writes the manifest does, however many parts there were."""
    import fsspec

    places = ("memory://in", "memory://set")
    fsspec.filesystem("memory").pipe({f"/in/{name}": name.encode() for name in ("a", "b", "x//y")})
    found = []
    for part in ((0, 2), (1, 2), None):
        summary = bulk.compress(*places, Settings("serial", part=part), preset="fast")
        found.append([one.path for one in summary.failed])
    assert found == [[], [], ["x//y"]]


@pytest.mark.usefixtures("memory")
def test_a_set_by_url(source: Path, tmp_path: Path) -> None:
    url = "memory://bucket/set"
    assert bulk.compress(source, url, SERIAL, preset="fast").num_new == NUM_FILES
    assert bulk.compress(source, url, SERIAL, preset="fast").num_kept == NUM_FILES
    assert bulk.test(url, SERIAL).is_complete
    assert bulk.restore(url, "memory://bucket/back", SERIAL).num_new == NUM_FILES
    assert bulk.restore(url, tmp_path / "back", SERIAL).num_new == NUM_FILES
    assert contents(tmp_path / "back") == contents(source)
    assert bulk.compress("memory://bucket/back", tmp_path / "again", SERIAL, preset="fast").num_new
    assert len(frames(tmp_path / "again")) == NUM_FILES
    with pytest.raises(UsageError, match="overlap"):
        bulk.restore(url, "memory://bucket/set/below", SERIAL)


def test_a_manifest_in_parquet(source: Path, target: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    lines = rows(target)
    bulk.compress(source, target, Settings("serial", manifest="parquet"), preset="fast")
    assert not (target / "neurocomp-manifest.jsonl").exists()
    table = parquet.read_table(target / "neurocomp-manifest.parquet").to_pylist()
    assert {row["path"]: row for row in table} == lines
    assert bulk.test(target, SERIAL).num_new == NUM_FILES
    assert bulk.compress(source, target, SERIAL, preset="fast").num_kept == NUM_FILES
    assert (target / "neurocomp-manifest.parquet").exists()
    (target / "neurocomp-manifest.parquet").write_bytes(b"no table")
    with pytest.raises(FormatError, match="not a file of Parquet"):
        bulk.test(target, SERIAL)


def test_a_worker_of_another_version_or_model(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurocomp.bulk import compressing, work

    with monkeypatch.context() as patched:
        patched.setattr(compressing, "own_version", lambda: "0.0.1")
        with pytest.raises(UsageError, match=r"and this run uses 0\.0\.1: install the same"):
            bulk.compress(source, tmp_path / "target", SERIAL, preset="fast")
    with monkeypatch.context() as patched:
        patched.setattr(work, "coder_of", lambda options: coder_of(compress_options()))
        with pytest.raises(ModelMismatchError, match="another model 'mix' than the machine that"):
            bulk.compress(source, tmp_path / "target", SERIAL, preset="fast")
    assert not frames(tmp_path / "target")
    assert bulk.compress(source, tmp_path / "target", SERIAL, preset="fast").is_complete


def test_what_does_not_go_together(source: Path, target: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="overlap"):
        bulk.compress(source, source / "below", SERIAL)
    with pytest.raises(UsageError, match="overlap"):
        bulk.compress(source, tmp_path, SERIAL)
    with pytest.raises(UsageError, match="there is no manifest in"):
        bulk.test(source, SERIAL)
    with pytest.raises(UsageError, match="--part is for compressing"):
        bulk.test(target, Settings("serial", part=(0, 2)))
    with pytest.raises(UsageError, match="there is no part 2/2: choose 0/2 to 1/2"):
        Settings(part=(2, 2))
    with pytest.raises(UsageError, match="no engine 'spark'"):
        bulk.test(target, Settings("spark"))
    with pytest.raises(UsageError, match="no manifest 'xml'"):
        bulk.compress(source, target, Settings("serial", manifest="xml"), preset="fast")
    with pytest.raises(FileNotFoundError):
        bulk.compress(tmp_path / "no", target, SERIAL, preset="fast")
    with pytest.raises(NeurocompError, match="'no'"):
        bulk.compress(source, tmp_path / "other", SERIAL, model="no")
    assert not (tmp_path / "other").exists()


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    """The whole process ends by SIGKILL, as where the machine does."""
    source, target = tmp_path / "source", tmp_path / "target"
    make_set(source, 60, 500)
    words = ["bulk", "compress", "-1", "-e", "serial", "--shard-size", "32KiB"]
    command = [sys.executable, "-m", "neurocomp", *words, str(source), str(target)]
    process = subprocess.Popen(command)
    try:
        while not list(target.glob(".neurocomp-bulk/*.jsonl")) and process.poll() is None:
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = {path: (target / path).stat().st_ino for path in frames(target)}
    assert 0 < len(done) < 60
    assert all(content for content in frames(target).values())
    summary = bulk.compress(source, target, SERIAL, preset="fast")
    assert (summary.num_new, summary.num_kept) == (60 - len(done), len(done))
    assert done == {path: (target / path).stat().st_ino for path in done}
    assert set(rows(target)) == set(contents(source))
    assert not list(target.rglob(".*"))
