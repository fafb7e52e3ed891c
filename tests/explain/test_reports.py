"""The page, the tables and the pictures that tell of costs."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import re
import shutil
import struct
import subprocess
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from neurocomp import extras
from neurocomp.codec.trace import Asked
from neurocomp.explain import Explanation, explain
from neurocomp.explain.cells import as_text, visible
from neurocomp.explain.colours import (
    COST_COLOURS,
    COST_STEPS,
    DIFFERENCE_COLOURS,
    DIFFERENCE_STEPS,
    cost_levels,
    cost_pixels,
    difference_levels,
    difference_pixels,
)
from neurocomp.explain.comparison import compare
from neurocomp.explain.page import to_page
from neurocomp.explain.pictures import heat_sheet, pictures_of, plane_costs
from neurocomp.explain.png import to_png
from neurocomp.explain.summary import curve_of
from neurocomp.explain.tables import COLUMNS, to_csv, to_json
from neurocomp.explain.terminal import coloured_records, coloured_text, sparkline
from neurocomp.models.dalle.token_files import TokenSet, write_tokens
from neurocomp.pipeline.options import CompressOptions
from tests.conftest import make_text
from tests.explain.test_raster import ppm
from tests.golden.cases import PRIOR, token_set

CONTENT = make_text(900) + b"</script><b>&amp;\x1b[31m\xff\t\"'" + "déjà vu\r\n".encode()
VOID = {"meta", "input", "img", "br", "link"}


@pytest.fixture(scope="module")
def one() -> Explanation:
    options = CompressOptions(model="text-s", threads=1)
    return explain("x <b>.txt", CONTENT, options, asked=Asked(len(CONTENT)))


@pytest.fixture(scope="module")
def records() -> Explanation:
    content = token_set(20, captions=True, images=True)
    options = CompressOptions(model=str(PRIOR))
    return explain("x.tokens", content, options, asked=Asked(100), falls_back=False)


class Reader(HTMLParser):
    """Reads a page, whose elements must be closed in their order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.cells: list[tuple[int, int, str]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.data = ""
        self._cell: tuple[int, int] | None = None
        self._is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        self.ids += [found["id"] or ""] if "id" in found else []
        if "data-e" in found:
            self._cell = int(found["data-e"] or ""), int(found.get("data-n") or 1)
        self._is_data = found.get("id") == "data"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._cell = None
        self._is_data = False

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self.cells.append((*self._cell, data))
        if self._is_data:
            self.data += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_is_whole_and_needs_nothing_else(one: Explanation) -> None:
    page = to_page(one)
    reader = read(page)
    assert all(link.startswith(("#", "data:")) for link in reader.links)
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    assert not re.search(r"https?://|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "\x1b" not in page
    assert "x &lt;b&gt;.txt" in page


def test_the_page_shows_every_byte_of_the_text(one: Explanation) -> None:
    reader = read(to_page(one))
    shown = "".join(text for _, _, text in reader.cells).replace("¶\n", "\n")
    expected = CONTENT.decode("utf-8", "backslashreplace")
    assert shown == expected.replace("\x1b", "\\x1b").replace("\r", "\\r")
    assert sum(count for _, count, _ in reader.cells) == len(one.entries)


def test_the_page_knows_what_it_tells_of_each_symbol(one: Explanation) -> None:
    data = json.loads(read(to_page(one)).data)
    count = len(one.entries)
    assert {len(data[name]) for name in ("bits", "kind", "offset", "texts", "likely")} == {count}
    assert sum(data["bits"]) == pytest.approx(one.total_bits, abs=0.01 * count)
    assert set(data["opinions"]) == {"network", "contexts", "match"}
    row = data["likely"][500]
    labels = [data["labels"][number] for number in row[::2]]
    assert labels == [visible(as_text(label)) for label, _ in one.likely(500)]
    assert all(0 <= share <= 10_000 for share in row[1::2])


def test_a_page_of_a_comparison_tells_the_difference(one: Explanation) -> None:
    other = explain("x", CONTENT, CompressOptions(model="adaptive"))
    page = to_page(one, compare(one, other))
    data = json.loads(read(page).data)
    assert data["against_model"] == "adaptive"
    assert sum(data["against"]) == pytest.approx(other.total_bits, abs=0.01 * len(one.entries))
    assert f"{one.frame_bytes - other.frame_bytes:+d} bytes" in page


def test_a_page_of_a_comparison_can_show_either_model_and_the_difference(one: Explanation) -> None:
    comparison = compare(one, explain("x", CONTENT, CompressOptions(model="adaptive")))
    assert comparison.bits is not None
    assert comparison.difference is not None
    page = to_page(one, comparison)
    assert '<body data-view="difference">' in page
    assert re.findall(r'name="view" value="(\w+)"(?: checked)?> ([\w-]+)', page) == [
        ("difference", "difference"),
        ("one", "text-s"),
        ("other", "adaptive"),
    ]
    for entry in (3, 400, 700):
        levels = [
            int(find(bits[entry : entry + 1])[0])
            for find, bits in (
                (difference_levels, comparison.difference),
                (cost_levels, one.entries.bits),
                (cost_levels, comparison.bits),
            )
        ]
        assert 'class="c d{} h{} o{}" data-e="{}"'.format(*levels, entry) in page
    assert "[data-view=other] .o9 { background: rgb(122 4 44)" in page
    assert 'name="view"' not in to_page(one)


def test_a_page_of_a_picture_has_its_heat_maps() -> None:
    content = ppm(30, 20)
    one = explain("p.ppm", content, CompressOptions(model="mix"), asked=Asked(len(content)))
    comparison = compare(one, explain("p", content, CompressOptions(model="adaptive")))
    page = to_page(one, comparison)
    reader = read(page)
    images = [
        unpacked(base64.b64decode(link.removeprefix("data:image/png;base64,")))
        for link in reader.links
        if link.startswith("data:")
    ]
    assert comparison.bits is not None
    assert comparison.difference is not None
    expected = [
        np.frombuffer(content[-1800:], np.uint8).reshape(20, 30, 3),
        difference_pixels(plane_costs(one, comparison.difference).mean(axis=2)),
        cost_pixels(plane_costs(one).mean(axis=2)),
        cost_pixels(plane_costs(one, comparison.bits).mean(axis=2)),
    ]
    assert len(images) == len(expected)
    for image, pixels in zip(images, expected, strict=True):
        assert np.array_equal(image, pixels)
    told = json.loads(reader.data)["picture"]
    assert sum(told["bits"]) == pytest.approx(plane_costs(one).sum(), abs=0.01 * 600)
    assert told["against"][7] == pytest.approx(
        float(plane_costs(one, comparison.bits)[0, 7].sum()), abs=0.01
    )
    assert not reader.cells


def test_a_large_picture_has_tiles_of_several_pixels() -> None:
    one = explain("p.pgm", ppm(1000, 9, b"P5"), CompressOptions(model="adaptive"))
    reader = read(to_page(one))
    told = json.loads(reader.data)["picture"]
    assert (told["side"], len(told["bits"])) == (2, 500 * 5)
    assert told["bits"][2499] == pytest.approx(float(plane_costs(one)[8, 998:].mean()), abs=0.01)


def test_a_heat_map_of_a_picture_is_beside_it() -> None:
    content = ppm(64, 70)
    one = explain("p.ppm", content, CompressOptions(model="adaptive"))
    sheet = heat_sheet(one)
    assert sheet.shape == (70 + 8, 2 * 64 + 8, 3)
    pixels = np.frombuffer(content[-64 * 70 * 3 :], np.uint8).reshape(70, 64, 3)
    assert np.array_equal(sheet[4:74, 4:68], pixels)
    assert np.array_equal(sheet[4:74, 68:132], cost_pixels(plane_costs(one).mean(axis=2)))


def test_a_terminal_shows_images_and_captions(records: Explanation) -> None:
    assert records.images is not None
    shown = list(coloured_records(records, 10_000))
    assert len(shown) == 20
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", one).split("\n") for one in shown]
    assert {len(lines) for lines in plain} == {5}
    assert all(set(line) == {" "} and len(line) == 8 for line in plain[3][:4])
    caption = records.captions[3]
    places = np.concatenate([records.images[3].reshape(-1), caption])
    assert plain[3][4].startswith(f"3: {records.entries.bits[places].sum():.1f} bits  a red one▪")
    sizes = [16 + caption.size for caption in records.captions]
    assert len(list(coloured_records(records, sum(sizes[:3])))) == 3
    assert len(list(coloured_records(records, sum(sizes[:3]) - 1))) == 2


def test_a_page_of_a_token_set_has_a_heat_map_of_each_image(records: Explanation) -> None:
    reader = read(to_page(records))
    assert records.images is not None
    told = [first for first, _, _ in reader.cells]
    assert to_page(records).count("<figure>") == 20
    page = to_page(records)
    assert all(f'data-e="{entry}"' in page for entry in records.images.reshape(-1).tolist())
    assert set(told) >= {int(entry) for caption in records.captions for entry in caption}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no headless browser")
def test_a_browser_runs_the_page(one: Explanation, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(to_page(one), encoding="utf-8")
    arguments = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/user")
    done = subprocess.run(
        ["chromium", *arguments, "--dump-dom", f"file://{path}"],
        capture_output=True,
        timeout=100,
        check=True,
    )
    assert b'data-ready="yes"' in done.stdout  # the script's last line


def test_csv_has_a_row_for_each_symbol(one: Explanation) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(one))))
    names = [f"bits_{name}" for name in ("network", "contexts", "match")]
    assert list(rows[0]) == [*COLUMNS, *names]
    assert len(rows) == len(one.entries)
    assert bytes.fromhex("".join(row["hex"] for row in rows)) == CONTENT
    assert sum(float(row["bits"]) for row in rows) == pytest.approx(one.total_bits, abs=0.01)
    for row in rows[:50]:
        assert float(row["loglikelihood"]) == pytest.approx(
            -float(row["bits"]) * math.log(2), abs=1e-5
        )
        offset = int(row["offset"])
        assert CONTENT[offset : offset + int(row["size"])].hex() == row["hex"]
    assert rows[0]["bits_match"] == ""


