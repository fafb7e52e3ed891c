"""The fields of recipes as tables for docs/training.md: ``python -m neurocomp.cli.recipe_fields``.

They are read from the configurations' dataclasses, whose fields have their meaning below them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurocomp.models.bytenet.glr import GLRConfig
from neurocomp.models.dalle.autoencoders.config import AutoencoderConfig
from neurocomp.models.dalle.prior import PriorConfig
from neurocomp.models.dalle.training.config import ImageDataConfig, LossConfig, PriorDataConfig
from neurocomp.models.text.config import DataConfig
from neurocomp.models.tokennets.torch_networks import NeuralNgramConfig, RecurrentTokensConfig
from neurocomp.models.transformer.torch_gpt2 import GPT2Config
from neurocomp.training.config import OptimizerConfig, RunConfig
from neurocomp.training.fields import fields_of

DOCS_PATH = Path(__file__).parents[2] / "docs" / "training.md"
BEGIN = "<!-- Written by `python -m neurocomp.cli.recipe_fields`: change docstrings, not this. -->"
END = "<!-- The end of what is written by it. -->"

TABLES: dict[str, type[Any]] = {
    "`[run]`, of every training": RunConfig,
    "`[optimizer]`, of every training": OptimizerConfig,
    "`[data]` of text": DataConfig,
    "`[model]` of `train text`": GLRConfig,
    "`[model]` of `train gpt2`": GPT2Config,
    "`[model]` of `train neural-ngram`": NeuralNgramConfig,
    "`[model]` of `train recurrent`": RecurrentTokensConfig,
    "`[data]` of `dalle train-vae`": ImageDataConfig,
    "`[model]` of `dalle train-vae`": AutoencoderConfig,
    "`[loss]` of `dalle train-vae`": LossConfig,
    "`[data]` of `dalle train-prior`": PriorDataConfig,
    "`[model]` of `dalle train-prior`": PriorConfig,
}


def render() -> str:
    """Return the tables, with the lines that say where they begin and end."""
    parts = [BEGIN]
    for title, cls in TABLES.items():
        rows = [f"### {title}\n", "| field | type | default | meaning |", "|---|---|---|---|"]
        for one in fields_of(cls):
            meaning = one.meaning.replace("|", "\\|")
            has_value = one.default not in ("must be given", "none")
            default = f"`{one.default}`" if has_value else one.default
            rows.append(f"| `{one.name}` | {one.type} | {default} | {meaning} |")
        parts.append("\n".join(rows))
    return "\n\n".join([*parts, END])


def replaced(document: str) -> str:
    """Return a document with its tables as they are now.

    Raises:
        ValueError: it has no place for them.
    """
    before, rest = document[: document.index(BEGIN)], document[document.index(END) + len(END) :]
    return before + render() + rest


if __name__ == "__main__":
    DOCS_PATH.write_text(replaced(DOCS_PATH.read_text(encoding="utf-8")), encoding="utf-8")
