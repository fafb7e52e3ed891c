"""Captioned images in memory, all of one size, and what was left out of them.

What files of strangers may cost is read before anything is allocated for them.  A source of images
may come from anywhere, and a small file may claim to be, or unpack to, a large one.  Beyond these
limits an image is left out, with the reason, and a tar or a table is refused.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import warnings
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.errors import FormatError, UsageError
from neurocomp.names import printable

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

MAX_PIXELS = 1 << 26
"""Pixels of one image, 8192 x 8192: up to 1.1 GB while it is decoded, if transparent."""

MAX_IMAGE_BYTES = 1 << 27
"""Bytes of one image file."""

MAX_CAPTION_BYTES = 1 << 20
MAX_LINE_BYTES = 1 << 22
"""Bytes of a line of a table."""

MAX_TOTAL_BYTES = 1 << 33
"""Bytes of all images of a source together, resized."""

MAX_MEMBERS = 1 << 20
"""Members of a tar file."""

UNPACKED_BYTES, UNPACKED_TIMES = 1 << 26, 200
"""A compressed tar may unpack to so many bytes, and so many times its size on top: images hardly
shrink, and captions some ten times."""


class UnusableImageError(Exception):
    """Why an image is left out; never leaves this package."""


def read_file(path: Path, limit: int, what: str) -> bytes:
    """Return the content of a regular file of at most ``limit`` bytes.

    Args:
        path: the file; a device or a pipe, whose reading might never end, is not read.
        limit: largest size in bytes.
        what: words for the file in the message, such as "a file".

    Raises:
        UnusableImageError: it is larger, or no regular file.
        OSError, ValueError: it cannot be read, or its name not be one.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise UnusableImageError("not a regular file")
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise UnusableImageError(f"{what} of more than {limit} bytes")
    return content


def require_total(num_bytes: int) -> None:
    """Raise FormatError where images take more memory together than a source may."""
    if num_bytes > MAX_TOTAL_BYTES:
        raise FormatError(
            f"its images take more than {MAX_TOTAL_BYTES >> 30} GiB at this size: take a smaller "
            "--size, or make several sources of it"
        )


RESIZES = ("crop", "pad", "stretch", "none")
GROUPS = ("caption", "base", "image")
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Formats that Pillow may read; others run programs of their own, or are not images."""


@dataclass(frozen=True)
class ImageOptions:
    """How images are made equal.

    Attributes:
        size: pixels across and down.
        resize: "crop" cuts the longer side to a square in the middle, "pad" adds white to the
            shorter one, "stretch" takes the image as it is, "none" leaves out what is not of the
            size.
    """

    size: int = 32
    resize: str = "crop"

    def __post_init__(self) -> None:
        if not 8 <= self.size <= 1024:
            raise UsageError(f"the size of images is {self.size}, but must be 8 to 1024")
        if self.resize not in RESIZES:
            raise UsageError(f"the way of resizing is {self.resize!r}, not one of {RESIZES}")


_OTHER_SIDE = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
_SIDE = re.compile(rf"\b({'|'.join(_OTHER_SIDE)})(?=(wards?)?\b)")


@dataclass(frozen=True)
class Skipped:
    """An image that was left out."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class CaptionedImages:
    """Images in a fixed order.

    Attributes:
        keys: name of each image, without folder and suffix.
        captions: caption of each image, or an empty tuple.
        pixels: shape (N, size, size, 3), uint8, RGB.
        skipped: images that were left out, each with the reason.
    """

    keys: tuple[str, ...]
    captions: tuple[str, ...]
    pixels: NDArray[np.uint8]
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    def report(self, num_shown: int = 3) -> list[str]:
        """Return lines that tell what was left out."""
        lines = []
        for reason, count in Counter(one.reason for one in self.skipped).most_common():
            names = [one.name for one in self.skipped if one.reason == reason]
            more = ", …" if count > num_shown else ""
            shown = ", ".join(printable(name, 100) for name in names[:num_shown])
            lines.append(f"left out {count} ({reason}): {shown}{more}")
        return lines

    def part(self, name: str, share: float, group: str, seed: int = 0) -> CaptionedImages:
        """Return the images to train on, those held out, or all of them.

        Whole groups are held out: one is trained on if the first 8 bytes of the SHA-256 of
        "<seed>:<group>", as a big-endian fraction of 1, are below ``share``.

        Args:
            name: "training", "held-out" or "all".
            share: share of the groups that are trained on.
            group: "caption": images of one caption belong together; "base": those whose key is the
                same up to the first "_"; "image": each image is alone.
            seed: seed of the choice.

        Raises:
            UsageError: parts are by caption, but captions have not been read.
        """
        if name == "all":
            return self
        keys = self.keys
        if group == "base":
            keys = tuple(key.partition("_")[0] for key in self.keys)
        elif group == "caption":
            if not self.captions:
                raise UsageError("these images are parted by caption: read captions, or take all")
            keys = self.captions
        chosen = np.array([_fraction(f"{seed}:{key}") < share for key in keys], np.bool_)
        return self._select(np.flatnonzero(chosen if name == "training" else ~chosen))

    def choose(self, count: int) -> CaptionedImages:
        """Return ``count`` of the images, or all if there are no more, the same ones each time."""
        return self._select(choice(len(self), count))

    def with_mirrored(self, held_out: Collection[str] = ()) -> CaptionedImages:
        """Return the images, and after them each with left and right exchanged, in words too.

        Args:
            held_out: captions that no mirrored image may get, for it would be nearly the image
                that was held out.
        """
        exchanged = [exchange_sides(caption) for caption in self.captions]
        kept = [n for n in range(len(self)) if not exchanged or exchanged[n] not in held_out]
        keys = tuple(f"{self.keys[n]}-mirrored" for n in kept)
        captions = tuple(exchanged[n] for n in kept) if exchanged else ()
        pixels = np.concatenate([self.pixels, self.pixels[kept, :, ::-1]])
        return CaptionedImages(self.keys + keys, self.captions + captions, pixels, self.skipped)

    def _select(self, numbers: NDArray[np.intp]) -> CaptionedImages:
        return CaptionedImages(
            tuple(self.keys[n] for n in numbers),
            tuple(self.captions[n] for n in numbers) if self.captions else (),
            self.pixels[numbers],
        )


