"""What the golden files hold: contents made by integer arithmetic, and how they are coded."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np

import neurocomp
from neurocomp.frame.block import Block, Method
from neurocomp.frame.header import FrameHeader
from neurocomp.frame.writer import FrameWriter
from neurocomp.models.bytenet import NetworkModel, sections
from neurocomp.models.bytenet.codec import NetworkCodec
from neurocomp.models.bytenet.conformance import sample as network_sample
from neurocomp.models.common.tokens import TOKENIZER
from neurocomp.models.dalle.conformance import prior_sample
from neurocomp.models.dalle.sampling import SamplingOptions, sample_grids
from neurocomp.models.dalle.token_files import TokenSet, write_tokens
from neurocomp.models.language import LanguageModel
from neurocomp.models.language.second import second_network
from neurocomp.models.mix import NUM_PROFILES
from neurocomp.models.ngram.training import train_ngram
from neurocomp.models.tokennets.conformance import ngram_sample, recurrent_sample
from neurocomp.models.transformer.conformance import (
    gpt_sample,
    llama_sample,
    outputs_sample,
    sliding_sample,
)
from neurocomp.pipeline import choice
from neurocomp.pipeline.blocks import BlockCoder
from neurocomp.pipeline.options import CompressOptions
from neurocomp.registry.dictionary import stored_dictionary
from neurocomp.registry.opening import open_dalle
from neurocomp.store.shipped import DALLE_PREFIX
from neurocomp.store.stored import StoredModel
from tests.golden.language_blocks import coded_block
from tests.symbols.vocabulary import tokenizer

FOLDER = Path(__file__).parent
VALID = FOLDER / "valid"
INVALID = FOLDER / "invalid"
SIZES = FOLDER / "sizes.csv"
BYTE_MODEL = FOLDER / "models" / "bytes.safetensors"
TOKEN_MODEL = FOLDER / "models" / "tokens.safetensors"
DICTIONARY = FOLDER / "models" / "text.safetensors"
PRIOR = FOLDER / "models" / "prior.safetensors"
NEURAL_NGRAM = FOLDER / "models" / "neural-ngram.safetensors"
PRIMER = Path(neurocomp.__file__).parent / "models" / "mix" / "primer.txt"
RECURRENT_TOKENS = FOLDER / "models" / "recurrent-tokens.safetensors"
TRANSFORMER = FOLDER / "models" / "transformer.safetensors"
GPT = FOLDER / "models" / "gpt.safetensors"
SLIDING = FOLDER / "models" / "sliding.safetensors"
LANGUAGE = FOLDER / "models" / "language.safetensors"
LANGUAGE_OUTPUTS = FOLDER / "models" / "language-outputs.safetensors"
NETWORK = FOLDER / "models" / "network.safetensors"
RAINBOW = f"{DALLE_PREFIX}rainbow"

TEXT = (
    b"An autoregressive model says how likely each next symbol is; an entropy coder turns a likely "
    b"symbol into few bits and an unlikely one into many.\r\nThe decoder repeats every prediction, "
    b"so it needs no table but the one that it has just computed.\n\n"
    b"\tName,\tBytes,\tBits per byte\n\tone,\t1024,\t2.25\n\ttwo,\t2048,\t1.75\n"
    b"The coder's interval never closes, the probabilities never reach nought: what is foreseen "
    b"costs next to nothing, what is not foreseen costs its surprise.\n"
)


def noise(num_bytes: int) -> bytes:
    """Return bytes of a linear congruential generator, which no model foresees."""
    state, out = 1, bytearray()
    for _ in range(num_bytes):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state >> 56)
    return bytes(out)


def records(num_records: int) -> bytes:
    """Return a binary table: 12-byte records of counters and small numbers."""
    return b"".join(
        (1000 + 7 * i).to_bytes(4, "little") + (i * i % 300).to_bytes(4, "big") + b"\0\xff\1\2"
        for i in range(num_records)
    )


def tokens(num_tokens: int) -> bytes:
    """Return 16-bit tokens of an alphabet of 1,000 with some regularity."""
    values = [(i * i + 3 * i) % 37 * 27 for i in range(num_tokens)]
    return np.array(values, "<u2").tobytes()


def lanes_that_begin_alike() -> bytes:
    """Return prose for two sections; two lanes of the first begin with the same zeros."""
    prose = PRIMER.read_bytes()[-4000:]
    return b"".join((bytes(12), prose[:988], bytes(12), prose[1000:1988], prose[2000:]))


def phrases(num_bytes: int) -> bytes:
    """Return numbered lines of phrases of the primer, in an order that nobody foresees."""
    prose = PRIMER.read_bytes()[-4000:].split(b" ")
    order = noise(num_bytes // 24)
    lines = (
        b"%d %s" % (number, b" ".join(prose[2 * one : 2 * one + 12]))
        for number, one in enumerate(order)
    )
    return b"\n".join(lines)[:num_bytes]


def for_several_models() -> bytes:
    """Return text, noise and zeros, for several blocks of 4 KiB."""
    return TEXT * 24 + noise(4096) + bytes(9000) + TEXT * 3


def token_set(num_images: int, *, captions: bool, images: bool) -> bytes:
    """Return a token file for the sample prior, with captions of all lengths, and copies."""
    texts = tuple("a red one, a réd other "[: 3 * (i % 7)] for i in range(num_images))
    codes = np.arange(num_images * 16, dtype=np.int64) % (16 * 9)
    grids = (codes * codes // 5 % 40).astype(np.uint16).reshape(-1, 4, 4)
    if not images:
        return write_tokens(TokenSet(texts, np.zeros((0, 0, 0), np.uint16), 0))
    return write_tokens(TokenSet(texts if captions else (), grids, 40, bytes(range(32))))


def sampled_images() -> bytes:
    """Return a token file for the prior of the package: captions, and what it draws of them."""
    model = open_dalle(RAINBOW)
    captions = ("a large red circle at the top left on sand", "a small blue square on sand") * 3
    grids = sample_grids(model, captions, SamplingOptions(seed=1))
    shape = model.shape
    return write_tokens(TokenSet(captions, grids, shape.records.num_codes, shape.autoencoder))


CONTENTS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "one-byte": lambda: b"x",
    "text": lambda: TEXT,
    "long-text": lambda: TEXT * 12 + TEXT[::-1],
    "zeros": lambda: bytes(9000),
    "noise": lambda: noise(700),
    "records": lambda: records(300),
    "tokens": lambda: tokens(900),
    "odd-tokens": lambda: tokens(40) + b"\1",
    "line-ends": lambda: TEXT.replace(b"\r", b"").replace(b"\n", b"\r\n") * 3 + b"\r\r\n\n\r",
    "every-byte": lambda: bytes(range(256)) * 3,
}
LANES: dict[str, Callable[[], bytes]] = {
    "lanes-begin-alike": lanes_that_begin_alike,
    "primer": lambda: PRIMER.read_bytes()[:9001],
}
"""Contents that sections of 2,000 bytes code in lanes: two sections, and four."""
LONG: dict[str, Callable[[], bytes]] = {"phrases": lambda: phrases(1_000_001)}
"""What real sections take."""
TOKEN_SETS: dict[str, Callable[[], bytes]] = {
    "captioned-images": lambda: token_set(40, captions=True, images=True),
    "images": lambda: token_set(30, captions=False, images=True),
    "captions": lambda: token_set(30, captions=True, images=False),
}
SAMPLED: dict[str, Callable[[], bytes]] = {"sampled-images": sampled_images}
SMALL_ALPHABET: dict[str, Callable[[], bytes]] = {
    "few-tokens": lambda: (np.frombuffer(tokens(2500), "<u2") % 300).astype("<u2").tobytes(),
}
MIXED: dict[str, Callable[[], bytes]] = {"mixed": for_several_models}
ALL_CONTENTS = {**LONG, **CONTENTS, **MIXED, **LANES, **TOKEN_SETS, **SAMPLED, **SMALL_ALPHABET}


@dataclass(frozen=True)
class Case:
    """A golden frame: some content under some options.

    Attributes:
        falls_back: contexts code what the model would not shrink; otherwise the frame is of that
            model also where contexts would be shorter.
        is_slow: it takes many seconds.
    """

    content: str
    model: str
    coder: str = "arithmetic"
    block_bytes: int | None = None
    dictionary: str | None = None
    section_bytes: int = sections.MIN_SECTION_BYTES
    falls_back: bool = False
    is_slow: bool = False

    @property
    def name(self) -> str:
        blocks = "" if self.block_bytes is None else f"-{self.block_bytes}"
        dictionary = "" if self.dictionary is None else "-dictionary"
        fallback = "-or-mix" if self.falls_back else ""
        return f"{self.content}-{self.model_name}-{self.coder}{blocks}{dictionary}{fallback}"

    @property
    def model_name(self) -> str:
        return Path(self.model.removeprefix(DALLE_PREFIX)).stem

    def decoded(self) -> bytes:
        return ALL_CONTENTS[self.content]()

    def compress(self) -> bytes:
        with (
            patch.object(sections, "MIN_SECTION_BYTES", self.section_bytes),
            patch.object(choice, "can_fall_back", FALLS_BACK if self.falls_back else _never),
        ):
            return neurocomp.compress(
                self.decoded(),
                model=self.model,
                coder=self.coder,
                block_bytes=self.block_bytes,
                dictionary=self.dictionary,
            )


@dataclass(frozen=True)
class TableCase:
    """A golden frame whose table has these models, and blocks of any of them.

    Attributes:
        name: of the file.
        models: names, coders and dictionaries.
        blocks: contents, and the number of the model of each.
    """

    name: str
    models: tuple[tuple[str, str, str | None], ...]
    blocks: tuple[tuple[str, int], ...]
    section_bytes: int = sections.MIN_SECTION_BYTES

    def decoded(self) -> bytes:
        return b"".join(ALL_CONTENTS[content]() for content, _ in self.blocks)

    def compress(self) -> bytes:
        coders = [
            BlockCoder.for_options(CompressOptions(model=model, coder=coder, dictionary=dictionary))
            for model, coder, dictionary in self.models
        ]
        sink = io.BytesIO()
        writer = FrameWriter(sink, FrameHeader(tuple(coder.entry for coder in coders)))
        with patch.object(sections, "MIN_SECTION_BYTES", self.section_bytes):
            for name, number in self.blocks:
                content = ALL_CONTENTS[name]()
                block = coders[number].encode(content, lambda _: None)
                writer.add(block.of_model(number), content)
        writer.close()
        return sink.getvalue()


@dataclass(frozen=True)
class NetworkCase:
    """A golden frame of the small network with a variant and lanes that an encoder may not choose.

    Attributes:
        content: of its one block.
        variant: 2 or 3, which have the network take part.
        num_lanes: 1, or a multiple of 2.
        is_slow: it takes many seconds.
    """

    content: str
    variant: int
    num_lanes: int
    dictionary: str | None = None
    is_slow: bool = False

    @property
    def name(self) -> str:
        dictionary = "" if self.dictionary is None else "-dictionary"
        return f"{self.content}-network-{self.variant}-{self.num_lanes}{dictionary}"

    def decoded(self) -> bytes:
        return ALL_CONTENTS[self.content]()

    def compress(self) -> bytes:
        options = CompressOptions(model=str(NETWORK), dictionary=self.dictionary)
        entry = BlockCoder.for_options(options).entry
        dictionary = None
        if self.dictionary is not None:
            dictionary = StoredModel.load(DICTIONARY).tensors["content"].tobytes()
        codec = NetworkCodec(NetworkModel(StoredModel.load(NETWORK)), dictionary, 1)
        content = self.decoded()
        data = memoryview(content)
        coded = codec.encode_as(data, self.variant, self.num_lanes, lambda _: None, len(data))
        assert coded is not None, "the payload is shorter than the content"
        size, checksum = len(content), zlib.crc32(content)
        shape = size, checksum, coded.num_symbols, coded.num_lanes, coded.payload
        sink = io.BytesIO()
        writer = FrameWriter(sink, FrameHeader((entry,)))
        writer.add(Block(Method.MODELLED, coded.variant, *shape), content)
        writer.close()
        return sink.getvalue()


@dataclass(frozen=True)
class LanguageCase:
    """A golden frame of the small language model, with a variant and lanes that are given.

    Attributes:
        content: of its one block.
        variant: 0 to 3.
        num_lanes: at least 1.
        model: the file of the model.
    """

    content: str
    variant: int
    num_lanes: int
    model: Path = LANGUAGE

    @property
    def name(self) -> str:
        return f"{self.content}-{self.model.stem}-{self.variant}-{self.num_lanes}"

    def decoded(self) -> bytes:
        return ALL_CONTENTS[self.content]()

    def compress(self) -> bytes:
        content = self.decoded()
        model = LanguageModel.from_stored(StoredModel.load(self.model))
        network = second_network().core if self.variant >= NUM_PROFILES else None
        coded = coded_block(model, content, self.variant, self.num_lanes, network)
        assert len(coded.payload) < len(content)
        size, checksum = len(content), zlib.crc32(content)
        block = Block(
            Method.MODELLED, coded.variant, size, checksum, size, coded.num_lanes, coded.payload
        )
        sink = io.BytesIO()
        entry = BlockCoder.for_options(CompressOptions(model=str(self.model))).entry
        writer = FrameWriter(sink, FrameHeader((entry,)))
        writer.add(block, content)
        writer.close()
        return sink.getvalue()


FALLS_BACK = choice.can_fall_back


def _never(coder: BlockCoder) -> bool:
    del coder
    return False


BOTH_CODERS = ("arithmetic", "huffman")


def _cases() -> Iterator[Case]:
    for content in CONTENTS:
        yield Case(content, "mix")
        yield Case(content, "text-s")
        for coder in BOTH_CODERS:
            yield Case(content, "adaptive", coder)
            yield Case(content, str(BYTE_MODEL), coder)
    for coder in BOTH_CODERS:
        for content in ("tokens", "odd-tokens", "empty"):
            yield Case(content, str(TOKEN_MODEL), coder)
        for content in TOKEN_SETS:
            yield Case(content, str(PRIOR), coder)
        for content in (*SMALL_ALPHABET, "odd-tokens", "empty"):
            yield Case(content, str(NEURAL_NGRAM), coder)
            yield Case(content, str(RECURRENT_TOKENS), coder)
            yield Case(content, str(TRANSFORMER), coder)
        for content in SMALL_ALPHABET:
            yield Case(content, str(GPT), coder)
            yield Case(content, str(SLIDING), coder)
    for content in ("empty", "text", "line-ends"):
        yield Case(content, "text-l")
        yield Case(content, str(NETWORK))
    for content in ("empty", "one-byte", "text", "line-ends", "every-byte"):
        yield Case(content, str(LANGUAGE))
    yield Case("text", str(LANGUAGE), "huffman")
    for content in LANES:
        for model in ("text-s", "text-l"):
            yield Case(content, model, section_bytes=2000)
    for model in ("mix", "text-s", "adaptive", str(BYTE_MODEL)):
        yield Case("long-text", model, block_bytes=4096)
    for content in ("empty", "one-byte", "text", "noise", "records"):
        yield Case(content, "mix", dictionary=str(DICTIONARY))
    yield Case("text", "text-s", dictionary=str(DICTIONARY))
    yield Case("long-text", "mix", block_bytes=4096, dictionary=str(DICTIONARY))
    for content in ("mixed", "text", "zeros", "noise"):
        yield Case(content, str(BYTE_MODEL), block_bytes=4096, falls_back=True)
    for content in ("line-ends", "long-text"):
        yield Case(content, str(TOKEN_MODEL), block_bytes=4096, falls_back=True)
    yield Case("phrases", "text-s", is_slow=True)
    yield Case("sampled-images", RAINBOW)


def _table_cases() -> Iterator[TableCase]:
    mix, text_s = ("mix", "arithmetic", None), ("text-s", "arithmetic", None)
    primed = ("mix", "arithmetic", str(DICTIONARY))
    adaptive = ("adaptive", "huffman", None)
    two_bytes = (str(TOKEN_MODEL), "arithmetic", None)
    prior = (str(PRIOR), "arithmetic", None)
    yield TableCase("table-dictionary", (mix, primed), (("text", 1), ("line-ends", 1), ("text", 0)))
    yield TableCase(
        "table-symbols",
        (adaptive, two_bytes, prior),
        (("tokens", 1), ("text", 0), ("captioned-images", 2), ("noise", 1), ("zeros", 0)),
    )
    yield TableCase("table-symbols-first", (two_bytes, adaptive), (("tokens", 0), ("text", 1)))
    yield TableCase(
        "table-lanes",
        (mix, text_s),
        (("lanes-begin-alike", 1), ("line-ends", 0), ("line-ends", 1), ("one-byte", 1)),
        section_bytes=2000,
    )
    yield TableCase("table-one-segment", (mix, text_s), (("text", 1),))


def _network_cases() -> Iterator[NetworkCase]:
    for variant in (2, 3):
        for num_lanes in (1, 2, 4, 8):
            yield NetworkCase("long-text", variant, num_lanes)
    yield NetworkCase("records", 3, 1)
    yield NetworkCase("long-text", 2, 4, dictionary=str(DICTIONARY))
    yield NetworkCase("phrases", 2, 4, is_slow=True)


def _language_cases() -> Iterator[LanguageCase]:
    yield LanguageCase("text", 0, 2)
    yield LanguageCase("every-byte", 1, 4)
    yield LanguageCase("text", 2, 3)
    yield LanguageCase("text", 0, 2, LANGUAGE_OUTPUTS)


AnyCase = Case | TableCase | NetworkCase | LanguageCase
CASES: list[AnyCase] = [*_cases(), *_table_cases(), *_network_cases(), *_language_cases()]
SLOW = {case.name for case in CASES if isinstance(case, Case | NetworkCase) and case.is_slow}


def frames() -> dict[str, bytes]:
    """Return all golden frames, made again."""
    return {case.name: case.compress() for case in CASES}


def language_sample(sample: StoredModel) -> StoredModel:
    """Return a transformer whose window slides, with a vocabulary of bytes."""
    text = {TOKENIZER: np.frombuffer(tokenizer(), np.uint8)}
    return StoredModel(sample.architecture, sample.config, {**sample.tensors, **text})


def stored_models() -> dict[Path, StoredModel]:
    """Make the stored models of the golden files."""
    text = np.frombuffer(TEXT, np.uint8)
    symbols = np.frombuffer(tokens(3000), "<u2")
    return {
        BYTE_MODEL: train_ngram([text], 256, order=3).to_stored(),
        TOKEN_MODEL: train_ngram([symbols], 1000, order=2).to_stored(),
        DICTIONARY: stored_dictionary(TEXT[::-1] + TEXT[:300]),
        PRIOR: prior_sample(),
        NEURAL_NGRAM: ngram_sample(),
        RECURRENT_TOKENS: recurrent_sample(),
        TRANSFORMER: llama_sample(),
        GPT: gpt_sample(),
        SLIDING: sliding_sample(),
        LANGUAGE: language_sample(sliding_sample()),
        LANGUAGE_OUTPUTS: language_sample(outputs_sample()),
        NETWORK: network_sample(hashed=True),
    }
