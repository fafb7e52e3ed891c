"""Heat maps over the pictures whose codes were explained."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.codec.trace import Bits
from neurocomp.explain.colours import cost_pixels
from neurocomp.explain.comparison import bits_of_bytes
from neurocomp.explain.explanation import Explanation
from neurocomp.frame.constants import TOKEN_MAGIC
from neurocomp.store.shipped import DALLE_PREFIX, packaged_priors

Pixels = NDArray[np.uint8]

MAX_PICTURES = 64
_SIDE = 64
"""Pixels of a picture's shorter side at least."""

_GAP = 4
_COLUMNS = 8


def image_costs(explanation: Explanation) -> Bits:
    """Return the cost of each code, (N, rows, columns)."""
    assert explanation.images is not None, "there are images"
    costs: Bits = explanation.entries.bits[explanation.images]
    return costs


def plane_costs(explanation: Explanation, bits: Bits | None = None) -> Bits:
    """Return the cost of each number of an uncompressed picture, (height, width, planes).

    Args:
        explanation: an explanation with a raster; bytes without a symbol cost 0.
        bits: costs to use, (n,), instead of those of the entries.
    """
    assert explanation.raster is not None, "the content is a picture"
    costs: Bits = explanation.raster.arrange(bits_of_bytes(explanation, bits))
    return costs


def pictures_of(explanation: Explanation, count: int) -> Pixels | None:
    """Return the first pictures themselves, uint8 (N, height, width, 3).

    None where the file names an autoencoder that is not known here, or torch is not installed.
    """
    if not (extras.has("torch") and extras.has("PIL")):
        return None
    if not explanation.content.startswith(TOKEN_MAGIC):
        return None
    from neurocomp.models.dalle.token_files import read_tokens

    tokens = read_tokens(explanation.content)
    if not tokens.has_grids:
        return None

    folder = _find_autoencoder(tokens.autoencoder, explanation.model)
    if folder is None:
        return None

    from neurocomp.models.dalle.autoencoders.codes import decode_codes
    from neurocomp.models.dalle.autoencoders.stored import load_autoencoder

    pixels: Pixels = decode_codes(load_autoencoder(folder).network, tokens.grids[:count])
    return pixels


def _find_autoencoder(sha256: bytes, model: str) -> Path | None:
    """Return the folder of the autoencoder of this hash: a prior's of the package, or the model's.

    Without torch, which takes its time to load.
    """
    folders = [file.parent for file in packaged_priors().values()]
    if model.startswith(DALLE_PREFIX):
        folders.append(Path(model.removeprefix(DALLE_PREFIX)))
    for folder in folders:
        file = folder / "autoencoder" / "model.safetensors"
        if file.is_file() and hashlib.sha256(file.read_bytes()).digest() == sha256:
            return file.parent
    return None


def heat_sheet(explanation: Explanation) -> Pixels:
    """Return the first pictures in rows, each with its heat map at its right, (height, width, 3).

    Only heat maps where the pictures can't be made here.  A pixel of an uncompressed picture has
    the colour of the mean of its bytes.
    """
    if explanation.raster is not None:
        heat = cost_pixels(plane_costs(explanation).mean(axis=2))
        scale = max(-(-_SIDE // min(heat.shape[:2])), 1)
        pixels = explanation.raster.pixels(explanation.content)
        return _sheet([_scaled(_beside(pixels, heat), scale)])
    costs = image_costs(explanation)[:MAX_PICTURES]
    pictures = pictures_of(explanation, len(costs))
    tiles = []
    for number, grid in enumerate(costs):
        scale = max(-(-_SIDE // min(grid.shape)), 1)
        heat = _scaled(cost_pixels(grid), scale)
        if pictures is None:
            tiles.append(heat)
        else:
            tiles.append(_beside(_fitted(pictures[number], heat.shape[:2]), heat))
    return _sheet(tiles)


def _scaled(pixels: Pixels, scale: int) -> Pixels:
    return pixels.repeat(scale, axis=0).repeat(scale, axis=1)


def _fitted(picture: Pixels, shape: tuple[int, ...]) -> Pixels:
    """Return a picture in another size, by its nearest pixels."""
    rows = np.arange(shape[0]) * picture.shape[0] // shape[0]
    columns = np.arange(shape[1]) * picture.shape[1] // shape[1]
    fitted: Pixels = picture[rows][:, columns]
    return fitted


def _beside(one: Pixels, other: Pixels) -> Pixels:
    return np.concatenate([one, other], axis=1)


def _sheet(tiles: list[Pixels]) -> Pixels:
    """Return tiles of one size in rows, on white."""
    height, width = tiles[0].shape[:2]
    columns = min(_COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    size = (rows * (height + _GAP) + _GAP, columns * (width + _GAP) + _GAP, 3)
    sheet = np.full(size, 255, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = _GAP + row * (height + _GAP), _GAP + column * (width + _GAP)
        sheet[top : top + height, left : left + width] = tile
    return sheet
