"""Lists of transforms: undone from the last to the first, within bounds, and only known ones."""

from __future__ import annotations

import pytest

from neurocomp import transforms
from neurocomp.errors import FormatError, UnsupportedError
from neurocomp.frame import constants
from neurocomp.transforms import LINE_ENDS, TRANSFORMS, Transform, check_known, undo

MANY = 2_000
LINES = b"a line\r\n" * 50


class Halve:
    """A transform for tests: bytes that come twice are written once, so many times as told."""

    id = MANY
    name = "halve"
    makes_line_feeds = False

    def apply(self, content: bytes) -> tuple[bytes, bytes] | None:
        half = content[::2]
        return (half, b"\2") if self.undo(half, b"\2", len(content)) == content else None

    def undo(self, rewritten: bytes, properties: bytes, limit: int) -> bytes:
        size = len(rewritten) * properties[0]
        if size > limit:
            raise FormatError("too large")
        return bytes(byte for byte in rewritten for _ in range(properties[0]))


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(transforms.TRANSFORMS, MANY, Halve())
    monkeypatch.setitem(constants.TRANSFORM_NAMES, MANY, "halve")


def test_every_transform_has_its_number_and_name() -> None:
    assert {number: one.name for number, one in TRANSFORMS.items()} == constants.TRANSFORM_NAMES
    assert all(number == one.id for number, one in TRANSFORMS.items())
    numbers = {
        value
        for name, value in vars(constants).items()
        if name.startswith("TRANSFORM_") and isinstance(value, int)
    }
    assert numbers == set(TRANSFORMS)


def test_no_transforms_leave_the_content() -> None:
    assert undo((), b"content", 3) == b"content"


@pytest.mark.parametrize("transform", list(TRANSFORMS.values()), ids=lambda one: one.name)
def test_what_is_applied_is_undone(transform: Transform) -> None:
    applied = transform.apply(LINES)
    assert applied is not None
    rewritten, properties = applied
    assert len(properties) <= constants.MAX_PROPERTY_BYTES
    assert undo([(transform.id, properties)], rewritten, len(LINES)) == LINES
    for size in (0, len(LINES) - 1, len(LINES) + 1):
        with pytest.raises(FormatError):
            undo([(transform.id, properties)], rewritten, size)


def test_the_last_is_undone_first(both: None) -> None:
    content = b"".join(bytes([one, one]) for one in LINES)
    half, told = Halve().apply(content) or (b"", b"")
    shortened, _ = LINE_ENDS.apply(half) or (b"", b"")
    steps = [(MANY, told), (LINE_ENDS.id, b"")]
    assert undo(steps, shortened, len(content)) == content
    assert undo(steps[::-1], shortened, len(content)) != content


def test_what_is_between_has_a_bound(both: None, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [(LINE_ENDS.id, b""), (MANY, b"\x02")]
    monkeypatch.setattr(transforms, "MAX_BLOCK_BYTES", 100)
    assert undo(steps, b"\n" * 50, 200) == b"\r\n" * 100
    with pytest.raises(FormatError, match="too large"):
        undo(steps, b"\n" * 51, 204)


def test_unknown_ones_are_refused() -> None:
    for steps in ([(2, b"")], [(LINE_ENDS.id, b""), (0, b"x")]):
        with pytest.raises(UnsupportedError, match="install a newer one"):
            check_known(steps)
        with pytest.raises(UnsupportedError):
            undo(steps, b"\n", 2)


def test_line_ends_have_no_properties() -> None:
    with pytest.raises(FormatError, match="has no properties"):
        undo([(LINE_ENDS.id, b"x")], b"\n\n", 4)
