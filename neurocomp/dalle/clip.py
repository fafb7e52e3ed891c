"""How well pictures suit a caption in the eyes of CLIP.

A. Radford et al., Learning transferable visual models from natural language supervision, 2021.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp.dalle.pictures import Pixels
from neurocomp.errors import ModelNotFoundError


def clip_scores(name: str, caption: str, pixels: Pixels) -> NDArray[np.float64]:
    """Return how alike caption and pictures are, (N,), by a CLIP of transformers.

    These are floats: the order of pictures that are nearly alike may depend on the machine.

    Args:
        name: of the model at the hub, or its folder.
        caption: one for all.
        pixels: of the pictures, (N, height, width, 3).

    Raises:
        ModelNotFoundError: there is no such model, neither here nor at the hub.
    """
    import torch
    import transformers

    # Their types depend on the version.
    models: Any = transformers.AutoModel
    processors: Any = transformers.AutoProcessor
    try:
        model = models.from_pretrained(name).eval()
        processor = processors.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ModelNotFoundError(
            f"no CLIP {name!r} to rank by: name a folder that transformers reads, or leave out "
            f"--clip ({error})"
        ) from None
    inputs = processor(
        text=[caption], images=[*pixels], return_tensors="pt", padding=True, truncation=True
    )
    with torch.inference_mode():
        logits = model(**inputs).logits_per_image
    scores: NDArray[np.float64] = logits[:, 0].double().numpy()
    return scores
