"""Suites: those of the package fit the manifest, those of users are read strictly."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from neurocomp.bench.corpora import paths
from neurocomp.bench.corpora.manifest import EVAL, load
from neurocomp.bench.suite import contenders
from neurocomp.bench.suite.contents import Content, resolve
from neurocomp.bench.suite.definition import (
    TEMPLATE,
    FileSpec,
    Suite,
    load_suite,
    packaged_suites,
)
from neurocomp.bench.suite.made import make
from neurocomp.bench.suite.peers import peers
from neurocomp.errors import UsageError
from neurocomp.registry.packaged import EMBEDDED

NAMES = {"text", "silesia", "small", "pictures", "containers", "article", "tokens", "speed"}


def suite(tmp_path: Path, text: str) -> Suite:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_suite(str(path))


def test_the_packages_suites() -> None:
    assert set(packaged_suites()) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_packaged_suite_is_of_known_files_and_contenders(name: str) -> None:
    loaded = load_suite(name)
    manifest = load(EVAL)
    assert loaded.title != name
    assert loaded.description
    for spec in loaded.files:
        assert not spec.path, "a suite of the package has no files of the user"
        for corpus in (*((spec.corpus,) if spec.corpus else ()), *spec.parts):
            files = manifest.select((corpus,))
            if spec.length is not None:
                assert len(files) == 1
                assert spec.offset + spec.length <= files[0].num_bytes
        assert bool(spec.local) == (spec.bytes is not None)
    if loaded.delegate:
        assert set(loaded.contenders) <= set(EMBEDDED)
        return
    for text in loaded.contenders:
        word = text.split()[0]
        assert word in (contenders.OURS, contenders.STORE, *contenders.GROUPS, *peers())


def test_silesia_is_the_whole_corpus() -> None:
    assert sum(spec.bytes or 0 for spec in load_suite("silesia").files) == 211_938_580


def test_the_template_runs_as_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_bytes(TEMPLATE.read_bytes())
    contents, missing = resolve(load_suite(str(mine)))
    assert ([one.name for one in contents], missing) == (["mine.toml"], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = 'x'", "it has no files"),
        ("files = 3", "files is not a list of tables"),
        ("colour = 1\n[[files]]\npath = 'a'", "a suite has no 'colour'"),
        ("[[files]]\npath = 'a'\nstart = 1", "a file has no 'start'"),
        ("[[files]]\npath = 'a'\ncorpus = 'b'", "not 2 of them"),
        ("[[files]]\nname = 'a'", "not 0 of them"),
        ("[[files]]\npath = 'a'\noffset = '1'", "must be an integer"),
        ("[[files]]\npath = 'a'\npixels = 1", "must be true or false"),
        ("[[files]]\npath = 'a'\noffset = -1", "offset is at least 0"),
        ("threads = [0]\n[[files]]\npath = 'a'", "threads = \\[0\\]"),
        ("contenders = [1]\n[[files]]\npath = 'a'", "contenders is not a list of strings"),
        ("title = ", "is not TOML"),
    ],
)
def test_a_wrong_suite_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        suite(tmp_path, text)


def test_a_suite_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no suite 'texts': choose one of article, containers"):
        load_suite("texts")
    with pytest.raises(UsageError, match="there is no suite file"):
        load_suite("nowhere.toml")


@pytest.mark.parametrize(
    ("cores", "expected"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))]
)
def test_threads_up_to_all_cores(cores: int, expected: tuple[int, ...]) -> None:
    assert load_suite("speed").thread_counts(cores) == expected
    assert load_suite("text").thread_counts(cores) == (1,)


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of local copies, and no cache."""
    folder = tmp_path / "copies"
    folder.mkdir()
    monkeypatch.setenv(paths.VARIABLE, str(folder))
    monkeypatch.setattr(paths, "cache_folder", lambda: tmp_path / "no-cache")
    return folder


