"""What comes with the package works at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neurocomp
from neurocomp.cli.entry import run
from neurocomp.models.dalle.autoencoders.codes import decode_codes, encode_pixels
from neurocomp.models.dalle.model_folder import AUTOENCODER, open_autoencoder
from neurocomp.models.dalle.rainbow import rainbow
from neurocomp.models.dalle.sampling import SamplingOptions, sample_grids
from neurocomp.models.dalle.token_files import TokenSet, read_tokens, write_tokens
from neurocomp.models.dalle.training.prior_data import split_tokens
from neurocomp.registry.opening import open_dalle
from neurocomp.store.shipped import dalle_file

MAX_BYTES = 3 << 20


@pytest.fixture(scope="module")
def unseen() -> tuple[TokenSet, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Return captions that were not trained on, their codes and their images."""
    captions, images = zip(*list(rainbow())[::90], strict=True)
    model = open_dalle("rainbow")
    stored = open_autoencoder(model, dalle_file("rainbow").parent / AUTOENCODER)
    pixels = np.stack(images)
    codes = encode_pixels(stored.network, pixels)
    tokens = TokenSet(captions, codes, stored.network.config.num_codes, stored.sha256)
    held_out = split_tokens(tokens, stored.training_share)[1]
    assert held_out is not None
    numbers = [captions.index(caption) for caption in held_out.captions]
    return held_out, pixels[numbers]


def test_it_is_small() -> None:
    folder = dalle_file("rainbow").parent
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= MAX_BYTES


def test_it_draws_captions_that_it_has_not_seen(
    unseen: tuple[TokenSet, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]],
) -> None:
    tokens, pixels = unseen
    found = sample_grids(
        open_dalle("rainbow"), tokens.captions[:32], SamplingOptions(temperature=0)
    )
    assert (found == tokens.grids[:32]).mean() > 0.92
    model = open_dalle("rainbow")
    stored = open_autoencoder(model, dalle_file("rainbow").parent / AUTOENCODER)
    drawn = decode_codes(stored.network, found).astype(float)
    assert np.square(drawn - pixels[:32]).mean() < 65  # 30 dB


def test_it_codes_token_files_without_a_path(
    unseen: tuple[TokenSet, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]],
) -> None:
    data = write_tokens(unseen[0])
    frame = neurocomp.compress(data, model="dalle:rainbow")
    assert neurocomp.decompress(frame) == data
    # Codes alone would take 7 bits each; a caption of about 45 letters comes with every image.
    assert 8 * len(frame) < len(unseen[0]) * 48


def test_generate_works_at_once(tmp_path: Path) -> None:
    caption = "a large solid red circle at the top left on sand"
    assert run(["dalle", "generate", caption, "-n", "2", "-q", "-o", str(tmp_path)]) == 0
    assert read_tokens((tmp_path / "samples.tokens").read_bytes()).captions == (caption,) * 2
    assert (tmp_path / "grid.png").is_file()
