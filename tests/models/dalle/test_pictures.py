"""Pictures on disk, and their order by a CLIP."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurocomp.errors import ModelNotFoundError
from neurocomp.models.dalle.generation import open_clip
from neurocomp.models.dalle.pictures import side_by_side, write_pictures


def pictures(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(1).integers(0, 256, (count, 6, 4, 3)).astype(np.uint8)


def test_single_files_and_a_grid(tmp_path: Path) -> None:
    from PIL import Image

    pixels = pictures(5)
    grid = write_pictures(pixels, tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"000{number}.png" for number in range(5)),
        "grid.png",
    ]
    with Image.open(tmp_path / "0003.png") as image:
        np.testing.assert_array_equal(np.asarray(image), pixels[3])
    with Image.open(grid) as image:
        sheet = np.asarray(image)
    np.testing.assert_array_equal(sheet, side_by_side(pixels, 3))
    assert sheet.shape == (2 * 8 + 2, 3 * 6 + 2, 3)
    np.testing.assert_array_equal(sheet[10:16, 8:12], pixels[4])
    assert (sheet[10:16, 14:18] == 255).all()


def test_a_clip_of_transformers_ranks(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from transformers import (
            CLIPConfig,
            CLIPImageProcessor,
            CLIPModel,
            CLIPProcessor,
            CLIPTokenizer,
        )

        small = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
        torch.manual_seed(1)
        config = CLIPConfig(
            text_config={
                **small,
                "num_hidden_layers": 1,
                "vocab_size": 8,
                "eos_token_id": 1,
                "bos_token_id": 0,
                "pad_token_id": 1,
            },
            vision_config={**small, "num_hidden_layers": 1, "image_size": 8, "patch_size": 4},
            projection_dim=8,
        )
        CLIPModel(config).save_pretrained(tmp_path)
        tokens = ["<|startoftext|>", "<|endoftext|>", "a", "r", "e", "d", "a</w>", "d</w>"]
        (tmp_path / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
        (tmp_path / "merges.txt").write_text("#version: 0.2\n")
        tokenizer = CLIPTokenizer(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
        images = CLIPImageProcessor(size={"shortest_edge": 8}, crop_size=8)
        processor: Any = CLIPProcessor
        processor(images, tokenizer).save_pretrained(tmp_path)
        scores = open_clip(str(tmp_path)).scores("a red", pictures(3))
    assert scores.shape == (3,)
    assert len(set(scores)) == 3


def test_a_missing_clip_is_named(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ModelNotFoundError, match="leave out --clip"):
            open_clip(str(tmp_path / "none"))
