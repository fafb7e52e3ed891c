"""``neurocomp dalle train-prior``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp.cli.dalle.tokens import read_token_file
from neurocomp.cli.options import message_options
from neurocomp.cli.report import Reporter, display, say
from neurocomp.errors import UsageError

_PATH = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("train-prior", short_help="Train a prior of captions and tokens.")
@click.argument("data", required=False, type=_PATH, metavar="DATA")
@click.option("--vae", type=_PATH, metavar="DIR", help="The autoencoder that DATA is seen through.")
@click.option(
    "--held-out", type=_PATH, metavar="DATA", help="To validate on, instead of a part of DATA."
)
@click.option(
    "--config",
    "config_name",
    metavar="FILE.toml",
    default="rainbow",
    show_default=True,
    help="Configuration: a TOML file, or rainbow, emoji or paper.",
)
@click.option("-o", "--output", type=_FOLDER, metavar="RUN", help="Folder of the run.")
@click.option("--resume", is_flag=True, help="Go on from the run's newest checkpoint.")
@click.option(
    "--init",
    "initial",
    type=_FOLDER,
    metavar="CHECKPOINT",
    help="Begin with the parameters and the tokenizer of this checkpoint.",
)
@click.option(
    "--steps", type=click.IntRange(1), metavar="N", help="Instead of the configuration's."
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Default: cuda if any.")
@click.option(
    "--sharding",
    type=click.Choice(["ddp", "fsdp"]),
    default="ddp",
    show_default=True,
    help="Of parameters over the processes that torchrun starts.",
)
@click.option("--plan", is_flag=True, help="Only tell parameters and memory.")
@message_options
def train_prior(**values: Any) -> None:
    """Train a transformer that predicts captions and images' tokens.

    DATA is a token file (from 'neurocomp dalle tokenize'), or captioned images as the other
    commands take them, which need --vae. The run's folder gets log.jsonl, loss.png, checkpoints
    and prior.safetensors: the exact form, which --model dalle:RUN and 'neurocomp dalle generate'
    take. Several processes: torchrun --nproc-per-node N -m neurocomp dalle train-prior ...

    \b
    Examples:
      neurocomp dalle train-prior x.tokens --config rainbow -o run
      neurocomp dalle train-prior photos --vae vae --config mine.toml -o run
      neurocomp dalle train-prior --plan --config paper
    """
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.training.config import parse, read_toml
    from neurocomp.training.dalle.plan import plan_memory
    from neurocomp.training.dalle.prior_config import PRESETS, PriorTrainingConfig

    name = values["config_name"]
    table = read_toml(f"prior-{name}" if name in PRESETS else name)
    if values["steps"] is not None:
        table["run"] = {**table.get("run", {}), "steps": values["steps"]}
    config = parse(PriorTrainingConfig, table)
    if values["plan"]:
        click.echo("\n".join(plan_memory(config).lines()))
        return
    if values["data"] is None or values["output"] is None:
        raise UsageError("name DATA to train on, and -o RUN for the results")

    from neurocomp.training.dalle.train_prior import PriorPlace
    from neurocomp.training.dalle.train_prior import train_prior as train

    held_out = values["held_out"]
    tokens = read_token_file(values["data"])
    held = None if held_out is None else read_token_file(held_out)
    names = ("output", "resume", "initial", "device", "sharding")
    place = PriorPlace(**{one: values[one] for one in names})
    result = train(config, tokens, held, place, reporter.note)
    if not result.finished:
        say(f"stopped after step {result.step}: go on with --resume -o {display(place.output)}")
        raise click.exceptions.Exit(130)
