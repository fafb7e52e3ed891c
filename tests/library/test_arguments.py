"""What may be given, in all its forms, and what is said of what may not."""

from __future__ import annotations

import array
import copy
import dataclasses
import inspect
import io
import mmap
import pickle
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurocomp
from neurocomp import errors
from neurocomp.library.arguments import CompressArguments, decompress_options
from neurocomp.pipeline.options import CompressOptions, DecompressOptions
from tests.conftest import make_text

FAST: Any = {"model": "adaptive"}
TEXT = make_text(240)


def buffers() -> dict[str, Any]:
    mapped = mmap.mmap(-1, 64)
    mapped.write(TEXT[:64])
    return {
        "bytearray": bytearray(TEXT),
        "memoryview": memoryview(TEXT),
        "every second": memoryview(TEXT)[::2],
        "backwards": memoryview(TEXT)[::-1],
        "mmap": mapped,
        "array": array.array("q", TEXT),
        "integers": np.frombuffer(TEXT, np.int64),
        "foreign order": np.frombuffer(TEXT, ">i4"),
        "structured": np.frombuffer(TEXT, [("a", "<i2"), ("b", ">f4"), ("c", "S2")]),
        "two dimensions": np.frombuffer(TEXT, np.int16).reshape(10, 12),
        "Fortran": np.asfortranarray(np.frombuffer(TEXT, np.int16).reshape(10, 12)),
        "columns": np.frombuffer(TEXT, np.int16).reshape(10, 12)[:, ::3],
        "none of them": np.zeros((0, 5), np.int32),
        "a number": np.array(7.5),
        "bools": np.zeros(3, bool),
        "read-only": np.frombuffer(TEXT, np.uint8),
    }


def bytes_of(buffer: Any) -> bytes:
    if isinstance(buffer, np.ndarray):
        return buffer.tobytes()
    return bytes(buffer) if isinstance(buffer, mmap.mmap) is False else buffer[:]


@pytest.mark.parametrize("name", list(buffers()))
def test_any_buffer(name: str) -> None:
    buffer = buffers()[name]
    content = bytes_of(buffer)
    frame = neurocomp.compress(buffer, **FAST)
    assert frame == neurocomp.compress(content, **FAST)
    sink = io.BytesIO()
    with neurocomp.open(sink, "wb", **FAST) as file:
        assert file.write(buffer) == file.tell() == len(content)
    assert sink.getvalue() == frame
    compressor = neurocomp.Compressor(**FAST)
    assert compressor.compress(buffer) + compressor.flush() == frame
    for form in (bytearray(frame), memoryview(frame), np.frombuffer(frame, np.uint8)):
        assert neurocomp.decompress(form) == content
        assert neurocomp.Decompressor().decompress(form) == content
    if isinstance(buffer, mmap.mmap | bytearray):
        buffer.resize(10) if isinstance(buffer, mmap.mmap) else buffer.clear()  # nobody holds it


@pytest.mark.parametrize("wrong", [None, "text", 5, object()])
def test_what_has_no_bytes(wrong: Any) -> None:
    for function in (neurocomp.compress, neurocomp.decompress):
        with pytest.raises(TypeError):
            function(wrong)
    with neurocomp.open(io.BytesIO(), "wb", **FAST) as file, pytest.raises(TypeError):
        file.write(wrong)
    with pytest.raises(TypeError):
        list(neurocomp.compress_many([wrong], **FAST))


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"model": 5}, TypeError, "model is a name or a path, not int"),
        ({"preset": 5}, TypeError, "preset is a str, not int"),
        ({"coder": b"huffman"}, TypeError, "coder is a str, not bytes"),
        ({"threads": "2"}, TypeError, "threads is a whole number, not str"),
        ({"threads": 2.0}, TypeError, "threads is a whole number, not float"),
        ({"threads": True}, TypeError, "threads is a whole number, not bool"),
        ({"block_bytes": "1M"}, TypeError, "block_bytes is a whole number, not str"),
        ({"overlap": 1.5}, TypeError, "overlap is a whole number, not float"),
        ({"window": 1.5}, TypeError, "window is a whole number, not float"),
        ({"verify": "yes"}, TypeError, "verify is True, False or None, not str"),
        ({"dictionary": 3}, TypeError, "dictionary is a name or a path, not int"),
        ({"model_path": 3}, TypeError, "model_path is a path or several, not int"),
        ({"model_path": [3]}, TypeError, "model_path holds a int, which is not a path"),
        ({"model_path": "abc", "model": "x"}, LookupError, "model path abc does not exist"),
        ({"model_path": ""}, LookupError, "model path '' does not exist"),
        ({"model_path": [""]}, LookupError, "model path '' does not exist"),
        ({"model": ""}, LookupError, "no model named ''"),
        ({"preset": "tiny"}, ValueError, "choose one of fast, default, best"),
        ({"threads": -1}, ValueError, "threads are out of range"),
        ({"block_bytes": 5}, ValueError, "choose 4096"),
    ],
)
def test_wrong_arguments_cost_no_file(
    arguments: Any, error: type[Exception], text: str, tmp_path: Path
) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"content")
    calls: Any = [
        lambda: neurocomp.compress(TEXT, **arguments),
        lambda: neurocomp.open(path, "wb", **arguments),
        lambda: neurocomp.open(path, "at", encoding="utf-8", **arguments),
        lambda: neurocomp.Compressor(**arguments),
        lambda: neurocomp.compress_many([TEXT], **arguments),
        lambda: neurocomp.Codec(**arguments).compress(TEXT),
    ]
    for call in calls:
        with pytest.raises(error, match=text):
            call()
    assert path.read_bytes() == b"content"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"encoding": "no-such"}, LookupError),
        ({"encoding": "hex"}, LookupError),
        ({"encoding": 5}, TypeError),
        ({"errors": "no-such"}, LookupError),
        ({"newline": "x"}, ValueError),
        ({"newline": 5}, TypeError),
    ],
)
def test_wrong_text_arguments_cost_no_file(
    arguments: Any, error: type[Exception], tmp_path: Path
) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"content")
    for mode in ("wt", "at", "rt", "xt"):
        with pytest.raises(error):
            neurocomp.open(path, mode, **arguments)
    assert path.read_bytes() == b"content"


