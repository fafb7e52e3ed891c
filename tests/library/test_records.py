"""Many small records, and codecs that go to other processes."""

from __future__ import annotations

import copy
import dataclasses
import io
import multiprocessing
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import neurocomp
from neurocomp import Codec, FormatError
from neurocomp.codec.symbolwise import SymbolCodec
from neurocomp.coding.coders import CODERS
from neurocomp.models.ngram.training import train_ngram
from neurocomp.models.tokennets.conformance import ngram_sample, recurrent_sample
from neurocomp.models.tokennets.model import NeuralNgramModel, RecurrentTokensModel
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.conformance import gpt_sample
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.registry.dictionary import stored_dictionary
from neurocomp.store.folder import ModelStore
from tests.conftest import make_text
from tests.library.programs import run_program

RECORDS = [b"", b"x", *(make_text(50 + 30 * seed, seed) for seed in range(6)), make_text(9000)]


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    path = tmp_path / "d.dict"
    stored_dictionary(make_text(2000, 9)).save(path)
    return path


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("model", ["mix", "adaptive"])
def test_each_frame_stands_alone(model: str, threads: int, dictionary: Path) -> None:
    options: Any = {"model": model, "block_bytes": 4096}
    if model == "mix":
        options["dictionary"] = dictionary
    frames = list(neurocomp.compress_many(RECORDS, threads=threads, **options))
    assert frames == [neurocomp.compress(record, **options) for record in RECORDS]
    contents = neurocomp.decompress_many(frames, threads=threads, model_path=dictionary)
    assert list(contents) == RECORDS


def test_models_are_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = BlockCoder.__init__

    def count(self: BlockCoder, *args: Any, **kwargs: Any) -> None:
        made.append(self)
        original(self, *args, **kwargs)

    monkeypatch.setattr(BlockCoder, "__init__", count)
    frames = list(neurocomp.compress_many(RECORDS, model="adaptive"))
    assert list(neurocomp.decompress_many(frames)) == RECORDS
    assert len(made) == 2


@pytest.mark.parametrize("threads", [1, 2])
def test_records_are_taken_as_they_are_needed(threads: int) -> None:
    taken = []

    def source() -> Iterator[bytes]:
        for number in range(1000):
            taken.append(number)
            yield b"record %d" % number

    frames = neurocomp.compress_many(source(), model="adaptive", threads=threads)
    assert not taken
    assert neurocomp.decompress(next(frames)) == b"record 0"
    assert len(taken) <= threads + 1
    frames.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_says_which_record(threads: int) -> None:
    wrong: Any = [b"a", b"b", "text", b"c"]
    found: list[bytes] = []
    with pytest.raises(TypeError) as caught:
        found.extend(neurocomp.compress_many(wrong, model="adaptive", threads=threads))
    assert "in item 2" in caught.value.__notes__[0]
    assert len(found) == 2
    frames = [neurocomp.compress(b"abc", model="adaptive"), b"no frame"]
    with pytest.raises(neurocomp.FormatError) as damaged:
        list(neurocomp.decompress_many(frames, threads=threads))
    assert "in item 1" in damaged.value.__notes__[0]
    with pytest.raises(neurocomp.SizeLimitError):
        list(neurocomp.decompress_many(frames[:1], max_output=2))


def test_a_codec_is_its_options(dictionary: Path) -> None:
    codec = Codec(model="mix", dictionary=dictionary, model_path=iter([str(dictionary)]))
    frame = codec.compress(RECORDS[4])
    assert frame == neurocomp.compress(RECORDS[4], model="mix", dictionary=dictionary)
    for other in (pickle.loads(pickle.dumps(codec)), copy.deepcopy(codec), eval_of(codec)):
        assert other == codec
        assert hash(other) == hash(codec)
        assert other.decompress(frame) == RECORDS[4]
        assert other.compress(RECORDS[4]) == frame
    assert codec != Codec(model="mix")
    assert codec != "codec"
    assert len(pickle.dumps(codec)) < 1000
    assert list(codec.decompress_many(codec.compress_many(RECORDS))) == RECORDS
    with pytest.raises(neurocomp.SizeLimitError):
        codec.decompress(frame, max_output=3)


def eval_of(codec: Codec) -> Any:
    return eval(repr(codec), {"neurocomp": neurocomp})


def test_equal_codecs_share_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = BlockCoder.for_options

    def count(options: Any) -> BlockCoder:
        made.append(options)
        return original(options)

    monkeypatch.setattr(BlockCoder, "for_options", count)
    data = pickle.dumps(Codec(model="adaptive", block_bytes=5000))
    assert len({pickle.loads(data).compress(b"abc") for _ in range(5)}) == 1
    assert len(made) == 1


