"""``neurocomp recipes``: configurations of trainings, listed, shown and begun."""

from __future__ import annotations

from pathlib import Path

import click

from neurocomp import extras
from neurocomp.cli.files.outputs import check_output
from neurocomp.cli.options import message_options
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.cli.ui.text import format_table
from neurocomp.errors import UsageError


@click.group(short_help="List, show and create training configurations.")
def recipes() -> None:
    """List and show the configurations that come with neurocomp, and create your own.

    \b
    Examples:
      neurocomp recipes list
      neurocomp recipes show text-s
      neurocomp recipes new vae --size 64 -o mine-vae.toml
    """


@recipes.command("list")
@click.argument("kind", required=False, metavar="[KIND]")
def list_recipes(kind: str | None) -> None:
    """List the recipes, or those of one KIND: text, gpt2, neural-ngram, recurrent, vae, prior."""
    from neurocomp.registry.trainings import TRAININGS, training_kind
    from neurocomp.training.recipes import recipes as packaged

    kinds = list(TRAININGS.values()) if kind is None else [training_kind(kind)]
    rows = [(one.name, one.kind, one.summary) for kind in kinds for one in packaged(kind.name)]
    click.echo(format_table(("recipe", "trains", "what it makes"), rows, num_left=3))


@recipes.command()
@click.argument("name", metavar="RECIPE")
@click.option("--full", is_flag=True, help="Print every field, with its meaning and its value.")
def show(name: str, full: bool) -> None:
    """Print RECIPE, a name from 'recipes list' or a TOML file that says what it trains.

    With --full, unknown fields and wrong values are refused, as in a training.

    \b
    Examples:
      neurocomp recipes show prior-emoji
      neurocomp recipes show mine.toml --full
    """
    from neurocomp.registry.trainings import training_kind
    from neurocomp.training.recipes import find_recipe, read_configuration

    recipe = find_recipe(name)
    if not full:
        click.echo(recipe.path.read_text(encoding="utf-8-sig"), nl=False)
        return
    extras.require("recipes show --full", "train", "torch")
    from neurocomp.registry.new_recipe import recipe_text

    kind = training_kind(recipe.kind)
    tables = read_configuration(str(recipe.path), kind.name)
    click.echo(recipe_text(kind, tables, recipe.summary), nl=False)


@recipes.command()
@click.argument("kind", metavar="KIND")
@click.option(
    "--from",
    "base",
    metavar="RECIPE",
    help="Start from this recipe or TOML file.  [default: one for each KIND]",
)
@click.option(
    "--size", type=click.IntRange(8, 1024), metavar="PIXELS", help="Size of images, for vae."
)
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Steps of the run.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    required=True,
    metavar="FILE.toml",
    help="The recipe to write.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite the file.")
@message_options
def new(
    kind: str,
    base: str | None,
    size: int | None,
    steps: int | None,
    output: Path,
    force: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write a recipe of KIND: text, gpt2, neural-ngram, recurrent, vae or prior.

    The file has every field, with its meaning as a comment. Edit it, and train with
    --config FILE.toml, which refuses unknown fields and impossible values.

    \b
    Examples:
      neurocomp recipes new vae --size 64 -o mine-vae.toml
      neurocomp recipes new text --from text-s-finetune -o mine.toml
    """
    extras.require("recipes new", "train", "torch")
    if output.suffix != ".toml":
        raise UsageError(f"{display(output)} does not end in .toml, as recipes do")
    check_output(output, [] if base is None else [Path(base)], force=force)

    from neurocomp.registry.new_recipe import new_recipe
    from neurocomp.registry.trainings import training_kind
    from neurocomp.store.files import write_atomically

    found = training_kind(kind)
    write_atomically(output, new_recipe(found, base, size, steps).encode())
    command = f"{found.command} --config {display(output)}"
    Reporter(quiet=quiet, verbose=verbose).note(f"{display(output)}: train it with: {command}")
