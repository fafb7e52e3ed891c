"""An uncompressed picture on a page, beside the heat maps of its costs."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.codec.trace import Bits
from neurocomp.explain import colours
from neurocomp.explain.explanation import Explanation
from neurocomp.explain.painter import View
from neurocomp.explain.pictures import Pixels, plane_costs
from neurocomp.explain.png import to_png
from neurocomp.explain.raster import tile_means, tile_side

MAX_TILES = 768
"""Most tiles in a row or column of a heat map: a larger picture has several pixels in a tile."""

_SHOWN_PIXELS = 512
"""Width of a picture on the page at least, in its pixels, by whole factors."""


def picture_of(one: Explanation, views: Sequence[View]) -> str:
    """Return the picture and the heat map of each view as HTML.

    A tile has the colour of the mean of its bytes, so the legend of symbols is that of tiles.
    """
    assert one.raster is not None, "the content is a picture"
    side = _side(one)
    pixels = one.raster.pixels(one.content)[::side, ::side]
    height, width = pixels.shape[:2]
    images = [_image(pixels, "picture", "the picture")]
    for view in views:
        means = tile_means(plane_costs(one, view.bits).mean(axis=2), side)
        heat = (
            colours.difference_pixels(means) if view.is_difference else colours.cost_pixels(means)
        )
        images.append(_image(heat, f"heat only-{view.key}", f"bits, {view.label}"))
    shown = width * max(_SHOWN_PIXELS // width, 1)
    tiles = f"A tile is {side} x {side} pixels. " if side > 1 else ""
    note = f"{tiles}Colours are means of the bytes of a pixel. Point at one for its costs."
    return (
        f'<div class="raster" style="--width: {shown}px; --aspect: {width}/{height}">'
        f'{"".join(images)}</div><p class="quiet">{note}</p>'
    )


def picture_data(one: Explanation, against: Bits | None) -> dict[str, Any]:
    """Return what the page's script needs to know of the pixels.

    ``bits`` and ``against`` are costs of pixels, sums of their bytes and means over a tile, row by
    row.
    """
    assert one.raster is not None, "the content is a picture"
    raster, side = one.raster, _side(one)
    data: dict[str, Any] = {
        "width": raster.width,
        "height": raster.height,
        "side": side,
        "start": raster.start,
        "row_bytes": raster.row_bytes,
        "planes": raster.planes,
        "is_bottom_up": raster.is_bottom_up,
        "bits": _rounded(tile_means(plane_costs(one).sum(axis=2), side)),
    }
    if against is not None:
        data["against"] = _rounded(tile_means(plane_costs(one, against).sum(axis=2), side))
    return data


def _side(one: Explanation) -> int:
    assert one.raster is not None, "the content is a picture"
    return tile_side((one.raster.height, one.raster.width), MAX_TILES)


def _image(pixels: Pixels, name: str, words: str) -> str:
    coded = base64.b64encode(to_png(pixels)).decode()
    return f'<img class="{name}" alt="{escape(words)}" src="data:image/png;base64,{coded}">'


def _rounded(grid: NDArray[np.float64]) -> list[float]:
    rounded: list[float] = np.round(grid, 2).reshape(-1).tolist()
    return rounded
