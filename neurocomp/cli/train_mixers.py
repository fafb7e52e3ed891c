"""``neurocomp train mixers``."""

from __future__ import annotations

from pathlib import Path

import click

from neurocomp.cli.options import message_options
from neurocomp.cli.outputs import check_output
from neurocomp.cli.report import Reporter, display

_FILE = click.Path(path_type=Path, dir_okay=False, readable=False)


@click.command("mixers", short_help="Teach the mixers beside a network.")
@click.argument("network", metavar="NETWORK")
@click.argument("files", nargs=-1, type=_FILE, required=True, metavar="FILE...")
@click.option(
    "-o",
    "--output",
    type=_FILE,
    required=True,
    metavar="MODEL.safetensors",
    help="The model file to write.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing model file.")
@message_options
def mixers(
    network: str,
    files: tuple[Path, ...],
    output: Path,
    force: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Teach the mixers beside NETWORK by coding each FILE, which it should not have seen.

    A network is mixed with contexts; whom to trust when is learnt while coding, and what is known
    before the first byte helps small files. NETWORK is a name that 'neurocomp models import' gave,
    or a model file. The file written is entropy-coded, as those of the package are.

    \b
    Example:
      neurocomp train mixers mine letters/*.txt -o taught.safetensors
    """
    check_output(output, [Path(network), *files], force=force)
    reporter = Reporter(quiet=quiet, verbose=verbose)

    from neurocomp.models.store import ModelStore
    from neurocomp.models.stored import StoredModel
    from neurocomp.training.data import read_documents
    from neurocomp.training.mixers import teach_mixers

    path = Path(network)
    if not path.is_file():
        path = ModelStore().find(network).path
    texts = list(read_documents(list(files)))
    stored = teach_mixers(StoredModel.load(path), texts)
    stored.save(output, packed=True)
    reporter.note(f"{display(output)}: SHA-256 {stored.sha256.hex()}")
