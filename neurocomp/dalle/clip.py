"""How well pictures suit a caption in the eyes of CLIP.

A. Radford et al., Learning transferable visual models from natural language supervision, 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurocomp import extras
from neurocomp.dalle.pictures import Pixels
from neurocomp.errors import ModelNotFoundError


@dataclass(frozen=True)
class Clip:
    """A CLIP of transformers; the types of its parts depend on the version."""

    model: Any
    processor: Any

    def scores(self, caption: str, pixels: Pixels) -> NDArray[np.float64]:
        """Return how alike a caption and pictures (N, height, width, 3) are, (N,).

        These are floats: the order of pictures that are nearly alike may depend on the machine.
        """
        import torch

        inputs = self.processor(
            text=[caption], images=[*pixels], return_tensors="pt", padding=True, truncation=True
        )
        with torch.inference_mode():
            logits = self.model(**inputs).logits_per_image
        scores: NDArray[np.float64] = logits[:, 0].double().numpy()
        return scores


def open_clip(name: str) -> Clip:
    """Return the CLIP of a folder, or of a name at the hub.

    Raises:
        ModelNotFoundError: there is no such model, neither here nor at the hub.
    """
    extras.require("--clip", "hub", "transformers", "torch")
    import transformers

    models: Any = transformers.AutoModel
    processors: Any = transformers.AutoProcessor
    try:
        return Clip(models.from_pretrained(name).eval(), processors.from_pretrained(name))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ModelNotFoundError(
            f"no CLIP {name!r} to rank by: name a folder that transformers reads, or leave out "
            f"--clip ({reason})"
        ) from None
