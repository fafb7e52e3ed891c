"""A second decoder of frames, which follows docs/format.md and docs/spec.

    python tests/reference/decoder.py FRAME [MODEL.safetensors ...] > OUT

It needs nothing but Python's standard library and shares no code with the package.  It is clear
rather than quick: about 1,000 bytes a second without a network, 60 with text-s, 30 with text-l.
It reads all families but hf, and models and dictionaries as they are kept, packed or not.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.reference import mix, symbol_models  # noqa: E402
from tests.reference.bytenet import Network, Reader  # noqa: E402
from tests.reference.coders import (  # noqa: E402
    BitCoder,
    BitDecoder,
    DecodingError,
    need,
)
from tests.reference.frames import (  # noqa: E402
    DICTIONARY,
    LANGUAGE,
    Block,
    Entry,
    lane_starts,
    read_file,
    rewrite_line_ends,
)
from tests.reference.language import SECOND_OPINION, LanguageModel, decode_language  # noqa: E402
from tests.reference.stored import StoredModel  # noqa: E402
from tests.reference.symbol_models import ADAPTIVE, PARAMETERS  # noqa: E402
from tests.reference.transformer import Transformer, parameter_of  # noqa: E402

MIX, BYTENET = 1, 6
REVISIONS = dict.fromkeys((MIX, BYTENET, *symbol_models.FAMILIES), 1) | {LANGUAGE: 3}
NETWORKS = ("bytenet",)
TRANSFORMERS = ("transformer",)
DICTIONARIES = ("dictionary",)
NETWORK_BYTES = 1024


def primer() -> bytes:
    return next(ROOT.glob("neurocomp/**/primer.txt")).read_bytes()


class Decoder:
    """Decodes frames.

    Args:
        models: what they may name.
    """

    def __init__(self, models: Sequence[StoredModel] = ()) -> None:
        self._models = models
        self._networks: dict[bytes, Network] = {}
        self._opened: dict[bytes, tuple[symbol_models.Model, StoredModel]] = {}
        self._languages: dict[bytes, LanguageModel] = {}

    def decode(self, data: bytes) -> bytes:
        contents = []
        for models, blocks in read_file(data):
            for model in models:
                self._check(model)
            contents += [self._block(block) for block in blocks]
        return b"".join(contents)

    def _check(self, model: Entry) -> None:
        """Refuse a model that is unknown, whether or not a block has it."""
        need(model.family in REVISIONS, "a model's family is unknown")
        need(model.revision == REVISIONS[model.family], "a model's revision is unknown")
        if model.family in symbol_models.FAMILIES:
            symbol_models.check_entry(model)
        if model.family in symbol_models.ARCHITECTURES:
            symbol_models.check_model(model, *self._symbol_model(model))
            return
        need(model.symbols == 0, "a model's symbols are unknown")
        if model.family == ADAPTIVE:
            need(model.hash == hashlib.sha256(b"").digest()[:3], "a model has another hash")
            return
        need(model.coder == 0, "a model of bits has their coder only")
        if model.family == LANGUAGE:
            need(len(model.hash) == 4, "a language model has a short hash")
            need(not model.properties.keys() - {PARAMETERS}, "a property is unknown")
            self._window(model)
            return
        need(not model.properties.keys() - {DICTIONARY}, "a property is unknown")
        self._dictionary(model)
        if model.family == BYTENET:
            self._stored(NETWORKS, model.hash)
        else:
            digest = hashlib.sha256(primer()).digest()
            need(model.hash == digest[:3], "a model has another primer")

    def _block(self, block: Block) -> bytes:
        content = block.payload
        if block.model is not None:
            content = self._payload(block, block.model)
        if block.line_ends:
            content = rewrite_line_ends(content)
        need(len(content) == block.num_bytes, "a block has another size than it says")
        need(zlib.crc32(content) == block.crc, "a block's content is damaged")
        return content

    def _payload(self, block: Block, model: Entry) -> bytes:
        if model.family == ADAPTIVE:
            return symbol_models.decode_adaptive(block, model)
        if model.family in symbol_models.ARCHITECTURES:
            return symbol_models.decode_stored(block, model, *self._symbol_model(model))
        if model.family == LANGUAGE:
            network = self._network(SECOND_OPINION) if block.variant >= 2 else None
            language = self._language(model.hash)
            return decode_language(block, language, self._window(model), network)
        dictionary = self._dictionary(model)
        if model.family == BYTENET:
            return decode_bytenet(block, self._network(model.hash), dictionary)
        return decode_mix(block, dictionary, primer() if block.variant == 2 else b"", 2)

    def _dictionary(self, model: Entry) -> bytes:
        if DICTIONARY not in model.properties:
            return b""
        return bytes(self._stored(DICTIONARIES, model.properties[DICTIONARY]).numbers("content"))

    def _network(self, digest: bytes) -> Network:
        if digest not in self._networks:
            self._networks[digest] = Network(self._stored(NETWORKS, digest))
        return self._networks[digest]

    def _language(self, digest: bytes) -> LanguageModel:
        if digest not in self._languages:
            transformer = Transformer(self._stored(TRANSFORMERS, digest))
            self._languages[digest] = LanguageModel(transformer)
        return self._languages[digest]

    def _window(self, model: Entry) -> int:
        """Return the length of a language model's windows."""
        transformer = self._language(model.hash).transformer
        return parameter_of(transformer, model.properties.get(PARAMETERS))

    def _symbol_model(self, model: Entry) -> tuple[symbol_models.Model, StoredModel]:
        """Return an entry's model, and what it was made of."""
        stored = self._stored([symbol_models.ARCHITECTURES[model.family]], model.hash)
        if model.hash not in self._opened:
            self._opened[model.hash] = symbol_models.open_model(model.family, stored), stored
        return self._opened[model.hash]

    def _stored(self, architectures: Sequence[str], digest: bytes) -> StoredModel:
        for model in self._models:
            if model.architecture in architectures and model.sha256.startswith(digest):
                return model
        raise DecodingError(f"no {architectures[0]} {digest.hex()} was given")


