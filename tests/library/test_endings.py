"""What was written is there however a program ends, or a with statement, or a process forks."""

from __future__ import annotations

import gc
import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurocomp
from neurocomp.pipeline.inspect import inspect_frames
from tests.conftest import make_text
from tests.library.programs import run_program

BLOCK = 4096
TEXT = make_text(2 * BLOCK + 500)
START = """
import atexit, io, os, sys, threading
import neurocomp
def open(path, mode, **options):
    return neurocomp.open(path, mode, **{"model": "adaptive", "block_bytes": 4096, **options})
line = "a line of the log\\n"
"""
LINE = b"a line of the log\n"


def content_of(path: Path) -> bytes:
    return neurocomp.decompress(path.read_bytes())


@pytest.mark.parametrize(("num_lines", "model"), [(0, "adaptive"), (50, "mix"), (1000, "adaptive")])
def test_left_open(num_lines: int, model: str, tmp_path: Path) -> None:
    run_program(
        START.replace("adaptive", model)
        + "binary, text = open('b', 'wb'), open('t', 'wt', encoding='utf-16')\n"
        + f"binary.write(line.encode() * {num_lines}); text.write(line * {num_lines})\n",
        tmp_path,
    )
    assert content_of(tmp_path / "b") == LINE * num_lines
    with neurocomp.open(tmp_path / "t", "rt", encoding="utf-16") as text:
        assert text.read() == (LINE * num_lines).decode()


def test_left_open_by_sections_on_threads(tmp_path: Path) -> None:
    """Threads don't start at the end of a program: the payload must not need them."""
    run_program(
        START
        + "from neurocomp.models.bytenet import sections\n"
        + "sections.MIN_SECTION_BYTES = 1000\n"
        + "file = open('a', 'wb', preset='default', model=None, threads=2, block_bytes=1 << 20)\n"
        + "file.write(line.encode() * 200)\n",
        tmp_path,
    )
    (frame,) = inspect_frames(io.BytesIO((tmp_path / "a").read_bytes()))
    assert frame.model == "text-s"
    assert content_of(tmp_path / "a") == LINE * 200


def test_left_open_under_other_layers(tmp_path: Path) -> None:
    """Layers that the library did not make hand their content on too late, by themselves."""
    run_program(
        START
        + "text = io.TextIOWrapper(open('t', 'wb'), encoding='utf-8')\n"
        + "text.write(line)\n"
        + "buffered = io.BufferedWriter(open('b', 'wb'))\n"
        + "buffered.write(line.encode())\n"
        + "both = io.TextIOWrapper(io.BufferedWriter(open('c', 'wb')), encoding='utf-8')\n"
        + "both.write(line)\n",
        tmp_path,
    )
    assert {content_of(tmp_path / name) for name in "tbc"} == {LINE}


def test_functions_of_the_end_may_write(tmp_path: Path) -> None:
    """Whether they were registered before the library was loaded or later."""
    run_program(
        "import atexit\n"
        "atexit.register(lambda: (file.write(line.encode()), text.write(line)))\n"
        + START
        + "file, text = open('b', 'wb'), open('t', 'wt')\n"
        + "atexit.register(lambda: file.write(line.encode()))\n"
        + "atexit.register(lambda: io.open('c', 'wb').write(neurocomp.compress(bytes(20000),"
        + " model='mix', block_bytes=4096, threads=2)))\n"
        + "file.write(line.encode()); text.write(line)\n",
        tmp_path,
    )
    assert content_of(tmp_path / "b") == LINE * 3
    assert content_of(tmp_path / "t") == LINE * 2
    assert content_of(tmp_path / "c") == bytes(20000)


def test_an_error_at_the_end_is_told(tmp_path: Path) -> None:
    run_program(
        START
        + "class Full(io.RawIOBase):\n"
        + "    writable = lambda self: True\n"
        + "    def write(self, data): raise OSError(28, 'No space left on device')\n"
        + "full, sound = Full(), open('b', 'wb')\n"
        + "file = open(full, 'wb')\n"
        + "file.write(line.encode()); sound.write(line.encode())\n",
        tmp_path,
        error="No space left on device",
    )
    assert content_of(tmp_path / "b") == LINE


