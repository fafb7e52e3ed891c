"""What a prior reads, and the symbols of records, are said in one place each."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from neurocomp.models.dalle.record_heads import (
    HEAD_SYMBOLS,
    MAX_DIGITS,
    NUM_DAMPINGS,
    Head,
    Kind,
    head_choices,
)
from neurocomp.models.dalle.records import RecordShape
from neurocomp.models.dalle.shape import PriorShape

RECORDS = RecordShape(num_tokens=20, text_length=3, rows=2, columns=2, num_codes=7)
SHAPE = PriorShape(RECORDS, ("row",), 3, bytes(32))


def test_rows_are_start_caption_pads_and_codes() -> None:
    codes = np.array([[0, 6, 3, 1], [5, 5, 5, 5]], np.uint16)
    rows = SHAPE.rows([[4, 9], np.arange(5, dtype=np.int32)], codes)
    assert rows.dtype == np.int32
    assert rows.tolist() == [[23, 4, 9, 22, 24, 30, 27, 25], [23, 0, 1, 2, 29, 29, 29, 29]]
    assert rows.shape[1] == SHAPE.context
    np.testing.assert_array_equal(SHAPE.codes_of(rows), codes)
    assert SHAPE.text_of(rows).tolist() == [[4, 9, 22], [0, 1, 2]]
    assert SHAPE.vocabulary_size == 31


def test_a_caption_counts_up_to_its_first_pad() -> None:
    text = SHAPE.text_of(SHAPE.text_rows([(), (1,), (1, 2), (1, 2, 3)]))
    expected = [[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1]]
    assert SHAPE.counted(text).astype(int).tolist() == expected
    assert SHAPE.counted(torch.from_numpy(text)).int().tolist() == expected


def test_symbols_of_records_are_read_as_rows_have_them() -> None:
    text = np.array([0, 19, RECORDS.pad, RECORDS.end], np.int32)
    assert SHAPE.read_text(text, 1).tolist() == [0, 19, 21, 21]
    codes = np.array([RECORDS.first_code, RECORDS.end - 1, RECORDS.end], np.int32)
    assert SHAPE.read_codes(codes).tolist() == [24, 30, 24]
    assert RECORDS.is_code(codes).tolist() == [True, True, False]
    assert not RECORDS.is_code(text).any()


def test_the_shape_is_stored_whole() -> None:
    assert PriorShape.from_json(SHAPE.to_json()) == SHAPE
    assert [*SHAPE.to_json()][:5] == ["num_tokens", "text_length", "rows", "columns", "num_codes"]


@pytest.mark.parametrize("head", [Head(Kind.BOTH, 3, 500), Head(Kind.CAPTIONS, 0, 0)])
@pytest.mark.parametrize("num_lanes", [1, 4])
def test_a_head_that_is_written_may_come(head: Head, num_lanes: int) -> None:
    symbols = Head(head.kind, head.damping, head.num_empty if num_lanes > 1 else 0).symbols()
    choices = [head_choices(symbols[:place], num_lanes) for place in range(HEAD_SYMBOLS)]
    assert all(0 <= one < most for one, most in zip(symbols, choices, strict=True))
    assert choices[0] == len(Kind)
    assert choices[1] == (1 if head.kind is Kind.CAPTIONS else NUM_DAMPINGS)
    assert choices[2] == (1 if num_lanes == 1 else MAX_DIGITS + 1)
    assert choices[3 + symbols[2] :] == [1] * (MAX_DIGITS - symbols[2])