def exchange_sides(caption: str) -> str:
    """Return an English caption of the mirrored image: "left" for "right" and the reverse."""
    return _SIDE.sub(lambda found: _OTHER_SIDE[found[0]], caption)


def choice(size: int, count: int) -> NDArray[np.intp]:
    """Return ``count`` numbers below ``size``, or all of them, in order; the same each time."""
    return np.sort(np.random.default_rng(0).permutation(size)[:count])


def _fraction(text: str) -> float:
    return (
        int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
        / 2.0**64
    )


_TOO_LARGE = f"more than {MAX_PIXELS} pixels"


def open_image(content: bytes, options: ImageOptions) -> NDArray[np.uint8]:
    """Return an image file's pixels, (size, size, 3) uint8, what is transparent on white.

    Raises:
        UnusableImageError: it is broken, too large or of the wrong size.
    """
    extras.require("reading and writing images", "dalle", "PIL")
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are looked at here, and of odd tags
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise UnusableImageError(_TOO_LARGE)
                flat = _on_white(ImageOps.exif_transpose(opened))
    except UnusableImageError:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, which is higher
        raise UnusableImageError(_TOO_LARGE) from None
    except Exception:  # whatever a decoder stumbles over, struct.error and MemoryError among it
        raise UnusableImageError("broken image") from None
    size = (options.size, options.size)
    if options.resize == "none" and flat.size != size:
        raise UnusableImageError(f"not {size[0]} x {size[1]} pixels")
    if flat.size != size:
        method = Image.Resampling.BOX if min(flat.size) >= 2 * size[0] else Image.Resampling.BICUBIC
        if options.resize == "crop":
            flat = ImageOps.fit(flat, size, method)
        elif options.resize == "pad":
            flat = ImageOps.pad(flat, size, method, color=(255, 255, 255))
        else:
            flat = flat.resize(size, method)
    return np.asarray(flat, np.uint8)


def _on_white(image: PillowImage) -> PillowImage:
    """Return ``image`` in RGB of 8 bits; 16 bits of grey are scaled, not cut."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        grey = np.asarray(image).astype(np.uint32)
        image = Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise UnusableImageError(f"pixels of 32 bits, mode {image.mode}")
    if image.mode == "RGB" and "transparency" not in image.info:
        image.load()
        return image.copy()
    transparent = image.convert("RGBA")
    white = Image.new("RGBA", transparent.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, transparent).convert("RGB")
