"""Uncompressed pictures: where their pixels are, and what each costs."""

from __future__ import annotations

import io

import numpy as np
import pytest

from neurocomp import extras
from neurocomp.explain import explain
from neurocomp.explain.comparison import bits_of_bytes
from neurocomp.explain.pictures import plane_costs
from neurocomp.explain.raster import Raster, raster_of, tile_means, tile_side, tile_sums
from neurocomp.explain.summary import by_kind, dearest
from neurocomp.pipeline.options import CompressOptions

ADAPTIVE = CompressOptions(model="adaptive")


def ppm(width: int, height: int, kind: bytes = b"P6") -> bytes:
    """Return a smooth picture with one noisy corner."""
    depth = 3 if kind == b"P6" else 1
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([x * 2 + y, y * 3, 200 - x - y][:depth], axis=2)
    noisy = np.random.default_rng(5).integers(0, 256, pixels.shape)
    pixels[-8:, -8:] = noisy[-8:, -8:]
    head = kind + b"\n# made here\n%d %d\n255\n" % (width, height)
    return head + pixels.astype(np.uint8).tobytes()


def test_a_ppm_has_three_planes() -> None:
    content = ppm(5, 4)
    raster = raster_of(content)
    start = len(content) - 60
    assert raster == Raster(5, 4, ("red", "green", "blue"), start, 15)
    assert raster.pixels(content).tobytes() == content[start:]
    names, kinds = raster.kinds(content + b"more")
    assert [names[kind] for kind in kinds[start - 1 : start + 4]] == [
        *("header", "red plane", "green plane", "blue plane", "red plane")
    ]
    assert [names[kind] for kind in kinds[-5:]] == ["blue plane", *(["other bytes"] * 4)]


def test_a_pgm_has_one_plane() -> None:
    content = ppm(5, 4, b"P5")
    raster = raster_of(content)
    assert raster is not None
    assert raster.planes == ("grey",)
    assert raster.pixels(content)[:, :, 2].tobytes() == content[-20:]


@pytest.mark.skipif(not extras.has("PIL"), reason="pillow writes the file")
@pytest.mark.parametrize("depth", [3, 4])
def test_a_bmp_is_read_as_pillow_writes_it(depth: int) -> None:
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 256, (6, 5, depth)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "BMP")
    content = file.getvalue()
    raster = raster_of(content)
    assert raster is not None
    assert (raster.width, raster.height, len(raster.planes)) == (5, 6, depth)
    assert np.array_equal(raster.pixels(content), pixels[:, :, :3])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"P6",
        b"text",
        ppm(5, 4)[:-1],
        b"P6\n1 1\n65535\n" + bytes(6),
        b"P6\n0 1\n255\n",
        b"P6\n5 x\n255\n" + bytes(60),
        b"P3\n1 1\n255\n1 2 3\n",
        b"BM" + bytes(20),
        b"BMW is a maker of cars and motorcycles in Munich, where it was founded.",
    ],
)
def test_other_content_is_no_raster(content: bytes) -> None:
    assert raster_of(content) is None


def test_tiles_are_smaller_at_the_edges() -> None:
    grid = np.arange(35, dtype=np.float64).reshape(5, 7)
    sums = tile_sums(grid, 3)
    assert sums.shape == (2, 3)
    assert sums[0, 0] == grid[:3, :3].sum()
    assert sums[1, 2] == grid[3:, 6:].sum()
    assert tile_means(grid, 3)[1, 2] == grid[3:, 6:].mean()
    assert [tile_side((5, 7), most) for most in (7, 6, 3, 1)] == [1, 2, 3, 7]


def test_the_planes_of_a_picture_are_its_kinds() -> None:
    content = ppm(40, 30)
    one = explain("p.ppm", content, ADAPTIVE)
    kinds = {kind.name: kind for kind in by_kind(one)}
    assert set(kinds) == {"header", "red plane", "green plane", "blue plane"}
    assert kinds["green plane"].num_symbols == 1200
    costs = plane_costs(one)
    assert costs.shape == (30, 40, 3)
    assert kinds["blue plane"].bits == pytest.approx(costs[:, :, 2].sum())
    assert bits_of_bytes(one)[-1] == pytest.approx(costs[29, 39, 2])


def test_the_most_expensive_places_of_a_picture_are_squares() -> None:
    one = explain("p.ppm", ppm(40, 32), CompressOptions(model="mix"))
    places = dearest(one, 5)
    assert places[0].title == "pixels from x 32, y 24"
    assert places[0].bits == pytest.approx(plane_costs(one)[24:, 32:].sum())
    assert len(dearest(one, 100)) == 5 * 4


def test_a_compressed_picture_is_bytes() -> None:
    content = b"\x89PNG\r\n\x1a\n" + np.random.default_rng(3).bytes(900)
    one = explain("p.png", content, ADAPTIVE)
    assert one.raster is None
    assert [kind.name for kind in by_kind(one)] == ["bytes"]
