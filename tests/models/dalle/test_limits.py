"""What files of strangers may cost: images, tars and tables that claim or unpack to too much."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.dalle import images as limits
from neurocomp.models.dalle import sources, tars
from neurocomp.models.dalle import sources as tables
from neurocomp.models.dalle.images import ImageOptions
from neurocomp.models.dalle.sources import read_images
from tests.models.dalle.test_sources import image_file

OPTIONS = ImageOptions(16)


def claimed_png(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its data do not have."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def reasons(source: Path) -> dict[str, str]:
    images = read_images(source, OPTIONS, with_captions=False)
    return {one.name: one.reason for one in images.skipped}


def write_tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return path


def member(name: str, content: bytes, **attributes: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, content


@pytest.mark.parametrize("side", [10_000, 12_000, 60_000, 0x7FFFFFFF])
def test_a_decompression_bomb_is_left_out(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(claimed_png(side, side))
    (tmp_path / "good.png").write_bytes(image_file())
    assert reasons(tmp_path) == {"bomb.png": f"more than {limits.MAX_PIXELS} pixels"}


def test_odd_images_are_left_out_or_read_whole(tmp_path: Path) -> None:
    good = image_file()
    files = {
        "good.png": good,
        "cut.png": good[: len(good) // 2],
        "empty.png": b"",
        "script.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "text.jpg": b"not an image",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    images = read_images(tmp_path, OPTIONS, with_captions=False)
    assert images.keys == ("good", "two")
    assert tuple(images.pixels[1, 0, 0]) == (255, 0, 0)  # the first of an animation
    assert {one.reason for one in images.skipped} == {"broken image"}


def test_large_files_and_captions_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_IMAGE_BYTES", 1000)
    monkeypatch.setattr(sources, "MAX_CAPTION_BYTES", 50)
    for name, extra, caption in (("a", 0, "fine"), ("b", 2000, "large"), ("c", 0, "word " * 20)):
        (tmp_path / f"{name}.png").write_bytes(image_file() + bytes(extra))
        (tmp_path / f"{name}.txt").write_text(caption)
    images = read_images(tmp_path, OPTIONS)
    assert images.keys == ("a",)
    assert [one.reason for one in images.skipped] == [
        "a file of more than 1000 bytes",
        "a caption of more than 50 bytes",
    ]


def test_a_table_does_not_read_devices_and_pipes(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(image_file())
    os.mkfifo(tmp_path / "pipe.png")
    rows = "image,caption\ngood.png,a\npipe.png,b\n/dev/zero,c\n.,d\n"
    (tmp_path / "t.csv").write_text(rows)
    images = read_images(tmp_path / "t.csv", OPTIONS)
    assert images.captions == ("a",)
    assert [one.reason for one in images.skipped] == ["not a regular file"] * 3


def test_all_images_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TOTAL_BYTES", 2 * 16 * 16 * 3)
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(image_file())
    with pytest.raises(FormatError, match=r"take more than .* GiB at this size"):
        read_images(tmp_path, OPTIONS, with_captions=False)


def test_links_and_holes_of_a_tar_are_left_out_by_name(tmp_path: Path) -> None:
    path = write_tar(
        tmp_path / "t.tar",
        [
            member("good.png", image_file()),
            member("hard.png", b"", type=tarfile.LNKTYPE, linkname="good.png"),
            member("soft.png", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
            member("../../up.png", image_file()),
            member("dev.png", b"", type=tarfile.CHRTYPE),
        ],
    )
    images = read_images(path, OPTIONS, with_captions=False)
    assert images.keys == ("good", "up")
    assert {one.name: one.reason for one in images.skipped} == {
        "hard.png": "a link, not a file",
        "soft.png": "a link, not a file",
    }


def test_a_sparse_member_that_claims_much_is_left_out(tmp_path: Path) -> None:
    pax = {"GNU.sparse.size": str(1 << 40), "GNU.sparse.map": "0,1", "GNU.sparse.numblocks": "1"}
    info, content = member("hole.png", image_file())
    info.pax_headers = pax
    with tarfile.open(tmp_path / "t.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(content))
    with pytest.raises((FormatError, UsageError), match=r"t\.tar"):
        read_images(tmp_path / "t.tar", OPTIONS, with_captions=False)


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_tar_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(tars, "UNPACKED_BYTES", 1 << 16)
    monkeypatch.setattr(tars, "UNPACKED_TIMES", 2)
    path = write_tar(tmp_path / "t.tar", [member("zeros.bin", bytes(1 << 20))], mode)
    with pytest.raises(FormatError, match=r"t\.tar: it unpacks to more than"):
        read_images(path, OPTIONS)


def test_a_tar_of_many_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tars, "MAX_MEMBERS", 3)
    path = write_tar(tmp_path / "t.tar", [member(f"{k}.png", image_file()) for k in range(4)])
    with pytest.raises(FormatError, match="more than 3 members"):
        read_images(path, OPTIONS, with_captions=False)


def test_headers_that_claim_much_are_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tars, "MAX_IMAGE_BYTES", 1 << 12)
    # The name of a member takes a header of its own, whose size is read at once.
    path = write_tar(tmp_path / "t.tar", [member("n" * (1 << 14) + ".png", image_file())])
    with pytest.raises(FormatError, match=r"t\.tar is not a whole tar file: a header claims"):
        read_images(path, OPTIONS, with_captions=False)


@pytest.mark.parametrize("field", [b"\xff" * 12, b"\x80" + b"\xff" * 11])
def test_absurd_sizes_in_headers_end(tmp_path: Path, field: bytes) -> None:
    path = write_tar(tmp_path / "t.tar", [member("a.png", image_file())])
    whole = bytearray(path.read_bytes())
    whole[124:136] = field
    whole[148:156] = b" " * 8
    whole[148:156] = b"%06o\0 " % sum(whole[:512])
    path.write_bytes(whole)
    with pytest.raises((FormatError, UsageError), match=r"t\.tar"):
        read_images(path, OPTIONS, with_captions=False)


def test_names_in_a_tar_are_shown_escaped(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "t.tar", [member("a\x1b[2J\n.png", b"no image")])
    with pytest.raises(UsageError) as caught:
        read_images(path, OPTIONS, with_captions=False)
    assert str(caught.value).isprintable()
    assert r"a\x1b[2J\n.png" in str(caught.value)


def test_a_packed_tar_is_read_in_any_order(tmp_path: Path) -> None:
    files = [member("a.txt", b"first"), member("b.png", image_file()), member("b.txt", b"second")]
    path = write_tar(tmp_path / "t.tar", [*files, member("a.png", image_file())], "w:gz")
    assert read_images(path, OPTIONS).captions == ("second", "first")
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(FormatError, match="not a whole tar file"):
        read_images(path, OPTIONS)
    path.write_bytes(gzip.compress(b"no tar"))
    with pytest.raises(FormatError, match="not a whole tar file"):
        read_images(path, OPTIONS)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.jsonl", b'{"image": "' + b"a" * 9000 + b'"}\n', "line 1 is longer than 8192"),
        ("t.csv", b"image,caption\na.png," + b"a" * 9000 + b"\n", "line 2 is longer than 8192"),
        ("t.jsonl", b"[" * 8000, "not a jsonl table: row 1"),
        ("t.jsonl", b'{"image": ' + b"9" * 8000, "not a jsonl table"),
        ("t.csv", "image,caption\na.png,größer\n".encode("latin-1"), "in UTF-8"),
        ("t.tsv", "image\tcaption\na.png\tred\n".encode("utf-16"), "in UTF-8"),
    ],
)
def test_tables_of_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, message: str
) -> None:
    monkeypatch.setattr(tables, "MAX_LINE_BYTES", 8192)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatError, match=message) as caught:
        read_images(tmp_path / name, OPTIONS)
    assert name in str(caught.value)


def test_a_quotation_mark_that_is_never_closed(tmp_path: Path) -> None:
    rows = 'image,caption\na.png,"never closed\n' + "a line\n" * 40_000
    (tmp_path / "t.csv").write_text(rows)
    with pytest.raises(FormatError, match="field larger than field limit"):
        read_images(tmp_path / "t.csv", OPTIONS)


def test_a_table_of_tabs(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(image_file())
    (tmp_path / "t.tsv").write_text("image\tcaption\na.png\ta red circle, large\n")
    assert read_images(tmp_path / "t.tsv", OPTIONS).captions == ("a red circle, large",)
