"""The rainbow set is whole, in order, and the same everywhere."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from neurocomp.models.dalle.images import CaptionedImages, ImageOptions
from neurocomp.models.dalle.pictures import write_folder, write_tar
from neurocomp.models.dalle.rainbow import NUM_IMAGES, draw, rainbow
from neurocomp.models.dalle.sources import read_images

DIGEST = "591f86a6755e6e515d1a161e4964ada525d1229fc2514c1a0929bbe14cb0d486"


def test_every_combination_once_and_the_same_pixels_everywhere() -> None:
    captions, images = zip(*rainbow(), strict=True)
    assert len(set(captions)) == len({image.tobytes() for image in images}) == NUM_IMAGES == 9216
    assert {image.shape for image in images} == {(32, 32, 3)}
    content = hashlib.sha256("\n".join(captions).encode())
    for image in images:
        content.update(image.tobytes())
    assert content.hexdigest() == DIGEST


def test_shapes_are_where_their_captions_say() -> None:
    image = draw("small", "solid", "red", "circle", "at the top left", "sky")
    assert tuple(image[11, 11]) == (214, 32, 40)
    assert tuple(image[0, 0]) == (210, 232, 250)
    assert tuple(image[31, 31]) == (84, 130, 190)
    hollow = draw("large", "hollow", "red", "circle", "at the bottom right", "sky")
    assert tuple(hollow[21, 21]) != (214, 32, 40)
    assert tuple(hollow[21, 13]) == (214, 32, 40)


def test_folder_and_tar_are_read_alike(tmp_path: Path) -> None:
    some = [one for _, one in zip(range(5), rainbow(), strict=False)]
    assert write_folder(some, tmp_path / "folder") == write_tar(some, tmp_path / "a.tar") == 5
    write_tar(some, tmp_path / "b.tar")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    options = ImageOptions(32, "none")
    for source in (tmp_path / "folder", tmp_path / "a.tar"):
        images = read_images(source, options)
        assert images.captions == tuple(caption for caption, _ in some)
        np.testing.assert_array_equal(images.pixels, np.stack([image for _, image in some]))


def test_whole_captions_are_held_out() -> None:
    captions = tuple(f"caption {number // 2}" for number in range(400))
    pixels = np.zeros((400, 1, 1, 3), np.uint8)
    images = CaptionedImages(tuple(map(str, range(400))), captions, pixels)
    training, held_out = (images.part(name, 0.3, "caption") for name in ("training", "held-out"))
    assert len(training) + len(held_out) == 400
    assert not set(training.captions) & set(held_out.captions)
    assert 80 <= len(training) <= 160
    again = images.part("training", 0.3, "caption")
    assert again.keys == training.keys
    assert images.part("training", 0.3, "caption", seed=1).keys != training.keys


def test_emoji_are_held_out_with_their_variants() -> None:
    keys = tuple(f"{base}{tone}" for base in range(100) for tone in ("", "_1f3fb", "_1f3fc"))
    pixels = np.zeros((300, 1, 1, 3), np.uint8)
    images = CaptionedImages(keys, tuple(map(str, range(300))), pixels)
    held_out = images.part("held-out", 0.9, "base")
    assert 0 < len(held_out) < 90
    for base in {key.partition("_")[0] for key in held_out.keys}:
        assert sum(key.partition("_")[0] == base for key in held_out.keys) == 3


def test_mirrored_captions_exchange_their_sides() -> None:
    captions = {
        "index pointing left": "index pointing right",
        "Right arrow, left of it a dot": "Left arrow, right of it a dot",
        "leftwards button": "rightwards button",
        "bright, rightly, leftover": "bright, rightly, leftover",
        "": "",
    }
    pixels = np.arange(5 * 3 * 4 * 3, dtype=np.uint8).reshape(5, 3, 4, 3)
    images = CaptionedImages(tuple("abcde"), tuple(captions), pixels)
    both = images.with_mirrored()
    assert both.captions == (*captions, *captions.values())
    assert np.array_equal(both.pixels[5:], pixels[:, :, ::-1])
    assert both.with_mirrored().captions[5:10] == tuple(captions.values())
    assert CaptionedImages(images.keys, (), pixels).with_mirrored().captions == ()
