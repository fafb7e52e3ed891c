"""Folders, tars and tables of captioned images, and what is wrong with them."""

from __future__ import annotations

import csv
import io
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neurocomp.errors import FormatError, UsageError
from neurocomp.models.dalle.images import ImageOptions
from neurocomp.models.dalle.sources import read_images


def image_file(
    width: int = 16, height: int = 16, mode: str = "RGB", colour: object = None
) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (width, height), colour or 100).save(stream, "PNG")  # type: ignore[arg-type]
    return stream.getvalue()


def write_good_and_bad(folder: Path) -> None:
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "b.png").write_bytes(image_file(colour=(10, 20, 30)))
    (folder / "below" / "b.txt").write_text(" a blue square\n")
    (folder / "a.png").write_bytes(image_file(20, 16, colour=(1, 2, 3)))
    (folder / "a.txt").write_text("dark")
    (folder / "broken.png").write_bytes(image_file()[:40])
    (folder / "broken.txt").write_text("broken")
    (folder / "lonely.png").write_bytes(image_file())
    (folder / "empty.png").write_bytes(image_file())
    (folder / "empty.txt").write_text(" \n")
    (folder / "notes.md").write_text("not an image")


def test_a_folder(tmp_path: Path) -> None:
    write_good_and_bad(tmp_path / "set")
    images = read_images(tmp_path / "set", ImageOptions(16))
    assert images.captions == ("dark", "a blue square")
    assert images.keys == ("a", "b")
    assert images.pixels.shape == (2, 16, 16, 3)
    assert tuple(images.pixels[1, 0, 0]) == (10, 20, 30)
    reasons = {one.name: one.reason for one in images.skipped}
    expected = {"broken.png": "broken image", "lonely.png": "no caption", "empty.png": "no caption"}
    assert reasons == expected
    assert images.report()[0] == "left out 2 (no caption): empty.png, lonely.png"


def test_captions_are_not_needed_where_not_asked_for(tmp_path: Path) -> None:
    write_good_and_bad(tmp_path / "set")
    images = read_images(tmp_path / "set", ImageOptions(16), with_captions=False)
    assert images.captions == ()
    assert images.keys == ("a", "b", "empty", "lonely")


def test_wrong_sizes(tmp_path: Path) -> None:
    write_good_and_bad(tmp_path / "set")
    images = read_images(tmp_path / "set", ImageOptions(16, "none"))
    assert images.keys == ("b",)
    assert "left out 1 (not 16 x 16 pixels): a.png" in images.report()


@pytest.mark.parametrize(
    ("resize", "corner", "middle"),
    [("crop", 255, 255), ("pad", 255, 255), ("stretch", 0, 255)],
)
def test_ways_of_resizing(tmp_path: Path, resize: str, corner: int, middle: int) -> None:
    """A wide image, black but for its middle third."""
    picture = np.zeros((16, 48, 3), np.uint8)
    picture[:, 16:32] = 255
    Image.fromarray(picture).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("a stripe")
    pixels = read_images(tmp_path, ImageOptions(16, resize)).pixels[0]
    assert pixels[0, 0, 0] == corner
    assert pixels[8, 8, 0] == middle


