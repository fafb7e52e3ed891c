"""Damaged and foreign files: what comes out, what is said, and the exit code."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.conftest import BLOCK_BYTES
from tests.cli.program import Outcome, Program

Call = Callable[..., Outcome]


def damaged(compressed: bytes) -> bytes:
    """Return a frame with one wrong bit in a block that is neither the first nor the last."""
    middle = len(compressed) // 2
    return compressed[:middle] + bytes([compressed[middle] ^ 1]) + compressed[middle + 1 :]


def test_damaged_files_write_nothing(program: Program, inside: Call, compressed: bytes) -> None:
    before = {
        "bit.ncmp": damaged(compressed),
        "cut.ncmp": compressed[:-1],
        "end.ncmp": compressed + b"x",
        "garbage.ncmp": b"garbage " * 100,
        "nothing.ncmp": b"",
    }
    for name, content in before.items():
        (program.folder / name).write_bytes(content)
    (program.folder / "data").write_bytes(compressed)
    done = program("-d", "--rm", "data", *before)
    assert (done.code, done.out) == (1, b"")
    messages = done.err.splitlines()
    assert messages[0] == (
        "neurocomp: data: does not end in .ncmp: give -o FILE or -c to say where to write"
    )
    for name, message in zip(before, messages[1:], strict=True):
        assert message.startswith(f"neurocomp: {name}: ")
    assert program.files() == {**before, "data": compressed}
    tested = inside("-t", *before, "data")
    assert (tested.code, tested.out, len(tested.err.splitlines())) == (1, b"", len(before))


def test_sound_blocks_leave_before_the_damage(
    program: Program, compressed: bytes, text: bytes
) -> None:
    done = program("-d", "-T2", stdin=damaged(compressed))
    assert done.code == 1
    assert done.out == text[: 2 * BLOCK_BYTES]
    assert done.err.startswith("neurocomp: (stdin): ")


def test_recover(program: Program, inside: Call, compressed: bytes, text: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(damaged(compressed))
    done = program("decompress", "--recover", "a.ncmp")
    lost = f"lost bytes {2 * BLOCK_BYTES} to {3 * BLOCK_BYTES}: "
    assert done.code == 1
    assert done.err.startswith(f"neurocomp: a.ncmp: {lost}")
    rest = text[: 2 * BLOCK_BYTES] + text[3 * BLOCK_BYTES :]
    assert (program.folder / "a").read_bytes() == rest
    (program.folder / "cut.ncmp").write_bytes(compressed[: len(compressed) // 2])
    cut = inside("decompress", "--recover", "-c", "cut.ncmp")
    assert (cut.code, cut.out) == (1, text[: 2 * BLOCK_BYTES])


def test_range(program: Program, inside: Call, compressed: bytes, text: bytes) -> None:
    (program.folder / "a.ncmp").write_bytes(compressed)
    start, stop = BLOCK_BYTES - 5, 2 * BLOCK_BYTES + 5
    done = program("decompress", "--range", f"{start}-{stop}", "a.ncmp")
    assert (done.code, done.out, done.err) == (0, text[start:stop], "")
    to_end = inside("-d", "--range", "16KiB-", "-o", "b", "a.ncmp")
    assert (to_end.code, to_end.out) == (0, b"")
    assert (program.folder / "b").read_bytes() == text[16384:]
    past = inside("-d", "--range", "1GiB-", "a.ncmp")
    assert past.code == 2
    assert "past the end" in past.err


def test_compressed_data_is_not_read_from_a_terminal(program: Program) -> None:
    code, shown = program.on_terminal("-d", "-", streams=("stdin", "stderr"))
    assert code == 1
    assert "is not read from a terminal" in shown


def test_what_is_no_frame_at_all_is_not_recovered(program: Program, text: bytes) -> None:
    before = {"a": text, "b": b"mine"}
    for name, content in before.items():
        (program.folder / name).write_bytes(content)
    done = program("-d", "--recover", "-f", "-o", "b", "a")
    assert done.code == 1
    assert "a: " in done.err
    assert program.files() == before
