"""``neurocomp train average``, ``dict`` and ``mixers``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neurocomp import extras
from neurocomp.cli.files.outputs import check_output
from neurocomp.cli.options import message_options
from neurocomp.cli.ui.report import Reporter, display
from neurocomp.cli.ui.text import size_callback

_NETWORK = click.Path(path_type=Path, readable=False)


@click.command("average", short_help="Average byte networks of one training.")
@click.argument("checkpoint", type=_NETWORK, metavar="CHECKPOINT")
@click.argument("networks", nargs=-1, type=_NETWORK, required=True, metavar="NETWORK...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False, readable=False),
    required=True,
    metavar="FOLDER",
    help="The checkpoint to write.",
)
@message_options
def average(
    checkpoint: Path,
    networks: tuple[Path, ...],
    output: Path,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write the mean of CHECKPOINT and each NETWORK; all must come from the same training.

    A NETWORK is a checkpoint, a model file, or text-s or text-l from the package; it may be
    smaller, as with 'train text --init'. The mean of a training's start and its end is often better
    than both.

    \b
    Example:
      neurocomp train average run/checkpoints/step-00002500 text-s -o mean
    """
    extras.require("train average", "train")
    if output.exists():
        raise FileExistsError(f"{display(output)} already exists: name another folder")
    reporter = Reporter(quiet=quiet, verbose=verbose)

    from neurocomp.models.text.initial import average_networks

    average_networks(checkpoint, networks, output)
    reporter.note(f"{display(output)}: the mean of {1 + len(networks)} networks")


_DATA = click.Path(path_type=Path, readable=False)


@click.command("dict", short_help="Choose a dictionary for many small files.")
@click.argument("samples", nargs=-1, type=_DATA, required=True, metavar="SAMPLE...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    required=True,
    metavar="DICTIONARY",
    help="The dictionary file to write.",
)
@click.option(
    "--size",
    "dictionary_bytes",
    callback=size_callback,
    default="64KiB",
    show_default=True,
    metavar="SIZE",
    help="Size of the dictionary, up to 1MiB. Every block takes the time to read it.",
)
@click.option(
    "-r",
    "--recursive",
    is_flag=True,
    help="Search folders for files; links in them are not followed.",
)
@click.option("--split", is_flag=True, help="A byte 0x1E in a file ends a sample.")
@click.option(
    "--lines",
    type=click.IntRange(min=1),
    metavar="N",
    help="Every N lines of a file are a sample: for logs and tables.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite the dictionary file.")
@message_options
def dictionary(**values: Any) -> None:
    """Make a dictionary of what is most common in the SAMPLES.

    Each SAMPLE is a file; .gz, .xz, .bz2 and .zst are decompressed first, and archives and images
    in folders are left out. The model reads the dictionary before every block, so that small files
    like the samples compress as if they were the end of a large one. Files compressed with it need
    it to be read: keep it, and give it to those who read them.

    \b
    Examples:
      neurocomp train dict -r letters -o letters.dict
      neurocomp compress --dict letters.dict new-letter.txt
      neurocomp models add letters.dict
      neurocomp decompress new-letter.txt.ncmp
      neurocomp train dict --lines 20 old.log -o log.dict --size 128K
    """
    output: Path = values["output"]
    check_output(output, values["samples"], force=values["force"])
    reporter = Reporter(quiet=values["quiet"], verbose=values["verbose"])

    from neurocomp.registry.dictionary import stored_dictionary
    from neurocomp.registry.dictionary_content import cut_lines, select_content
    from neurocomp.training.data import read_documents, texts_in

    paths: list[Path] = []
    for path in values["samples"]:
        if path.is_dir() and values["recursive"]:
            chosen, num_left = texts_in(path)
            paths += chosen
            if num_left:
                reporter.note(f"{display(path)}: {num_left} files are archives or images: left out")
        else:
            paths.append(path)
    check_output(output, paths, force=values["force"])
    samples = [one.tobytes() for one in read_documents(paths, split=values["split"])]
    if values["lines"] is not None:
        samples = [part for sample in samples for part in cut_lines(sample, values["lines"])]
    content = select_content(samples, values["dictionary_bytes"])
    stored = stored_dictionary(content)
    stored.save(output)
    reporter.note(
        f"{display(output)}: {len(content)} bytes of {sum(map(len, samples))} in {len(samples)} "
        f"samples, SHA-256 {stored.sha256.hex()}"
    )


_FILE = click.Path(path_type=Path, dir_okay=False, readable=False)


@click.command("mixers", short_help="Train the mixers that go with a network.")
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
    """Train the mixers that go with NETWORK on each FILE, which it should not have seen.

    A network is mixed with contexts. Mixers learn how far to trust each; what they know before the
    first byte helps small files. NETWORK is a name that 'neurocomp models import'
    gave, or a model file. The file written is entropy-coded, as those of the package are.

    \b
    Example:
      neurocomp train mixers mine letters/*.txt -o taught.safetensors
    """
    check_output(output, [Path(network), *files], force=force)
    reporter = Reporter(quiet=quiet, verbose=verbose)

    from neurocomp.models.bytenet.mixers import teach_mixers
    from neurocomp.store.folder import ModelStore
    from neurocomp.store.stored import StoredModel
    from neurocomp.training.data import read_documents

    path = Path(network)
    if not path.is_file():
        path = ModelStore().find(network).path
    texts = list(read_documents(list(files)))
    stored = teach_mixers(StoredModel.load(path), texts)
    stored.save(output, packed=True)
    reporter.note(f"{display(output)}: SHA-256 {stored.sha256.hex()}")
