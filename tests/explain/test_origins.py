"""Where bytes come from that a transform has rewritten."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurocomp.frame.constants import TRANSFORM_LINE_ENDS
from neurocomp.transforms.line_ends import rewrite
from neurocomp.transforms.origins import origins

STEPS = ((TRANSFORM_LINE_ENDS, b""),)


@given(st.lists(st.sampled_from([b"a", b"b", b"\r", b"\n", b"\r\n"]), max_size=40).map(b"".join))
def test_each_byte_comes_from_where_it_stands(content: bytes) -> None:
    rewritten = rewrite(content)
    found = origins(STEPS, rewritten)
    assert found is not None
    assert found.size == len(rewritten) + 1
    assert (found[0], found[-1]) == (0, len(content))
    assert (np.diff(found) >= 0).all()
    for byte, first, last in zip(rewritten, found[:-1].tolist(), found[1:].tolist(), strict=True):
        piece = content[first:last]
        assert piece in ({10: (b"\n", b"\r\n"), 13: (b"\r", b"")}.get(byte, (bytes([byte]),)))


def test_what_is_not_rewritten_stays_where_it_is() -> None:
    found = origins((), b"abc")
    assert found is not None
    assert found.tolist() == [0, 1, 2, 3]


def test_of_other_transforms_nothing_is_known() -> None:
    assert origins(((99, b""),), b"abc") is None
