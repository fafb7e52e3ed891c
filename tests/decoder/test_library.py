"""The C API: what its header promises."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import neurocomp
from tests.conftest import make_text
from tests.decoder import build
from tests.decoder.build import Built
from tests.decoder.library import Failed, Library, Limit, Models, Status

TEXT = make_text(30_000)
HEADER = build.ROOT / "core" / "include" / "neurocomp.h"


@pytest.fixture(scope="module")
def fast() -> bytes:
    return neurocomp.compress(TEXT, preset="fast", block_bytes=10_000)


def test_statuses_are_those_of_the_header(library: Library) -> None:
    numbers = re.findall(r"NCMP_(?:ERROR_)?([A-Z_]+) = (\d+)\b", HEADER.read_text())
    said = {name: int(number) for name, number in numbers if not name.startswith("LIMIT_")}
    assert said == {one.name: one.value for one in Status}
    names = {library.status_name(one) for one in Status}
    assert len(names) == len(Status)
    assert library.status_name(999) == "unknown status"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads ELF by nm")
def test_only_the_api_is_exported(built: Built) -> None:
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("there is no nm")
    listed = subprocess.run(
        [nm, "-D", "--defined-only", built.shared], capture_output=True, text=True, check=True
    )
    exported = {line.split()[-1] for line in listed.stdout.splitlines()}
    declared = set(re.findall(r"NCMP_API [^;(]*?\b(ncmp_\w+)\(", HEADER.read_text()))
    assert exported == declared
    assert len(declared) > 15


def test_a_buffer_that_is_too_small_is_refused(library: Library, fast: bytes) -> None:
    assert library.decompress(fast, None, len(TEXT)) == TEXT
    assert library.decompress(fast, None, len(TEXT) + 5) == TEXT
    with pytest.raises(Failed) as caught:
        library.decompress(fast, None, len(TEXT) - 1)
    assert caught.value.status is Status.SIZE_LIMIT


def test_empty_content_needs_no_buffer(library: Library) -> None:
    assert library.decompress(neurocomp.compress(b"", preset="fast"), None, 0) == b""


def test_content_comes_block_by_block(library: Library, fast: bytes) -> None:
    decoder = library.decoder()
    half = fast[: len(fast) // 2]
    early = b"".join(decoder.run(half))
    assert early == TEXT[: len(early)]
    assert len(early) in (10_000, 20_000)
    with pytest.raises(Failed) as caught:
        decoder.finish()
    assert caught.value.status is Status.TRUNCATED


def test_a_failure_stays_until_the_decoder_is_reset(library: Library, fast: bytes) -> None:
    decoder = library.decoder()
    with pytest.raises(Failed):
        decoder.decode(b"something else")
    message = decoder.message
    assert "not a neurocomp file" in message
    with pytest.raises(Failed, match=re.escape(message)):
        decoder.decode(fast)
    decoder.reset()
    assert decoder.message == ""
    assert decoder.decode(fast) == TEXT


def test_content_that_was_not_taken_is_not_lost_unsaid(library: Library, fast: bytes) -> None:
    decoder = library.decoder()
    assert next(decoder.run(fast, room=100)) == TEXT[:100]
    with pytest.raises(Failed) as caught:
        decoder.finish()
    assert caught.value.status is Status.SIZE_LIMIT


def test_content_may_be_limited(library: Library, fast: bytes) -> None:
    decoder = library.decoder()
    decoder.limit(Limit.CONTENT, len(TEXT))
    assert decoder.decode(fast) == TEXT
    decoder = library.decoder()
    decoder.limit(Limit.CONTENT, len(TEXT) - 1)
    pieces: list[bytes] = []
    with pytest.raises(Failed) as caught:
        pieces.extend(decoder.run(fast))
    assert caught.value.status is Status.SIZE_LIMIT
    with pytest.raises(Failed) as caught:
        decoder.limit(Limit.CONTENT, 1 << 40)
    assert caught.value.status is Status.USAGE


def test_memory_may_be_limited(library: Library, models: Models) -> None:
    frame = neurocomp.compress(TEXT, model="text-s")
    refused = []
    for shift in range(10, 40):
        decoder = library.decoder(models)
        decoder.limit(Limit.MEMORY, 1 << shift)
        try:
            content = decoder.decode(frame)
        except Failed as failed:
            refused.append((shift, failed.status))
            continue
        assert content == TEXT
        break
    assert refused == [(shift, Status.MEMORY_LIMIT) for shift in range(10, 10 + len(refused))]
    assert 20 < refused[-1][0] < 28


def test_what_memory_is_taken_is_within_the_limit(built: Built) -> None:
    """A block whose tables have their full size, under a limit of what the system gives."""
    resource = pytest.importorskip("resource")
    frame = neurocomp.compress(bytes(1 << 20), preset="fast", block_bytes=1 << 20)

    def run(limit: int, given: int) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [built.program, "-c", f"--max-memory={limit}"],
            input=frame,
            capture_output=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (given, given)),
        )

    refused = run(1 << 26, 1 << 30)
    assert refused.returncode == 1
    assert b"bytes of memory, allowed are" in refused.stderr
    done = run(1 << 29, (1 << 29) + (1 << 25))
    assert (done.returncode, done.stderr, len(done.stdout)) == (0, b"", 1 << 20)
    starved = run(1 << 60, 1 << 26)
    assert (starved.returncode, starved.stdout) == (1, b"")
    assert b"there is no memory left" in starved.stderr


def test_models_come_from_files_folders_and_memory(library: Library, tmp_path: Path) -> None:
    frame = neurocomp.compress(TEXT[:5000], model="text-s")
    file = build.NETWORKS / "text-s.safetensors"
    with pytest.raises(Failed, match=r"text-s\.safetensors") as caught:
        library.decoder().decode(frame)
    assert caught.value.status is Status.MODEL_NOT_FOUND
    by_file, by_bytes = library.models(), library.models()
    by_file.add_file(file)
    by_bytes.add_bytes(file.read_bytes())
    for models in (by_file, by_bytes, library.models(build.NETWORKS)):
        assert library.decoder(models).decode(frame) == TEXT[:5000]


def test_what_is_no_model_is_refused(library: Library, tmp_path: Path) -> None:
    models = library.models()
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"\x02" + bytes(7) + b"{}")
    with pytest.raises(Failed, match="no neurocomp model") as caught:
        models.add_file(other)
    assert caught.value.status is Status.FORMAT
    with pytest.raises(Failed) as caught:
        models.add_bytes(b"nothing")
    assert caught.value.status is Status.FORMAT
    for missing in (models.add_file, models.add_folder):
        with pytest.raises(Failed, match="nowhere") as caught:
            missing(tmp_path / "nowhere")
        assert caught.value.status is Status.FILE
    models.add_folder(tmp_path)  # others' files are passed over


def test_a_damaged_model_is_refused(library: Library) -> None:
    frame = neurocomp.compress(TEXT[:5000], model="text-s")
    content = bytearray((build.NETWORKS / "text-s.safetensors").read_bytes())
    content[-1000] ^= 1
    models = library.models()
    models.add_bytes(bytes(content))
    with pytest.raises(Failed) as caught:
        library.decoder(models).decode(frame)
    assert caught.value.status in (Status.FORMAT, Status.MODEL_MISMATCH)


def test_threads_share_models(library: Library, models: Models) -> None:
    frames = [neurocomp.compress(TEXT[: 3000 * n], model="text-s") for n in range(1, 5)]
    with ThreadPoolExecutor(4) as pool:
        contents = list(pool.map(lambda frame: library.decoder(models).decode(frame), frames))
    assert contents == [TEXT[: 3000 * n] for n in range(1, 5)]


def test_null_is_an_error_and_no_crash(library: Library) -> None:
    c = library.c
    assert c.ncmp_models_create(None) == Status.USAGE
    assert c.ncmp_models_add_file(None, b"x") == Status.USAGE
    assert c.ncmp_decoder_create(None, None) == Status.USAGE
    assert c.ncmp_decoder_run(None, None, None) == Status.USAGE
    assert c.ncmp_decoder_run(library.decoder().handle, None, None) == Status.USAGE
    assert c.ncmp_decoder_finish(None) == Status.USAGE
    assert c.ncmp_decoder_reset(None) == Status.USAGE
    assert c.ncmp_decompress(None, 0, None, b"", 0, None) == Status.USAGE
    size = ctypes.c_size_t()
    assert c.ncmp_decompress(None, 5, ctypes.byref(size), b"", 0, None) == Status.USAGE
    assert c.ncmp_models_add_file(library.models().handle, None) == Status.USAGE
    c.ncmp_models_free(None)
    c.ncmp_decoder_free(None)


@pytest.mark.parametrize("kind", ["static", "shared"])
def test_a_c_program_uses_it(built: Built, tmp_path: Path, fast: bytes, kind: str) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler")
    program = tmp_path / "usage"
    command = [compiler, "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    command += [f"-I{HEADER.parent}", str(Path(__file__).with_name("usage.c")), "-o", str(program)]
    if kind == "static":
        command += [str(built.static), "-lstdc++", "-lm", "-lpthread"]
    else:
        command += [str(built.shared), f"-Wl,-rpath,{built.shared.parent}"]
    build.run_quietly(command)
    (tmp_path / "in").write_bytes(fast)
    done = subprocess.run([program, tmp_path / "in"], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == TEXT * 2