def test_csv_of_a_comparison_has_the_other_costs(one: Explanation) -> None:
    other = explain("x", CONTENT, CompressOptions(model="adaptive"))
    rows = list(csv.DictReader(io.StringIO(to_csv(one, compare(one, other)))))
    total = sum(float(row["bits_against"]) for row in rows)
    assert total == pytest.approx(other.total_bits, abs=0.01)


def test_json_has_log_likelihoods(one: Explanation) -> None:
    told = json.loads(to_json(one))
    assert (told["version"], told["file"], told["content_bytes"]) == (1, "x <b>.txt", len(CONTENT))
    tokens = told["tokens"]
    assert sum(token["loglikelihood"] for token in tokens) == pytest.approx(
        told["loglikelihood"], abs=0.01
    )
    assert told["loglikelihood"] == pytest.approx(-told["bits"] * math.log(2), abs=1e-3)
    payload = told["coded_bits"] + told["ending_bits"] + 8 * told["framing_bytes"]
    assert payload == pytest.approx(8 * told["payload_bytes"], abs=1e-3)
    for token in tokens[100:200]:
        is_first = token["likely"][0][0] == token["text"]
        assert token["is_greedy"] == is_first or token["text"].startswith("\\x")
    assert told["images"] is None
    assert {kind["name"] for kind in told["kinds"]} >= {"letters", "spaces", "markup"}


