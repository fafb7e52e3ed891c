"""``neurocomp dalle generate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp import extras
from neurocomp.cli.commands.dalle.tokens import require_empty
from neurocomp.cli.options import message_options
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.errors import UsageError
from neurocomp.names import quoted

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_COLUMNS = 8


@click.command(short_help="Generate images from captions.")
@click.argument("captions", metavar="CAPTIONS")
@click.option(
    "--model",
    default="rainbow",
    show_default=True,
    metavar="DIR",
    help="Folder of a prior's run, or the name of a prior in the package.",
)
@click.option(
    "-n",
    "count",
    type=click.IntRange(1, 10_000),
    default=8,
    show_default=True,
    metavar="N",
    help="Number of images for each caption.",
)
@click.option(
    "--best",
    type=click.IntRange(1),
    metavar="N",
    help="Keep the N images that fit their caption best.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random numbers.")
@click.option(
    "--temperature",
    type=float,
    default=1.0,
    show_default=True,
    help="Below 1 for more likely tokens, above 1 for rarer ones; 0 for the most likely.",
)
@click.option(
    "--top-k", type=int, default=0, show_default=True, help="Only the K most likely tokens; 0: all."
)
@click.option(
    "--top-p",
    type=float,
    default=1.0,
    show_default=True,
    help="Only the most likely tokens with this probability together.",
)
@click.option(
    "--guidance",
    type=float,
    default=1.0,
    show_default=True,
    help="Above 1: follow the caption more closely.",
)
@click.option(
    "--prime", type=_FILE, metavar="IMAGE", help="Image whose upper rows are kept as they are."
)
@click.option(
    "--prime-rows",
    type=click.IntRange(1),
    metavar="N",
    help="Number of rows of codes to keep from it. Default: half.",
)
@click.option(
    "--clip",
    metavar="NAME",
    help="Choose the best with this CLIP model: a name at the hub or a folder.",
)
@click.option(
    "--vae",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The autoencoder, if it is not in the prior's folder.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default="samples",
    show_default=True,
    metavar="OUT",
    help="Folder for the images.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite what is there.")
@message_options
def generate(**values: Any) -> None:
    """Generate N images for each of CAPTIONS, separated by "|".

    OUT gets grid.png, 0000.png and so on, and samples.tokens. The prior reads as many tokens of a
    caption as it was trained with; the rest is ignored. The same model, captions and options
    give the same tokens on any machine; a pixel may differ by rounding.

    \b
    Examples:
      neurocomp dalle generate "a red circle|two blue squares" -n 8 -o out
      neurocomp dalle generate "a red circle" -n 32 --best 4 --guidance 2 --seed 7 -o out
    """
    extras.require("dalle generate", "dalle")
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])
    count, best, output = values["count"], values["best"], values["output"]
    if best is not None and best > count:
        raise UsageError(f"--best {best} of {count} images: generate more with -n")
    if values["prime_rows"] is not None and values["prime"] is None:
        raise UsageError("--prime-rows needs an image: name it with --prime")
    require_empty(output, force=values["force"])

    from neurocomp.models.dalle.autoencoders.codes import decode_codes
    from neurocomp.models.dalle.generation import Ranking, generate_tokens, open_clip, prime_codes
    from neurocomp.models.dalle.model_folder import AUTOENCODER, find_autoencoder, open_autoencoder
    from neurocomp.models.dalle.pictures import write_pictures
    from neurocomp.models.dalle.sampling import SamplingOptions
    from neurocomp.models.dalle.token_files import write_tokens
    from neurocomp.registry.opening import open_dalle
    from neurocomp.store.files import write_atomically
    from neurocomp.store.shipped import dalle_file

    names = ("seed", "temperature", "top_k", "top_p", "guidance")
    options = SamplingOptions(**{name: values[name] for name in names})
    captions = [caption.strip() for caption in values["captions"].split("|")]
    model = open_dalle(values["model"])
    folder = dalle_file(values["model"]).parent / AUTOENCODER
    stored = open_autoencoder(model, find_autoencoder(values["vae"]) if values["vae"] else folder)
    prime = None
    if values["prime"] is not None:
        prime = prime_codes(stored, values["prime"], values["prime_rows"])
    for caption in captions:
        num_tokens = len(model.symbol_map.caption_tokens(caption))
        if num_tokens > (most := model.shape.records.text_length):
            shown = quoted(caption, 60)
            reporter.note(f"{shown}: the first {most} of {num_tokens} tokens are read")
    clip = None if values["clip"] is None else open_clip(values["clip"])
    ranking = Ranking(best, clip, stored.network)
    output.mkdir(parents=True, exist_ok=True)
    tokens = generate_tokens(model, captions, count, options, prime, ranking)
    write_atomically(output / "samples.tokens", write_tokens(tokens))
    columns = len(tokens) // len(captions)
    pixels = decode_codes(stored.network, tokens.grids)
    grid = write_pictures(pixels, output, min(columns, _COLUMNS))
    reporter.note(f"{len(tokens)} images: {display(grid)}")