@pytest.mark.parametrize(
    "ending", ["sys.exit(3)", "raise SystemExit(3)", "1 / 0", "raise KeyboardInterrupt"]
)
@pytest.mark.parametrize("mode", ["wb", "wt"])
def test_a_with_statement_that_is_left(ending: str, mode: str, tmp_path: Path) -> None:
    text = START + f"with open('a', {mode!r}) as file:\n"
    text += f"    file.write(line {'' if mode == 'wt' else '.encode()'})\n    {ending}\n"
    code, error = {"s": (3, ""), "1": (1, "ZeroDivision")}.get(ending[0], (3, ""))
    if "Keyboard" in ending:
        code, error = -2, "KeyboardInterrupt"
    run_program(text, tmp_path, code=code, error=error)
    assert content_of(tmp_path / "a") == LINE


def rows(path: Path, mode: str) -> Iterator[int]:
    with neurocomp.open(path, mode, model="adaptive") as file:
        for number in range(100):
            file.write(b"row\n" if mode == "wb" else "row\n")  # type: ignore[arg-type]
            yield number


@pytest.mark.parametrize("mode", ["wb", "wt"])
def test_a_generator_that_is_dropped(mode: str, tmp_path: Path) -> None:
    for number in rows(tmp_path / "a", mode):
        if number == 49:
            break
    gc.collect()
    assert content_of(tmp_path / "a") == b"row\n" * 50


@pytest.mark.parametrize("mode", ["wb", "wt"])
def test_a_writer_that_is_dropped(mode: str, tmp_path: Path) -> None:
    file = neurocomp.open(tmp_path / "a", mode, model="adaptive")
    file.write(b"row\n" if mode == "wb" else "row\n")  # type: ignore[arg-type]
    del file
    gc.collect()
    assert content_of(tmp_path / "a") == b"row\n"


def test_an_interruption_while_a_block_is_coded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurocomp.pipeline.blocks import BlockCoder

    encode = BlockCoder.encode

    def interrupt(*_: object) -> None:
        monkeypatch.setattr(BlockCoder, "encode", encode)
        raise KeyboardInterrupt

    def write() -> None:
        with neurocomp.open(path, "wb", model="adaptive", block_bytes=BLOCK) as file:
            file.write(TEXT[:BLOCK])
            monkeypatch.setattr(BlockCoder, "encode", interrupt)
            file.write(TEXT[BLOCK:])

    path = tmp_path / "a"
    with pytest.raises(KeyboardInterrupt):
        write()
    assert content_of(path) == TEXT[: 2 * BLOCK]


def test_a_failed_write_is_the_error_that_is_told() -> None:
    class Full(io.RawIOBase):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with (
        pytest.raises(OSError, match="No space"),
        neurocomp.open(Full(), "wb", model="adaptive", block_bytes=BLOCK) as file,
    ):
        file.write(TEXT)