def test_json_of_a_token_set_says_which_symbols_are_images(records: Explanation) -> None:
    told = json.loads(to_json(records))
    kinds = {told["tokens"][place]["kind"] for row in told["images"][0] for place in row}
    assert kinds == {"codes"}
    assert len(told["captions"]) == 20
    assert told["tokens"][0]["offset"] is None


def unpacked(png: bytes) -> np.ndarray:
    """Return the pixels of a PNG that has one IDAT and no filters."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(png):
        (size,) = struct.unpack_from(">I", png, place)
        name, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + size]
        (checksum,) = struct.unpack_from(">I", png, place + 8 + size)
        assert checksum == zlib.crc32(name + content)
        chunks[name] = content
        place += 12 + size
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 3)


def test_png_keeps_its_pixels() -> None:
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert np.array_equal(unpacked(to_png(pixels)), pixels)


def test_a_heat_map_has_the_colours_of_the_costs(records: Explanation) -> None:
    assert pictures_of(records, 20) is None, "nobody knows this autoencoder"
    sheet = heat_sheet(records)
    assert sheet.shape == (3 * 68 + 4, 8 * 68 + 4, 3)
    assert records.images is not None
    bits = records.entries.bits[records.images[9]]
    level = int(np.searchsorted(COST_STEPS, bits[2, 1], side="right"))
    assert tuple(sheet[4 + 68 + 2 * 16 + 5, 4 + 68 + 16 + 5].tolist()) == COST_COLOURS[level]


@pytest.mark.slow
@pytest.mark.skipif(not extras.has("torch"), reason="an autoencoder needs torch")
def test_pictures_of_the_package_are_shown() -> None:
    from neurocomp.models.dalle.autoencoders.stored import load_autoencoder
    from neurocomp.models.dalle.model_folder import find_autoencoder

    stored = load_autoencoder(find_autoencoder(Path("rainbow")))
    grids = (np.arange(2 * 64) % 128).astype(np.uint16).reshape(2, 8, 8)
    content = write_tokens(TokenSet(("one", "two"), grids, 128, stored.sha256))
    told = explain("x", content, CompressOptions(model="dalle:rainbow"))
    pixels = pictures_of(told, 2)
    assert pixels is not None
    assert pixels.shape == (2, 32, 32, 3)
    assert 'src="data:image/png;base64,' in to_page(told)


def test_colours_fit_their_steps() -> None:
    assert len(COST_COLOURS) == len(COST_STEPS) + 1
    assert len(DIFFERENCE_COLOURS) == len(DIFFERENCE_STEPS) + 1


def test_coloured_text_moves_no_cursor(one: Explanation) -> None:
    shown = coloured_text(one, len(one.entries))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "\x1b" not in plain
    assert "\\x1b[31m\\xff→" in plain.replace("→   ", "→")
    assert plain.replace("¶\n", "").startswith(CONTENT[:40].decode().replace("\n", ""))
    assert len(re.sub(r"\x1b\[[0-9;]*m", "", coloured_text(one, 10)).replace("¶", "")) <= 11


def test_a_sparkline_is_highest_where_the_cost_is() -> None:
    one = explain("x", make_text(3000) + bytes(3000), CompressOptions(model="mix"))
    line = sparkline(curve_of(one, 10), is_unicode=True)
    assert len(line) == 10
    assert line[0] == "█"
    assert line[-1] == "▁"
    assert sparkline(curve_of(one, 10), is_unicode=False).isascii()
