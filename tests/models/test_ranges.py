"""Range checks that survive the least integer, whose magnitude its type does not hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neurocomp.errors import FormatError
from neurocomp.exact.tables import Activation
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.conformance import sample
from neurocomp.models.dalle.record_heads import Kind
from neurocomp.models.dalle.records import RecordShape, read_records, write_records
from neurocomp.models.tokennets import NeuralNgramModel, RecurrentTokensModel
from neurocomp.models.tokennets.conformance import ngram_sample, recurrent_sample
from neurocomp.models.transformer import TransformerModel
from neurocomp.models.transformer.conformance import gpt_sample
from neurocomp.store.stored import StoredModel

LEAST = -(1 << 31)


def test_an_activation_of_the_least_integer_is_refused() -> None:
    table = np.zeros(32768, np.int32)
    Activation(table, saturates=False)
    table[5] = LEAST
    with pytest.raises(FormatError, match="out of range"):
        Activation(table, saturates=False)


def wrapping_exp2() -> NDArray[np.int32]:
    """A table whose steps go down only where 32 bits wrap: from -2**31 up to 2**29."""
    table = np.linspace(0, 1023, 1024).astype(np.int32)[::-1].copy()
    table[0], table[1], table[2] = 1 << 30, -(1 << 30), LEAST
    table[3:] = (1 << 29) + table[3:]
    assert (np.diff(table) < 0).all()
    return table


MODELS: list[tuple[Callable[[], StoredModel], Callable[[StoredModel], Any]]] = [
    (sample, NetworkModel),
    (gpt_sample, TransformerModel),
    (ngram_sample, NeuralNgramModel),
    (recurrent_sample, RecurrentTokensModel),
]
CHECKED = ("embeddings", "silu", "activation", "gate", "embedding.columns", "embedding.rows")


@pytest.mark.parametrize(("make", "load"), MODELS, ids=lambda one: one.__name__)
def test_the_least_integer_is_out_of_range_in_every_part(
    make: Callable[[], StoredModel], load: Callable[[StoredModel], Any]
) -> None:
    stored = make()
    load(stored)
    names = [name for name in stored.tensors if name.rpartition("words.")[2] in CHECKED]
    names += [name for name in stored.tensors if name.endswith((".gain", ".multiplier", ".limit"))]
    assert names
    for name in names:
        wide = stored.tensors[name].astype(np.int32 if name != "multiplier" else np.int64)
        wide.reshape(-1)[0] = LEAST
        if name.endswith("columns"):
            continue  # scales of either sign, bounded by a product in 64 bits
        with pytest.raises(FormatError):
            load(dataclasses.replace(stored, tensors={**stored.tensors, name: wide}))


@pytest.mark.parametrize(("make", "load"), MODELS, ids=lambda one: one.__name__)
def test_a_table_that_wraps_around_is_damaged(
    make: Callable[[], StoredModel], load: Callable[[StoredModel], Any]
) -> None:
    stored = make()
    if "exp2" not in stored.tensors:
        pytest.skip("has no table of powers of 2")
    tensors = {**stored.tensors, "exp2": wrapping_exp2()}
    with pytest.raises(FormatError, match="powers of 2"):
        load(dataclasses.replace(stored, tensors=tensors))


def test_types_that_a_cast_would_wrap_are_refused() -> None:
    stored = gpt_sample()
    wide = stored.tensors["activation"].astype(np.int64) + (1 << 32)
    with pytest.raises(FormatError, match="activation"):
        TransformerModel(
            dataclasses.replace(stored, tensors={**stored.tensors, "activation": wide})
        )


@pytest.mark.parametrize("value", [-1, LEAST, 1 << 31, (1 << 32) - 1])
def test_records_with_symbols_out_of_range_are_refused(value: int) -> None:
    shape = RecordShape(num_tokens=10, text_length=4, rows=2, columns=2, num_codes=8)
    captions = [np.array([1, 2], np.int32)]
    stream = write_records(shape, Kind.BOTH, captions, np.zeros((1, 2, 2), np.uint16))
    read_records(shape, stream)
    wide = stream.astype(np.int64)
    wide[8] = value
    with pytest.raises(FormatError, match="out of range"):
        read_records(shape, wide)
