"""The decoder that follows the documents reads what the package writes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from neurocomp.codec import CodedBlock
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.codec import NetworkCodec
from neurocomp.models.bytenet.conformance import sample
from neurocomp.models.mix.codec import BitCodec
from neurocomp.registry.dictionary import stored_dictionary
from neurocomp.store.stored import StoredModel as PackagedModel
from tests.golden.cases import TEXT, records
from tests.reference import decoder as reference
from tests.reference.building import Part, entry, frame, header
from tests.reference.coders import DecodingError
from tests.reference.conftest import packaged, plain
from tests.reference.decoder import BYTENET, MIX, Decoder
from tests.reference.frames import DICTIONARY
from tests.reference.stored import StoredModel

MIX_ENTRY = entry(MIX, hashlib.sha256(reference.primer()).digest()[:3])
JAPANESE = "春の海ひねもすのたりのたりかな。古池や蛙飛びこむ水の音。春の海。".encode()
WORDS = (b"An entropy coder", b" turns a likely symbol into few bits.")
NOISE = bytes(i * i * i % 251 for i in range(90))


def ignore(num_symbols: int) -> None:
    pass


def by_contexts(content: bytes, variant: int, dictionary: bytes | None = None) -> Part:
    """Return a block of ``content``, coded by the package."""
    codec = BitCodec(dictionary)
    payload = codec.encode_as(memoryview(content), variant, ignore)
    assert payload is not None
    return Part(content, payload, variant)


def beside(
    network: PackagedModel,
    content: bytes,
    variant: int,
    num_lanes: int = 1,
    dictionary: bytes | None = None,
    section_lanes: int = 2,
) -> Part:
    """Return a block of ``content`` that a network helped to code."""
    config = {**network.config, "section_lanes": section_lanes}
    model = NetworkModel(PackagedModel(network.architecture, config, network.tensors))
    codec = NetworkCodec(model, dictionary)
    block = codec.encode_as(memoryview(content), variant, num_lanes, ignore, 2 * len(content))
    assert isinstance(block, CodedBlock)
    return Part(content, block.payload, variant, num_lanes)


def load(model: PackagedModel, folder: Path) -> StoredModel:
    path = plain(model, folder / "model.safetensors")
    return StoredModel(path.read_bytes())


@pytest.mark.parametrize(
    ("content", "variant"),
    [
        pytest.param(TEXT[:120], 0, id="text"),
        pytest.param(JAPANESE, 0, id="ideographs"),
        pytest.param(bytes(200), 0, id="zeros"),
        pytest.param(records(15), 1, id="records"),
        pytest.param(TEXT[:80], 1, id="text-as-data"),
        pytest.param(bytes(range(64)) * 3, 1, id="period"),
        pytest.param(TEXT, 2, marks=pytest.mark.slow, id="primed"),
    ],
)
def test_contexts_alone(content: bytes, variant: int) -> None:
    data = frame(header(MIX_ENTRY), by_contexts(content, variant))
    assert Decoder().decode(data) == content


@pytest.mark.slow
def test_a_long_text() -> None:
    """Votes for the length of records are halved, and rates are at their least."""
    content = b"".join(b"%d;%05d;%s\n" % (i, i * i, TEXT[i : i + 9]) for i in range(700))
    parts = [by_contexts(content, variant) for variant in (0, 1)]
    assert Decoder().decode(frame(header(MIX_ENTRY), *parts)) == 2 * content


@pytest.mark.parametrize("variant", [0, 1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_dictionary(variant: int, tmp_path: Path) -> None:
    dictionary = stored_dictionary(TEXT[200:400])
    properties = {DICTIONARY: dictionary.sha256[:8]}
    head = header(entry(MIX, hashlib.sha256(reference.primer()).digest()[:3], 1, properties))
    content = TEXT[210:280]
    data = frame(head, by_contexts(content, variant, TEXT[200:400]))
    assert Decoder([load(dictionary, tmp_path)]).decode(data) == content


REPEATED = WORDS[0][:9] * 8


@pytest.mark.parametrize(
    ("content", "variant", "num_lanes", "section_lanes"),
    [
        pytest.param(TEXT[:40], 0, 1, 2, id="text-alone"),
        pytest.param(records(4), 1, 1, 2, id="data-alone"),
        pytest.param(REPEATED[:45], 2, 1, 2, id="text"),
        pytest.param(records(4), 3, 1, 2, id="data"),
        pytest.param(REPEATED + b"!", 2, 2, 2, id="two-lanes"),
        pytest.param(REPEATED + b"!", 2, 4, 2, id="two-sections"),
        pytest.param(REPEATED + b"!", 2, 3, 1, id="three-sections"),
        pytest.param(
            bytes(24) + b"Hallo?" + bytes(24) + b"Hallo!", 2, 2, 2, id="lanes-begin-alike"
        ),
    ],
)
def test_a_network(
    content: bytes, variant: int, num_lanes: int, section_lanes: int, tmp_path: Path
) -> None:
    network = stored = sample(hashed=variant == 2)
    if section_lanes != 2:
        config = {**network.config, "section_lanes": section_lanes}
        stored = PackagedModel(network.architecture, config, network.tensors)
    if variant < 2:
        part = by_contexts(content, variant)
    else:
        part = beside(network, content, variant, num_lanes, section_lanes=section_lanes)
    data = frame(header(entry(BYTENET, stored.sha256)), part)
    assert Decoder([load(stored, tmp_path)]).decode(data) == content


@pytest.mark.parametrize(("variant", "num_bytes"), [(0, 40), (2, 120), (3, 120)])
def test_a_dictionary_before_a_network(variant: int, num_bytes: int, tmp_path: Path) -> None:
    network = sample(hashed=True)
    before = (WORDS[0] + NOISE[:20]) * 40
    dictionary = stored_dictionary(before[-num_bytes:])
    content = WORDS[0] * 2 + WORDS[1]
    if variant < 2:
        part = by_contexts(content, variant, before[-num_bytes:])
    else:
        part = beside(network, content, variant, 2, before[-num_bytes:])
    head = header(entry(BYTENET, network.sha256, 1, {DICTIONARY: dictionary.sha256[:8]}))
    (tmp_path / "dictionary").mkdir()
    models = [load(network, tmp_path), load(dictionary, tmp_path / "dictionary")]
    assert Decoder(models).decode(frame(head, part)) == content


def test_stored_mixers(tmp_path: Path) -> None:
    network = sample(hashed=True)
    learnt = NetworkCodec(NetworkModel(network)).learn(TEXT * 4)
    tensors = {f"mixers.{name}": value for name, value in learnt.arrays.items()}
    stored = PackagedModel(network.architecture, network.config, {**network.tensors, **tensors})
    for variant in (2, 3):
        part = beside(stored, TEXT[:80], variant)
        data = frame(header(entry(BYTENET, stored.sha256)), part)
        assert Decoder([load(stored, tmp_path)]).decode(data) == TEXT[:80]


def test_the_package_s_small_network(text_s_file: Path) -> None:
    part = beside(PackagedModel.load(packaged("text-s")), TEXT[:24], 2)
    stored = StoredModel(text_s_file.read_bytes())
    data = frame(header(entry(BYTENET, stored.sha256[:3])), part)
    assert Decoder([stored]).decode(data) == TEXT[:24]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["text-s", "text-l"])
def test_the_package_s_networks(name: str, tmp_path: Path) -> None:
    model = PackagedModel.load(packaged(name))
    stored = load(model, tmp_path)
    each = model.config.get("section_lanes", 2)
    parts = [
        beside(model, TEXT[:400], 2, 2, section_lanes=each),
        beside(model, records(10), 3, section_lanes=each),
    ]
    data = frame(header(entry(BYTENET, stored.sha256[:3])), *parts)
    assert Decoder([stored]).decode(data) == TEXT[:400] + records(10)


Several = tuple[bytes, bytes, Decoder]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Several:
    """Return a frame of several models and kinds of blocks, its content, and who decodes it."""
    lines = b"one\r\ntwo\r\nthree\r\nfour\r\n\r\rfive\n" * 3
    shorter = lines.replace(b"\r\n", b"\n").replace(b"five\n", b"five\r\n")
    before = TEXT[300:340]
    dictionary = stored_dictionary(before)
    parts = [
        by_contexts(records(20), 1),
        Part(NOISE),
        Part(lines, by_contexts(shorter, 0).payload, 0, 1, len(shorter)),
        replace(by_contexts(before * 2, 0, before), model=1),
        Part(lines, by_contexts(shorter, 1, before).payload, 1, 1, len(shorter), model=1),
    ]
    digest = hashlib.sha256(reference.primer()).digest()[:3]
    head = header(MIX_ENTRY, entry(MIX, digest, 1, {DICTIONARY: dictionary.sha256[:8]}))
    decoder = Decoder([load(dictionary, tmp_path_factory.mktemp("several"))])
    return frame(head, *parts), b"".join(part.content for part in parts), decoder


def test_several_blocks_and_models(several: Several) -> None:
    data, content, decoder = several
    assert decoder.decode(data + frame(header(MIX_ENTRY), Part(b""))) == content


def test_every_damaged_byte_is_seen(several: Several) -> None:
    data, _, decoder = several
    for at in range(0, len(data), 3):
        damaged = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        with pytest.raises(DecodingError):
            decoder.decode(damaged)
    for size in range(0, len(data), 7):
        with pytest.raises(DecodingError):
            decoder.decode(data[:size])


def test_payloads_that_no_writer_writes() -> None:
    part = by_contexts(WORDS[1] * 2, 0)
    assert part.payload is not None
    for payload in (part.payload + b"\0", part.payload[:-1], part.payload[:5]):
        with pytest.raises(DecodingError):
            Decoder().decode(frame(header(MIX_ENTRY), Part(part.content, payload)))


def test_what_is_unknown() -> None:
    part = by_contexts(WORDS[1], 0)
    digest = hashlib.sha256(reference.primer()).digest()[:3]
    for head in (
        header(entry(MIX, digest, 2)),
        header(entry(MIX, b"abc")),
        header(entry(MIX, digest, 1, {1: b"x"})),
        header(entry(99, digest)),
        header(entry(BYTENET, digest)),
        header(entry(MIX, digest, 1, {DICTIONARY: bytes(8)})),
    ):
        with pytest.raises(DecodingError):
            Decoder().decode(frame(head, part))
    with pytest.raises(DecodingError):
        Decoder().decode(frame(header(MIX_ENTRY), Part(part.content, part.payload, 3)))


def test_the_program(tmp_path: Path) -> None:
    path = tmp_path / "text.ncmp"
    path.write_bytes(frame(header(MIX_ENTRY), by_contexts(TEXT[:50], 0)))
    command = [sys.executable, reference.__file__, str(path)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout == TEXT[:50]
    assert zlib.crc32(done.stdout) == zlib.crc32(TEXT[:50])