FORK = """
def in_child(function):
    pid = os.fork()
    if not pid:
        try:
            function()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_writer_that_was_used_before_a_fork(tmp_path: Path) -> None:
    """The child has none of the threads that coded the parent's first blocks."""
    run_program(
        START
        + FORK
        + "import warnings; warnings.simplefilter('ignore')\n"
        + "from neurocomp.models.bytenet import sections\n"
        + "sections.MIN_SECTION_BYTES = 1000\n"
        + "sink = io.BytesIO()\n"
        + "file = open(sink, 'wb', preset='default', model=None, threads=2)\n"
        + "file.write(line.encode() * 600)\n"
        + "def work():\n"
        + "    file.write(line.encode() * 600)\n"
        + "    file.close()\n"
        + "    assert neurocomp.decompress(sink.getvalue()) == line.encode() * 1200\n"
        + "in_child(work); work()\n",
        tmp_path,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_leaves_its_parents_file_alone(tmp_path: Path) -> None:
    run_program(
        START
        + "import warnings; warnings.simplefilter('ignore')\n"
        + "file, text = open('b', 'wb'), open('t', 'wt')\n"
        + "file.write(line.encode()); text.write(line)\n"
        + "pid = os.fork()\n"
        + "if pid: assert os.waitpid(pid, 0)[1] == 0\n"
        + "else: sys.exit(0)\n",
        tmp_path,
    )
    assert content_of(tmp_path / "b") == content_of(tmp_path / "t") == LINE


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_in_the_midst_of_a_write_is_told(tmp_path: Path) -> None:
    run_program(
        START
        + FORK
        + "import warnings; warnings.simplefilter('ignore')\n"
        + "begun, go_on = threading.Event(), threading.Event()\n"
        + "class Slow(io.RawIOBase):\n"
        + "    writable = lambda self: True\n"
        + "    def write(self, data): begun.set(); go_on.wait(); return len(data)\n"
        + "file = open(Slow(), 'wb')\n"
        + "thread = threading.Thread(target=lambda: file.write(bytes(12288)))\n"
        + "thread.start(); begun.wait()\n"
        + "def work():\n"
        + "    try: file.write(b'more')\n"
        + "    except OSError as error: assert 'forked' in str(error)\n"
        + "    else: raise AssertionError\n"
        + "in_child(work)\n"
        + "go_on.set(); thread.join(); file.close()\n",
        tmp_path,
    )


def test_threads_share_a_writer(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "a"
    lines = [b"%05d\n" % number for number in range(3000)]
    with (
        neurocomp.open(path, "wb", model="adaptive", block_bytes=BLOCK) as file,
        ThreadPoolExecutor(8) as pool,
    ):
        assert sum(pool.map(file.write, lines)) == 6 * len(lines)
    assert sorted(content_of(path).splitlines(keepends=True)) == lines


def test_a_flush_is_for_readers(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with neurocomp.open(path, "wt", model="adaptive", encoding="utf-8") as file:
        for number in range(3):
            file.write("line\n")
            file.flush()
            file.flush()
            assert content_of(path) == b"line\n" * (number + 1)
            assert file.tell() == 5 * (number + 1)
        file.write("last")
        size = path.stat().st_size
        assert file.tell() == 19
        assert path.stat().st_size == size, "tell writes nothing"
    with neurocomp.open(path) as reader:
        assert reader.read() == b"line\nline\nline\nlast"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "utf-8", "utf-16-le"])
@pytest.mark.parametrize("text", ["", "ab\ncäd\n"])
def test_byte_order_marks(encoding: str, text: str, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.ncmp", tmp_path / "a.gz"
    with neurocomp.open(ours, "wt", model="adaptive", encoding=encoding, newline="\n") as file:
        file.write(text)
    with gzip.open(theirs, "wt", encoding=encoding, newline="\n") as other:
        other.write(text)
    assert content_of(ours) == gzip.decompress(theirs.read_bytes())
    with neurocomp.open(ours, "at", model="adaptive", encoding=encoding, newline="\n") as file:
        file.write("more\n")
    with neurocomp.open(ours, "rt", encoding=encoding) as reader:
        assert reader.read() == text + "more\n", "one mark, at the start"


@pytest.mark.parametrize("preset", ["fast", "default", "best"])
def test_models_in_use_at_the_end_are_no_message(preset: str, tmp_path: Path) -> None:
    run_program(
        "import neurocomp\n"
        f"codec = neurocomp.Codec(preset={preset!r})\n"
        "file = neurocomp.open('log.ncmp', 'wb', preset='default')\n"
        "file.write(codec.decompress(codec.compress(b'a line of the log')))\n",
        tmp_path,
    )
    assert neurocomp.decompress((tmp_path / "log.ncmp").read_bytes()) == b"a line of the log"
