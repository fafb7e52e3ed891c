"""Options that choose a model and how it codes: presets and their levels, coder, blocks, window."""

from __future__ import annotations

from typing import Any

import click

from neurocomp.cli.completion import complete_dictionaries, complete_models
from neurocomp.cli.options import Decorator, all_of
from neurocomp.cli.paths import Name
from neurocomp.cli.ui.text import size_callback
from neurocomp.frame.constants import CODER_IDS
from neurocomp.pipeline.options import PRESETS

LEVELS = {
    **dict.fromkeys(("-1", "-2", "-3"), "fast"),
    **dict.fromkeys(("-4", "-5", "-6"), "default"),
    **dict.fromkeys(("-7", "-8", "-9"), "best"),
    "--ultra": "max",
}
"""The preset of each level of gzip and xz; --ultra is zstd's."""


def _level_option(level: str, name: str) -> Decorator[Any]:
    """Return the option of a level; help shows the first of three only."""
    shown = {
        "fast": ("-1", "--fast"),
        "default": ("-6",),
        "best": ("-9", "--best"),
        "max": ("--ultra",),
    }[name]
    others = [one for one, preset in LEVELS.items() if preset == name and one not in shown]
    return click.option(
        *(shown if level in shown else (level,)),
        "preset",
        flag_value=name,
        hidden=level not in shown,
        help=f"--preset {name}{'; the same as ' if others else ''}{' and '.join(others)}.",
    )


preset_options = all_of(
    click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        default="default",
        show_default=True,
        help="How much time to take; -1 to -9 are short for the first three. max needs a language "
        "model: see neurocomp models pull.",
    ),
    *(_level_option(level, name) for level, name in LEVELS.items()),
)

model_options = all_of(
    preset_options,
    click.option(
        "-m",
        "--model",
        type=Name(),
        shell_complete=complete_models,
        metavar="NAME",
        help="Model to use instead of the preset's: a name from 'neurocomp models list', a file, "
        "or hf:NAME.",
    ),
    click.option(
        "--coder",
        type=click.Choice(list(CODER_IDS)),
        default="arithmetic",
        show_default=True,
        help="Entropy coder. huffman is for comparison, and works with models of symbols only.",
    ),
    click.option(
        "--block-size",
        "block_bytes",
        callback=size_callback,
        metavar="SIZE",
        help="Bytes of content in a block, 4KiB to 64MiB, instead of the preset's.",
    ),
    click.option(
        "--overlap",
        type=click.IntRange(1, 65_535),
        metavar="N",
        help="Number of symbols that a transformer keeps from a full window in the next one. "
        "Default: half. More is slower and compresses better.",
    ),
    click.option(
        "--window",
        type=click.IntRange(1, 65_535),
        metavar="N",
        help="Number of past symbols that a language model with a sliding window, such as "
        "SmolLM2, can see. "
        "Default: 1024. More is slower and compresses better.",
    ),
    click.option(
        "--dict",
        "dictionary",
        type=Name(),
        shell_complete=complete_dictionaries,
        metavar="NAME",
        help="Dictionary to read before each block: a file from 'neurocomp train dict', or a name "
        "from 'neurocomp models list'.",
    ),
    click.option(
        "--verify/--no-verify",
        default=None,
        help="Decode and compare before writing. On by default for models that are not exact.",
    ),
)