def test_pieces_and_limits(tmp_path: Path, local: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"0123456789")
    one = suite(
        tmp_path,
        "[[files]]\npath = 'a.txt'\n[[files]]\npath = 'a.txt'\noffset = 3\nlength = 4\n"
        "[[files]]\npath = 'a.txt'\noffset = 8\nname = 'end'\n",
    )
    contents, _ = resolve(one)
    assert [(c.name, c.read()) for c in contents] == [
        ("a.txt", b"0123456789"),
        ("a.txt[3:7]", b"3456"),
        ("end", b"89"),
    ]
    for found in contents:
        assert found.sha256 == hashlib.sha256(found.read()).hexdigest()
        assert found.num_bytes == len(found.read())
        assert found.suffix == ".txt"
    contents, _ = resolve(one, limit_bytes=2)
    assert [c.read() for c in contents] == [b"01", b"34", b"89"]


def test_what_is_missing_or_wrong_is_said(tmp_path: Path, local: Path) -> None:
    (local / "enwik6").write_bytes(b"another file")
    (local / "x").write_bytes(b"12")
    text = "[[files]]\ncorpus = 'enwik6'\n[[files]]\ncorpus = 'canterbury/sum'\n"
    text += "[[files]]\nlocal = 'y'\nbytes = 3\n[[files]]\nlocal = 'x'\nbytes = 3\n"
    text += "[[files]]\nlocal = 'x'\nbytes = 2\n"
    contents, missing = resolve(suite(tmp_path, text))
    assert [one.name for one in contents] == ["x"]
    reasons = {one.name: one.reason for one in missing}
    assert "differs from the manifest" in reasons["enwik6"]
    assert "neurocomp corpora fetch canterbury/sum" in reasons["canterbury/sum"]
    assert "it is not in the manifest" in reasons["y"]
    assert "has 2 bytes, the suite's has 3" in reasons["x"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    with pytest.raises(UsageError, match="a is in the suite twice"):
        resolve(suite(tmp_path, "[[files]]\npath = 'a'\n[[files]]\npath = 'a'\n"))


def test_pixels_of_pictures(tmp_path: Path, local: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = bytes(range(120))
    image.frombytes("RGB", (8, 5), pixels).save(local / "colours.webp", lossless=True)
    image.frombytes("L", (8, 15), pixels).save(local / "grey.png")
    (local / "no.png").write_bytes(b"not a picture")
    files = {name: (local / name).read_bytes() for name in ("colours.webp", "grey.png", "no.png")}
    text = "".join(
        f"[[files]]\nlocal = '{name}'\nbytes = {len(content)}\npixels = true\n"
        f"sha256 = '{hashlib.sha256(content).hexdigest()}'\n"
        for name, content in files.items()
    )
    contents, missing = resolve(suite(tmp_path, text))
    assert [(one.name, one.suffix, one.read()) for one in contents] == [
        ("colours.ppm", ".ppm", b"P6\n8 5\n255\n" + pixels),
        ("grey.pgm", ".pgm", b"P5\n8 15\n255\n" + pixels),
    ]
    assert [one.name for one in missing] == ["no.png"]
    (local / "grey.png").write_bytes(files["grey.png"][:-1] + b"x")
    _, missing = resolve(suite(tmp_path, text))
    assert "another SHA-256" in missing[0].reason


def test_the_pictures_have_photographs_and_screenshots_that_are_not_kodaks() -> None:
    files = load_suite("pictures").files
    local = [one for one in files if one.local]
    assert len(local) == 14
    assert all(one.pixels and one.bytes and len(one.sha256) == 64 for one in local)
    shots = [one.corpus for one in files if one.corpus.startswith("screen-")]
    assert len(shots) == 5


def test_containers_hold_their_parts(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neurocomp.bench.suite import made

    content = b"content of a file " * 20
    monkeypatch.setattr(made, "corpus_path", lambda name: local / "file")
    (local / "file").write_bytes(content)
    parts = ("canterbury/sum", "canterbury/xargs.1")
    with tarfile.open(fileobj=io.BytesIO(make("tar.gz", parts))) as archive:
        assert archive.getnames() == list(parts)
    with zipfile.ZipFile(io.BytesIO(make("zip", parts))) as zipped:
        assert zipped.read(parts[0]) == content
    for kind in ("tar", "tar.gz", "zip", "gz"):
        assert make(kind, parts) == make(kind, parts)
    with pytest.raises(UsageError, match="made = 'rar'"):
        make("rar", parts)


def test_a_file_has_one_source() -> None:
    assert FileSpec(corpus="enwik6").title == "enwik6"
    assert isinstance(Content("a", 0, "", bytes).read(), bytes)
