"""Context mixing with the binary coder: every byte back, the same payload for ever."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit, types
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

from neurocomp.codec import BitCodec, CodedBlock, bitwise
from neurocomp.coding.binary import start_encoder
from neurocomp.errors import FormatError
from neurocomp.models.mix import NUM_PROFILES, MixModel, choose_profile, new_state
from tests.conftest import make_text
from tests.golden.cases import noise, records

Bytes = NDArray[np.uint8]


def array(data: bytes) -> Bytes:
    return np.frombuffer(data, np.uint8)


def ignore(num_symbols: int) -> None:
    pass


def encode(data: bytes, profile: int, monkeypatch: pytest.MonkeyPatch) -> CodedBlock:
    monkeypatch.setattr(bitwise, "choose_profile", lambda _: profile)
    block = BitCodec().encode(array(data), ignore)
    assert block is not None
    return block


CONTENTS = {
    "text": make_text(30_000),
    "zeros": bytes(20_000),
    "records": records(1500),
    "period": bytes(range(200)) * 80,
    "mixed": make_text(5000) + noise(3000) + records(200) + make_text(4000, 5),
    "one": b"x" * 3,
}


@pytest.mark.parametrize("profile", range(NUM_PROFILES))
@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_round_trip(name: str, profile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = CONTENTS[name]
    block = encode(data, profile, monkeypatch)
    assert block.variant == profile
    assert np.array_equal(BitCodec().decode(block, ignore), array(data))


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=1, max_size=600))
def test_any_bytes_round_trip_or_are_refused(data: bytes) -> None:
    block = BitCodec().encode(array(data), ignore)
    if block is not None:
        assert len(block.payload) <= len(data)
        assert np.array_equal(BitCodec().decode(block, ignore), array(data))


def test_noise_is_refused() -> None:
    assert BitCodec().encode(array(noise(50_000)), ignore) is None


def test_identity_is_what_the_model_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of any prediction changes the payloads, and must change the identity.

    If you meant to change the model, write the new value into models/mix/model.py and run
    `make golden`.
    """
    digest = hashlib.sha256()
    for profile in range(NUM_PROFILES):
        for name in sorted(CONTENTS):
            digest.update(encode(CONTENTS[name], profile, monkeypatch).payload)
    assert MixModel().identity.hex() == digest.hexdigest()[:8]


def test_profiles() -> None:
    assert choose_profile(array(CONTENTS["text"])) == 0
    assert choose_profile(array("日本語のテキスト。".encode() * 50)) == 0
    assert choose_profile(array(records(300))) == 1


@pytest.mark.parametrize(
    ("num_bytes", "limit"), [(1, 20e6), (1000, 20e6), (1 << 20, 180e6), (1 << 26, 400e6)]
)
def test_memory_follows_the_block(num_bytes: int, limit: float) -> None:
    for profile in range(NUM_PROFILES):
        arrays = [one for one in new_state(num_bytes, profile) if isinstance(one, np.ndarray)]
        assert sum(one.nbytes for one in arrays) < limit


@pytest.mark.parametrize("change", [b"", b"\0", b"\1", b"\xff" * 9])
def test_bytes_too_many_or_too_few_are_an_error(change: bytes) -> None:
    block = BitCodec().encode(array(CONTENTS["text"]), ignore)
    assert block is not None
    payload = block.payload + change if change else block.payload[:-1]
    with pytest.raises(FormatError):
        BitCodec().decode(CodedBlock(payload, block.num_symbols, 1, 0), ignore)


@pytest.mark.parametrize(("lanes", "variant"), [(2, 0), (1, NUM_PROFILES)])
def test_what_no_encoder_writes_is_refused(lanes: int, variant: int) -> None:
    with pytest.raises(FormatError, match="1 lane"):
        BitCodec().decode(CodedBlock(b"", 10, lanes, variant), ignore)


def floats_in(dispatcher: Dispatcher, seen: set[Dispatcher]) -> list[str]:
    """Return the float variables of a kernel and of all that it calls.

    What was loaded from the cache has no types any more; those are the coder's functions, which
    tests/coding compiles anew.
    """
    if dispatcher in seen:
        return []
    seen.add(dispatcher)
    found = []
    for overload in dispatcher.overloads.values():
        for name, kind in getattr(
            getattr(overload, "type_annotation", None), "typemap", {}
        ).items():
            if "float" in str(kind):
                found.append(f"{dispatcher}: {name} is {kind}")
            if isinstance(kind, types.Dispatcher):
                found += floats_in(kind.dispatcher, seen)
    return found


def test_the_kernel_is_typed_as_integers() -> None:
    kernel = njit(bitwise._code_bytes.py_func)
    data, payload = np.zeros(3, np.uint8), np.zeros(9, np.uint8)
    kernel(new_state(3, 0), start_encoder(), data, payload, False)
    seen: set[Dispatcher] = set()
    assert not floats_in(kernel, seen)
    assert {"predict", "update", "mix", "train_mixers"} <= {one.py_func.__name__ for one in seen}