@pytest.mark.parametrize("mode", [None, 5, ("r",), b"rb"])
def test_modes_that_are_no_text(mode: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="mode is a str"):
        neurocomp.open(tmp_path / "a", mode)


@pytest.mark.parametrize("file", [None, 5, 1.5, object(), ["a"]])
def test_what_is_no_file(file: Any) -> None:
    for mode in ("rb", "wb", "rt"):
        with pytest.raises(TypeError, match="file is a str, bytes or PathLike path"):
            neurocomp.open(file, mode)
    with pytest.raises(TypeError, match="file is"):
        neurocomp.info(file)


def test_arguments_are_the_options() -> None:
    fields = {field.name for field in dataclasses.fields(CompressOptions)}
    assert set(typing.get_type_hints(CompressArguments)) == fields
    assert set(inspect.signature(neurocomp.compress).parameters) == fields | {"data"}
    own = {"file", "mode", "encoding", "errors", "newline"}
    assert set(inspect.signature(neurocomp.open).parameters) == fields | own
    reading = {field.name for field in dataclasses.fields(DecompressOptions)}
    assert set(inspect.signature(neurocomp.decompress).parameters) == reading | {"data"}


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (neurocomp.compress, CompressOptions),
        (neurocomp.open, CompressOptions),
        (neurocomp.decompress, DecompressOptions),
        (decompress_options, DecompressOptions),
        (neurocomp.test, DecompressOptions),
        (neurocomp.read_range, DecompressOptions),
        (neurocomp.recover, DecompressOptions),
    ],
)
def test_defaults_are_those_of_the_options(function: Any, options: Any) -> None:
    """Or None, which leaves an argument out."""
    parameters = inspect.signature(function).parameters
    shared = [field for field in dataclasses.fields(options) if field.name in parameters]
    assert shared
    for field in shared:
        assert parameters[field.name].default in (None, field.default), field.name


def test_none_leaves_an_argument_out() -> None:
    nothing: Any = {field.name: None for field in dataclasses.fields(CompressOptions)}
    assert neurocomp.compress(TEXT, **nothing) == neurocomp.compress(TEXT)


def test_arguments_for_writing_only(tmp_path: Path) -> None:
    given = {"preset": "fast", "model": "mix", "dictionary": "d", "coder": "x", "window": 9}
    for name, value in given.items():
        arguments: Any = {name: value}
        with pytest.raises(ValueError, match=f"{name} is for writing"):
            neurocomp.open(tmp_path / "a", "rb", **arguments)
    with pytest.raises(TypeError, match="open for text"):
        neurocomp.open(io.StringIO("text"), "rb").read()


def all_errors() -> list[type[Exception]]:
    found = [one for one in vars(errors).values() if isinstance(one, type)]
    return [one for one in found if issubclass(one, Exception)]


@pytest.mark.parametrize("kind", all_errors())
def test_errors_travel(kind: type[Exception]) -> None:
    error = kind("the thing, the cause and the way out")
    error.add_note("in item 3")
    error.place = 17  # type: ignore[attr-defined]
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is kind
        assert (str(other), other.__dict__) == (str(error), error.__dict__)


def test_errors_of_truncation_are_of_the_end() -> None:
    frame = neurocomp.compress(TEXT, **FAST)
    for size in (0, 1, 5, len(frame) - 1):
        with pytest.raises(EOFError):
            neurocomp.open(io.BytesIO(frame[:size])).read()


def test_the_package_shows_what_it_has() -> None:
    assert set(neurocomp.__all__) < set(dir(neurocomp))
    for name in neurocomp.__all__:
        assert getattr(neurocomp, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'expand'"):
        neurocomp.expand  # noqa: B018
    for function in (neurocomp.compress, neurocomp.decompress, neurocomp.info):
        assert typing.get_type_hints(function)["return"]


def test_importing_is_light() -> None:
    heavy = {"numpy", "torch", "constriction", "safetensors", "joblib"}
    text = f"import sys, neurocomp; dir(neurocomp); sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0


@pytest.mark.parametrize("name", ["{}", "{}.safetensors", "hf:{}", "dalle:{}", "./{}/x.dict"])
@pytest.mark.parametrize("argument", ["model", "dictionary"])
def test_names_too_long_for_files_are_missing_models(argument: Any, name: str) -> None:
    options: Any = {argument: name.format("a" * 5000)}
    with pytest.raises(neurocomp.ModelNotFoundError):
        neurocomp.compress(b"some text", **options)