def decode_mix(block: Block, dictionary: bytes, text: bytes, last_variant: int) -> bytes:
    """Return the bytes of a block that contexts code alone."""
    need(block.variant <= last_variant, "the block's variant is unknown")
    need(block.num_lanes == 1, "contexts alone have one lane")
    coder = BitDecoder(block.payload, block.num_symbols)
    content = code_by_contexts(coder, block.num_symbols, block.variant % 2, dictionary, text)
    coder.finish()
    return content


def code_by_contexts(
    coder: BitCoder, num_bytes: int, profile: int, dictionary: bytes = b"", text: bytes = b""
) -> bytes:
    (lane,) = mix.begin(num_bytes, profile, dictionary=dictionary, primer=text)
    return bytes(lane.code_byte(coder) for _ in range(num_bytes))


def decode_bytenet(block: Block, network: Network, dictionary: bytes) -> bytes:
    """Return the bytes of a block that names a network, section by section."""
    if block.variant < 2:
        return decode_mix(block, dictionary, b"", 1)
    each = min(block.num_lanes, network.section_lanes)
    need(block.num_lanes <= 64 and block.num_lanes % each == 0, "the block has no such lanes")
    starts = lane_starts(block.num_symbols, block.num_lanes)[::each]
    at = 4 * (block.num_lanes // each - 1)
    need(at <= len(block.payload), "a block's payload is too short for its sections' sizes")
    sizes = [int.from_bytes(block.payload[i : i + 4], "little") for i in range(0, at, 4)]
    need(at + sum(sizes) <= len(block.payload), "sections are longer than their block")
    sizes.append(len(block.payload) - at - sum(sizes))
    content = b""
    for (first, last), size in zip(pairwise(starts), sizes, strict=True):
        coder = BitDecoder(block.payload[at : at + size], last - first)
        content += code_section(coder, last - first, block.variant - 2, each, network, dictionary)
        coder.finish()
        at += size
    return content


def code_section(
    coder: BitCoder,
    num_bytes: int,
    profile: int,
    num_lanes: int,
    network: Network,
    dictionary: bytes = b"",
) -> bytes:
    """Return the bytes of a section, whose lanes advance together."""
    kind, experience = network.manner(profile)
    lanes = mix.begin(
        num_bytes,
        profile,
        dictionary=dictionary,
        kind=kind,
        experience=experience,
        num_lanes=num_lanes,
    )
    reader = Reader(network)
    for byte in dictionary[-NETWORK_BYTES:]:
        reader.weigh()
        reader.read(byte)
    readers = [reader.copy() for _ in lanes]
    contents = [bytearray() for _ in lanes]
    for step in range(-(-num_bytes // num_lanes)):
        num_active = num_lanes if step < num_bytes // num_lanes else num_bytes % num_lanes
        active = list(zip(lanes, readers, contents, strict=True))[:num_active]
        for lane, reader, _ in active:
            lane.take_weights(reader.weigh())
        for lane, reader, content in active:
            byte = lane.code_byte(coder)
            content.append(byte)
            reader.read(byte)
    return b"".join(contents)


def main() -> None:
    frame, *models = map(Path, sys.argv[1:])
    decoder = Decoder([StoredModel(path.read_bytes()) for path in models])
    sys.stdout.buffer.write(decoder.decode(frame.read_bytes()))


if __name__ == "__main__":
    main()
