"""Ranges are checked up to the smallest 32-bit integer, whose magnitude has no place in 32 bits."""

from __future__ import annotations

import numpy as np
import pytest

from neurocomp.errors import FormatError
from neurocomp.exact.tables import TABLE_SIZE, Activation
from neurocomp.models.bytenet import NetworkModel
from neurocomp.models.bytenet.conformance import sample
from neurocomp.store.stored import StoredModel

SMALLEST, LARGEST = -(2**31), 2**31 - 1


@pytest.mark.parametrize("value", [SMALLEST, SMALLEST + 1, LARGEST])
def test_entries_of_an_activation(value: int) -> None:
    table = np.zeros(TABLE_SIZE, np.int32)
    assert Activation(table, saturates=False)
    table[5] = value
    with pytest.raises(FormatError, match="out of range"):
        Activation(table, saturates=False)


@pytest.mark.parametrize("value", [SMALLEST, SMALLEST + 1, LARGEST])
def test_numbers_of_a_network(value: int) -> None:
    stored = sample(hashed=True)
    for name in ("embeddings", "silu", "gate", "hashed.scales"):
        array = stored.tensors[name].astype(np.int32)
        array.reshape(-1)[7] = value
        tensors = {**stored.tensors, name: array}
        changed = StoredModel(stored.architecture, stored.config, tensors)
        with pytest.raises(FormatError):
            NetworkModel(changed)