def test_transparency_is_on_white(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(image_file(mode="RGBA", colour=(0, 0, 0, 0)))
    (tmp_path / "a.txt").write_text("nothing")
    assert (read_images(tmp_path, ImageOptions(16)).pixels == 255).all()


def test_a_tar(tmp_path: Path) -> None:
    write_good_and_bad(tmp_path / "set")
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.add(tmp_path / "set", arcname=".")
    images = read_images(tmp_path / "set.tar", ImageOptions(16))
    assert sorted(images.captions) == ["a blue square", "dark"]
    assert len(images.skipped) == 3
    content = (tmp_path / "set.tar").read_bytes()
    (tmp_path / "bad.tar").write_bytes(b"x" * 600 + content)
    with pytest.raises(FormatError, match="not a whole tar"):
        read_images(tmp_path / "bad.tar", ImageOptions(16))


def six_in_a_tar(path: Path, mode: Any) -> list[int]:
    """Write six captioned images; return where the headers of their files are."""
    with tarfile.open(path, mode) as archive:
        for number in range(6):
            picture = io.BytesIO()
            Image.new("RGB", (16, 16), (number, 0, 0)).save(picture, "PNG")
            for name, content in ((f"{number}.png", picture.getvalue()), (f"{number}.txt", b"a")):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return [member.offset for member in archive]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_a_damaged_tar_is_no_short_one(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "six.tar"
    headers = six_in_a_tar(path, mode)
    expected = read_images(path, ImageOptions(16)).pixels
    assert len(expected) == 6
    whole = path.read_bytes()
    refusals = []
    for place in headers[4:9] if mode == "w" else range(20, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            np.testing.assert_array_equal(read_images(path, ImageOptions(16)).pixels, expected)
        except FormatError as error:
            refusals.append(str(error))
    assert len(refusals) >= 5
    assert all("not a whole tar file" in one for one in refusals)


def test_byte_order_marks_and_other_encodings(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(image_file())
    (tmp_path / "a.txt").write_text("a red circle", encoding="utf-8-sig")
    (tmp_path / "b.png").write_bytes(image_file())
    (tmp_path / "b.txt").write_text("größer", encoding="latin-1")
    images = read_images(tmp_path, ImageOptions(16))
    assert images.captions == ("a red circle",)
    assert images.report() == ["left out 1 (caption is not UTF-8): b.png"]
    table = tmp_path / "t.csv"
    table.write_text("image,caption\na.png,a red circle\n", encoding="utf-8-sig")
    assert read_images(table, ImageOptions(16)).captions == ("a red circle",)


def test_tables(tmp_path: Path) -> None:
    write_good_and_bad(tmp_path / "set")
    rows = [
        {"image": "set/a.png", "caption": "first"},
        {"image": "set/none.png", "caption": "missing"},
        {"image": "set/below/b.png", "caption": "second"},
        {"image": "set/a.png", "caption": ""},
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with (tmp_path / "t.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["image", "caption"])
        writer.writeheader()
        writer.writerows(rows)
    for name in ("t.jsonl", "t.csv"):
        images = read_images(tmp_path / name, ImageOptions(16))
        assert images.captions == ("first", "second")
        reasons = [one.reason for one in images.skipped]
        assert reasons == ["No such file or directory", "no caption"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.jsonl", '{"image": ', "not a jsonl table"),
        ("t.jsonl", "[1]\n", "line 1 is not a JSON object"),
        ("t.jsonl", '{"caption": "a"}\n', "row 1 names no image"),
        ("t.csv", "what,caption\na.png,b\n", "row 1 names no image"),
    ],
)
def test_damaged_tables(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(FormatError, match=message):
        read_images(tmp_path / name, ImageOptions(16))


def test_what_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read_images(tmp_path / "missing", ImageOptions(16))
    (tmp_path / "a.zip").write_bytes(b"PK")
    with pytest.raises(UsageError, match=r"does not end in \.tar"):
        read_images(tmp_path / "a.zip", ImageOptions(16))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no image that can be used: empty"):
        read_images(tmp_path / "empty", ImageOptions(16))
    (tmp_path / "empty" / "a.png").write_bytes(image_file())
    with pytest.raises(UsageError, match=r"left out 1 \(no caption\): a.png"):
        read_images(tmp_path / "empty", ImageOptions(16))
    for values in ((4,), (16, "fold")):
        with pytest.raises(UsageError):
            ImageOptions(*values)


def test_grey_of_sixteen_bits_is_scaled(tmp_path: Path) -> None:
    shades = np.linspace(0, 65535, 16).astype(np.uint16)
    Image.fromarray(np.tile(shades, (16, 1))).save(tmp_path / "a.png")
    Image.fromarray(np.ones((16, 16), np.float32)).save(tmp_path / "f.tiff")
    options = ImageOptions(16)
    images = read_images(tmp_path, options, with_captions=False)
    np.testing.assert_allclose(images.pixels[0, 3, :, 1], np.linspace(0, 255, 16), atol=1)
    assert images.report() == ["left out 1 (pixels of 32 bits, mode F): f.tiff"]


def test_one_bad_entry_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(image_file())
    rows = [
        {"image": "good.png", "caption": "good"},
        {"image": "a\0b.png", "caption": "a NUL"},
        {"image": "good.png", "caption": "half a character \ud800"},
        {"image": "good.png", "caption": "  "},
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    images = read_images(tmp_path / "t.jsonl", ImageOptions(16))
    assert images.captions == ("good",)
    assert [one.reason for one in images.skipped] == [
        "cannot be read",
        "caption is not UTF-8",
        "no caption",
    ]


def test_whatever_a_decoder_raises_is_a_broken_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(image: object) -> None:
        raise struct.error("unpack requires a buffer of 8 bytes")

    (tmp_path / "a.png").write_bytes(image_file())
    monkeypatch.setattr("PIL.ImageOps.exif_transpose", stumble)
    with pytest.raises(UsageError, match=r"left out 1 \(broken image\)"):
        read_images(tmp_path, ImageOptions(16), with_captions=False)