def test_a_dictionary_that_was_replaced_is_not_the_old_one(dictionary: Path) -> None:
    codec = Codec(model="mix", dictionary=dictionary)
    first = codec.compress(RECORDS[4])
    stored_dictionary(make_text(2500, 4)).save(dictionary)
    second = codec.compress(RECORDS[4])
    assert first != second
    assert neurocomp.decompress(second, model_path=dictionary) == RECORDS[4]


def test_a_dictionary_rewritten_in_place_is_not_the_old_one(dictionary: Path) -> None:
    """Same file, same size, same time: only the content tells."""
    codec = Codec(model="mix", dictionary=dictionary)
    first, times = codec.compress(RECORDS[4]), dictionary.stat()
    other = dictionary.with_name("other.dict")
    stored_dictionary(make_text(2500, 4)).save(other)
    with dictionary.open("r+b") as file:
        file.write(other.read_bytes())
        file.truncate()
    os.utime(dictionary, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = codec.compress(RECORDS[4])
    assert first != second
    assert neurocomp.decompress(second, model_path=dictionary) == RECORDS[4]


def test_a_codec_sees_that_a_name_is_another_models(
    dictionary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROCOMP_HOME", str(tmp_path / "home"))
    other = tmp_path / "other.dict"
    stored_dictionary(make_text(2500, 4)).save(other)
    store = ModelStore()
    store.add(dictionary, "letters")
    codec = Codec(model="mix", dictionary="letters")
    first = codec.compress(RECORDS[4])
    store.add(other, "letters")
    second = codec.compress(RECORDS[4])
    assert first != second
    assert neurocomp.decompress(second, model_path=other) == RECORDS[4]
    store.remove("letters")
    with pytest.raises(neurocomp.ModelNotFoundError):
        codec.compress(RECORDS[4])


def test_threads_share_a_codec() -> None:
    codec = Codec(model="adaptive")
    with ThreadPoolExecutor(8) as pool:
        frames = list(pool.map(codec.compress, RECORDS * 5))
        assert list(pool.map(codec.decompress, frames)) == RECORDS * 5


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_get_a_codec(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("not on this system")
    codec = Codec(model="adaptive")
    expected = [codec.compress(record) for record in RECORDS]
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("not on this system")
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(codec.compress, RECORDS)) == expected
        assert list(pool.map(codec.decompress, expected)) == RECORDS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_codec_after_a_fork(tmp_path: Path) -> None:
    """Threads of sections, and a lock that another thread holds, stay in the parent."""
    run_program(
        "import os, threading, neurocomp\n"
        "from neurocomp.models.bytenet import sections\n"
        "sections.MIN_SECTION_BYTES = 500\n"
        "codec = neurocomp.Codec(threads=2)\n"
        "data = b'a line of the log' * 90\n"
        "frame = codec.compress(data)\n"
        "from neurocomp.library import warm\n"
        "held, go_on = threading.Event(), threading.Event()\n"
        "def hold():\n"
        "    with warm._coders._lock: held.set(); go_on.wait()\n"
        "thread = threading.Thread(target=hold); thread.start(); held.wait()\n"
        "import warnings; warnings.simplefilter('ignore')\n"
        "pid = os.fork()\n"
        "if not pid: os._exit(codec.compress(data) != frame or codec.decompress(frame) != data)\n"
        "assert os.waitpid(pid, 0)[1] == 0\n"
        "go_on.set(); thread.join()\n",
        tmp_path,
    )


def test_joblib(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    value = {"text": "a line\n" * 500, "number": 7}
    neurocomp.register_joblib(model="adaptive", force=True)
    for path, options in ((tmp_path / "a", {"compress": "neurocomp"}), (tmp_path / "b.ncmp", {})):
        joblib.dump(value, path, **options)
        assert neurocomp.test(path).content_bytes > 3000
        assert joblib.load(path) == value


class FakeWrapper:
    """What joblib's class keeps."""

    def __init__(self, obj: Any, prefix: bytes = b"", extension: str = "") -> None:
        self.fileobj_factory, self.prefix, self.extension = obj, prefix, extension


def test_joblibs_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without joblib: what it would be given, and what that does with a file object."""
    import sys
    import types

    given: dict[str, Any] = {}
    module: Any = types.ModuleType("joblib")
    module.register_compressor = lambda name, wrapper, force: given.update({name: wrapper})
    parts: Any = types.ModuleType("joblib.compressor")
    parts.CompressorWrapper = FakeWrapper
    monkeypatch.setitem(sys.modules, "joblib", module)
    monkeypatch.setitem(sys.modules, "joblib.compressor", parts)
    neurocomp.register_joblib("n", model="adaptive")
    wrapper = given["n"]
    sink = io.BytesIO()
    with wrapper.compressor_file(sink, compresslevel=3) as file:
        file.write(b"content" * 50)
    assert sink.getvalue().startswith(wrapper.prefix)
    assert wrapper.extension == ".ncmp"
    sink.seek(0)
    assert wrapper.decompressor_file(sink).read() == b"content" * 50


def test_a_model_that_does_not_serve_gives_way_everywhere(tmp_path: Path) -> None:
    """The first block chooses the model of a frame, as in ``compress``."""
    path = tmp_path / "n.safetensors"
    ngram_sample().save(path)
    for record in (b"", b"xyzzy", bytes(range(256)), make_text(700)):
        frame = neurocomp.compress(record, model=path)
        assert list(neurocomp.compress_many([record], model=path)) == [frame]
        assert Codec(model=path).compress(record) == frame
        compressor = neurocomp.Compressor(model=path)
        assert compressor.compress(record) + compressor.flush() == frame
        sink = io.BytesIO()
        with neurocomp.open(sink, "wb", model=path) as file:
            file.write(record)
        assert sink.getvalue() == frame
        assert neurocomp.decompress(frame, model_path=path) == record


@pytest.mark.parametrize("coder", ["arithmetic", "huffman"])
def test_records_side_by_side_in_lanes(
    coder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frames are those that each record has alone, and each decodes alone or among others."""
    path = tmp_path / "n.safetensors"
    train_ngram(np.frombuffer(make_text(4000), np.uint8), 256, 4).to_stored().save(path)
    options: Any = {"model": path, "coder": coder}
    records = [make_text(9 + 7 * seed, seed) for seed in range(20)] + [b"", bytes(range(200))]
    alone = [neurocomp.compress(record, **options) for record in records]
    assert sum(neurocomp.info(io.BytesIO(frame))[0].model == "ngram" for frame in alone) > 10
    joined: list[int] = []
    original = BlockCoder.encode_together

    def count(self: BlockCoder, contents: list[bytes]) -> Any:
        joined.append(len(contents))
        return original(self, contents)

    monkeypatch.setattr(BlockCoder, "encode_together", count)
    assert list(neurocomp.compress_many(records, **options)) == alone
    assert joined == [16, 5]
    assert list(neurocomp.decompress_many(alone, model_path=path)) == records
    assert [neurocomp.decompress(frame, model_path=path) for frame in alone] == records
    damaged = [*alone[:9], alone[9][:-6] + bytes(6), alone[10]]
    contents = neurocomp.decompress_many(damaged, model_path=path)
    assert [next(contents) for _ in range(9)] == records[:9]
    with pytest.raises(neurocomp.FormatError) as error:
        next(contents)
    assert "in item 9" in error.value.__notes__[0]


@pytest.mark.parametrize("coder", ["arithmetic", "huffman"])
@pytest.mark.parametrize("name", ["transformer", "ngram", "recurrent"])
def test_lanes_know_nothing_of_each_other(name: str, coder: str) -> None:
    """Payloads are those of each block alone, and damage to one is damage to none of the others."""
    models: dict[str, Any] = {
        "transformer": lambda: TransformerModel(gpt_sample()),
        "ngram": lambda: NeuralNgramModel(ngram_sample()),
        "recurrent": lambda: RecurrentTokensModel(recurrent_sample()),
    }
    model = models[name]()
    assert model.has_independent_lanes
    codec = SymbolCodec(model, CODERS[coder])
    rng = np.random.default_rng(4)
    streams = [rng.integers(0, model.alphabet_size, size, np.int32) for size in (40, 1, 33, 7)]
    alone = [codec.encode(stream, lambda _: None) for stream in streams]
    assert codec.encode_together(streams) == alone
    short = dataclasses.replace(alone[2], payload=alone[2].payload + b"rest")
    decoded = codec.decode_together([*alone[:2], short, alone[3]])
    assert isinstance(decoded[2], FormatError)
    for number in (0, 1, 3):
        assert np.array_equal(cast(Any, decoded[number]), streams[number])


@pytest.mark.parametrize("coder", ["arithmetic", "huffman"])
def test_lanes_together_are_no_more_than_tables_may_hold(
    coder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records that fit alone are coded in several goes; one that does not is refused alone."""
    model = NeuralNgramModel(ngram_sample())
    codec = SymbolCodec(model, CODERS[coder])
    rng = np.random.default_rng(5)
    streams = [rng.integers(0, model.alphabet_size, size, np.int32) for size in (9, 4, 1, 7, 5)]
    alone = [codec.encode(stream, lambda _: None) for stream in streams]
    monkeypatch.setattr("neurocomp.codec.symbolwise.MAX_TABLE_ENTRIES", 2 * model.alphabet_size)
    assert codec.encode_together(streams) == alone
    other_variant = dataclasses.replace(alone[1], variant=1)
    too_wide = dataclasses.replace(alone[0], num_lanes=3)
    decoded = codec.decode_together([alone[0], other_variant, too_wide, *alone[2:]])
    assert "no variant 1" in str(decoded[1])
    assert "3 lanes are too many" in str(decoded[2])
    for result, stream in zip(decoded[:1] + decoded[3:], streams[:1] + streams[2:], strict=True):
        assert np.array_equal(cast(Any, result), stream)
